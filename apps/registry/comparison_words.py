"""A comparison's report in words, for mails, pages and proposals."""

import json
import re
from typing import Any, Final

from django.utils.translation import gettext as _

_LONGEST: Final = 80
_DIGEST: Final = re.compile(r"[0-9a-f]{40,64}")


def differences(report: dict[str, Any]) -> list[str]:
    """What distinguishes candidate and champion, a sentence each: data version, code, parameters."""
    return [
        _("%(what)s: %(candidate)s instead of %(champion)s")
        % {
            "what": one["what"],
            "candidate": short(one["candidate"]),
            "champion": short(one["champion"]),
        }
        for one in report.get("differences", [])
    ]


def short(value: Any) -> str:
    """A value from the report, as a text that fits a line."""
    if value is None or value == "":
        return _("nothing")
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value[:12]
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
