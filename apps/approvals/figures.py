"""The one figure that stands for an item of evidence before it is opened."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.core import numbers

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """`note` says what the text counts or measures."""

    text: str
    note: str


def of(item: Item) -> Figure | None:
    """None where words are all there is."""
    made = _MAKERS.get(item["key"])
    return made(item) if made and item["verdict"] != "not_measured" else None


def _data(item: Item) -> Figure | None:
    return _labelled(item, "n_rows", _("rows"))


def _performance(item: Item) -> Figure | None:
    for label, note in (("n_difference", _("better by")), ("n_candidate", _("this model"))):
        for one in item["numbers"]:
            if one["label"].name == label:
                return Figure(numbers.number(one["value"], 3), f"{note}, {one['note']}{_interval(one)}")
    return None


def _interval(one: Item) -> str:
    if one["low"] is None or one["high"] is None:
        return ""
    return f" [{numbers.number(one['low'], 2)}, {numbers.number(one['high'], 2)}]"


def _guardrails(item: Item) -> Figure | None:
    segments = [one for one in item["details"].get("segments", []) if one.get("score") is not None]
    if not segments:
        return None
    worst = max(segments, key=lambda one: one.get("drop") or 0.0)
    note = _("%(metric)s in the weakest segment, %(n)d rows")
    return Figure(
        numbers.number(worst["score"], 3), note % {"metric": item["details"]["metric"], "n": worst["n"]}
    )


def _fairness(item: Item) -> Figure | None:
    ratios = [
        (group["di"], group["n"], f"{one['attribute']}: {group['group']}")
        for one in item["details"].get("attributes", [])
        if one["four_fifths"] is not None
        for group in one["groups"]
        if group.get("di") is not None and group["verdict"] not in ("reference", "too_few")
    ]
    if not ratios:
        return None
    ratio, rows, group = min(ratios)
    note = _("lowest ratio: %(group)s, %(n)d rows") % {"group": group, "n": rows}
    return Figure(numbers.number(ratio, 3), note)


def _calibration(item: Item) -> Figure | None:
    if not item["numbers"]:
        return None
    return Figure(f"{numbers.number(100 * item['numbers'][0]['value'], 2)} %", _("mean miss"))


def _importance(item: Item) -> Figure | None:
    features = item["details"].get("features", [])
    return Figure(numbers.number(features[0]["mean"], 3), features[0]["feature"]) if features else None


def _package(item: Item) -> Figure | None:
    return _labelled(item, "n_compared", _("rows answered alike"))


def _check(item: Item) -> Figure | None:
    checks = item["details"].get("checks", [])
    passed = sum(bool(one["passed"]) for one in checks)
    text = _("%(passed)d of %(all)d") % {"passed": passed, "all": len(checks)}
    return Figure(text, _("checks passed")) if checks else None


def _profile(item: Item) -> Figure | None:
    found = _labelled(item, "n_p95", _("95 % of answers within"))
    return Figure(f"{found.text} ms", found.note) if found else None


def _labelled(item: Item, label: str, note: str) -> Figure | None:
    for one in item["numbers"]:
        if one["label"].name == label and one["value"] is not None:
            return Figure(numbers.number(one["value"], 3), note)
    return None


_MAKERS: Final[dict[str, Callable[[Item], Figure | None]]] = {
    "data": _data,
    "performance": _performance,
    "guardrails": _guardrails,
    "fairness": _fairness,
    "calibration": _calibration,
    "importance": _importance,
    "package": _package,
    "check": _check,
    "profile": _profile,
}
