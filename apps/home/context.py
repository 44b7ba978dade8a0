from typing import Any

from django.http import HttpRequest  # noqa: TID251 - a context processor is handed one


def page(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs."""
    return {}
