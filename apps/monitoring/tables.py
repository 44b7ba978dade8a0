"""The rows of the monitor page's column table, made of stored windows without the arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.monitoring.models import Monitor, WindowResult


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column of the newest window; `line` is its drift / threshold over time, oldest first."""

    name: str
    role: str
    verdict: str
    metric: str
    value: float | None
    threshold: float | None
    n: int
    missing_share: float | None
    importance: float | None
    line: list[float | None]
    severity: float


def column_rows(results: Sequence[WindowResult], importance: dict[str, float]) -> list[ColumnRow]:
    """The most drifted first; `results` oldest first. None without a window that was compared."""
    compared = [result for result in results if result.features]
    if not compared:
        return []
    history = [{feature["name"]: feature for feature in result.features} for result in compared[-60:]]
    rows = [_row(feature, history, importance) for feature in compared[-1].features]
    return sorted(rows, key=lambda row: (row.verdict == "stable", -row.severity, row.name))


def lines(monitor: Monitor, until: WindowResult | None) -> dict[str, list[float | None]]:
    """Drift / threshold of each column over the windows up to this one, oldest first."""
    if until is None:
        return {}
    windows = WindowResult.objects.filter(monitor=monitor, start__lte=until.start).exclude(features=[])
    newest = list(windows.order_by("-start").values_list("features", flat=True)[:40])[::-1]
    history = [{feature["name"]: feature for feature in features} for features in newest]
    return (
        {name: [severity(window.get(name)) for window in history] for name in history[-1]} if history else {}
    )


def severity(feature: dict[str, Any] | None) -> float | None:
    """The deciding figure in units of its threshold; None without one."""
    deciding = _deciding(feature)
    return None if deciding is None else _in_thresholds(deciding)


def _deciding(feature: dict[str, Any] | None) -> dict[str, Any] | None:
    found = [value for value in (feature or {}).get("metrics", []) if value["decides"]]
    return max(found, key=_in_thresholds, default=None)


def _in_thresholds(figure: dict[str, Any]) -> float:
    value, limit = figure["value"], figure["effective_threshold"]
    if figure["direction"] == "below":
        return float(limit / max(value, 1e-12))
    return float(value / limit) if limit else 0.0


def _row(
    feature: dict[str, Any], history: list[dict[str, dict[str, Any]]], importance: dict[str, float]
) -> ColumnRow:
    name, deciding = feature["name"], _deciding(feature) or {}
    missing = [m["value"] for m in feature["metrics"] if m["name"] == "null_value_rate_difference"]
    return ColumnRow(
        name=name,
        role=feature["role"],
        verdict=feature["verdict"],
        metric=deciding.get("name", ""),
        value=deciding.get("value"),
        threshold=deciding.get("effective_threshold"),
        n=feature["n_window"],
        missing_share=missing[0] if missing else None,
        importance=importance.get(name),
        line=[severity(window.get(name)) for window in history],
        severity=severity(feature) or 0.0,
    )
