"""The form of one item of evidence."""

from typing import Any, Literal

from apps.core.said import Said

Verdict = Literal["passed", "warning", "failed", "not_measured", "informs"]
Document = dict[str, Any]


def item(
    key: str, verdict: Verdict, sentence: Said, numbers: list[Document] | None = None, /, **details: Any
) -> Document:
    """Positional, since details may have the same names."""
    return {
        "key": key,
        "verdict": verdict,
        "sentence": sentence,
        "numbers": numbers or [],
        "details": details,
    }


def number(label: Said, value: Any, interval: Any = None, unit: str = "", note: str = "") -> Document:
    low, high = interval or (None, None)
    return {"label": label, "value": value, "low": low, "high": high, "unit": unit, "note": note}
