"""Evidence that the release gathered: package, check of the endpoint's needs, speed."""

from typing import Any

from apps.approvals.evidence_items import Document, item, number


def package(report: dict[str, Any]) -> Document:
    """Whether what will serve answers as what was trained; `report` is conversion.PackageReport as JSON."""
    rows = report.get("rows_checked")
    if not rows:
        return item(
            "package", "not_measured", "The package was not held against the trained model.", [], **report
        )
    numbers = [
        number("Rows compared", rows),
        number("Largest difference", report.get("max_difference")),
    ]
    if not report.get("labels_equal", False):
        return item(
            "package", "failed", "The package gives other answers than the trained model.", numbers, **report
        )
    sentence = f"The package answers as the trained model does, on {rows} held-out rows."
    if reason := report.get("fallback_reason"):
        return item(
            "package", "passed", f"{sentence} It serves in the slower format: {reason}", numbers, **report
        )
    return item("package", "passed", sentence, numbers, **report)


def check(report: dict[str, Any]) -> Document:
    """`report`: {"passed", "sentence", "checks": [{"name", "passed", "sentence"}]}."""
    if "passed" not in report:
        return item("check", "not_measured", "The package was not checked.", **report)
    failed = [one["sentence"] for one in report.get("checks", []) if not one["passed"]]
    if failed or not report["passed"]:
        return item("check", "failed", " ".join(failed) or str(report.get("sentence", "")), **report)
    count = len(report.get("checks", []))
    sentence = report.get("sentence") or f"All {count} checks of the package passed."
    return item("check", "passed", str(sentence), **report)


def profile(report: dict[str, Any]) -> Document:
    """`report` is scoring.profiling.Profile as JSON; "passed", "sentence" where it was held to a limit."""
    if "p95_ms" not in report:
        return item("profile", "not_measured", "Speed and memory were not measured.", **report)
    numbers = [
        number("Half of the answers within", report.get("p50_ms"), unit="ms"),
        number("95 % within", report["p95_ms"], unit="ms"),
        number("99 % within", report.get("p99_ms"), unit="ms"),
        number("Memory", report.get("rss_mb"), unit="MB"),
        number("Loads in", report.get("load_seconds"), unit="s"),
    ]
    numbers = [one for one in numbers if one["value"] is not None]
    sentence = str(
        report.get("sentence") or f"95 % of single answers take less than {report['p95_ms']:.3g} ms."
    )
    return item("profile", "passed" if report.get("passed", True) else "failed", sentence, numbers, **report)
