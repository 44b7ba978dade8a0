"""Evidence that the release gathered: package, check of the endpoint's needs, speed."""

from typing import Any

from apps.approvals.evidence_items import Document, item, number
from apps.core.said import joined, said


def package(report: dict[str, Any]) -> Document:
    """Whether what will serve answers as what was trained; `report` is conversion.PackageReport as JSON."""
    rows = report.get("rows_checked")
    if not rows:
        return item("package", "not_measured", said("approvals.package_not_compared"), [], **report)
    numbers = [
        number(said("approvals.n_compared"), rows),
        number(said("approvals.n_largest_difference"), report.get("max_difference")),
    ]
    if not report.get("labels_equal", False):
        return item("package", "failed", said("approvals.package_differs"), numbers, **report)
    told = said("approvals.package_agrees", rows=rows)
    if reason := report.get("fallback_reason"):
        told = joined(told, said("approvals.slower_format", why=reason))
    return item("package", "passed", told, numbers, **report)


def check(report: dict[str, Any]) -> Document:
    """`report`: {"passed", "checks": [{"name", "passed", "sentence"}]}."""
    if "passed" not in report:
        return item("check", "not_measured", said("approvals.not_checked"), **report)
    checks = report.get("checks", [])
    failed = [one["sentence"] for one in checks if not one["passed"]]
    if failed or not report["passed"]:
        return item("check", "failed", joined(*failed) or said("approvals.check_failed"), **report)
    return item("check", "passed", said("approvals.checks_passed", checks=len(checks)), **report)


def profile(report: dict[str, Any]) -> Document:
    """`report` is scoring.profiling.Profile as JSON."""
    if "p95_ms" not in report:
        return item("profile", "not_measured", said("approvals.not_profiled"), **report)
    numbers = [
        number(said("approvals.n_p50"), report.get("p50_ms"), unit="ms"),
        number(said("approvals.n_p95"), report["p95_ms"], unit="ms"),
        number(said("approvals.n_p99"), report.get("p99_ms"), unit="ms"),
        number(said("approvals.n_memory"), report.get("rss_mb"), unit="MB"),
        number(said("approvals.n_loading"), report.get("load_seconds"), unit="s"),
    ]
    numbers = [one for one in numbers if one["value"] is not None]
    told = said("approvals.profiled", p95_ms=report["p95_ms"])
    return item("profile", "passed" if report.get("passed", True) else "failed", told, numbers, **report)
