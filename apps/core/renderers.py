"""How the API writes its answers."""

from typing import Any

from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from apps.core.said import Said


class ToldEncoder(JSONEncoder):
    """What was said in a document is told in the caller's language."""

    def default(self, obj: Any) -> Any:
        return str(obj) if isinstance(obj, Said) else super().default(obj)


class ToldJSONRenderer(JSONRenderer):
    encoder_class = ToldEncoder
