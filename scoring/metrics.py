"""The Prometheus text format, version 0.0.4."""

from collections.abc import Iterable, Mapping

from scoring.capture import Capture
from scoring.versions import Version

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_COUNTERS = (
    ("scoring_requests_total", "requests", "Requests answered with a prediction."),
    ("scoring_rows_total", "rows", "Rows scored."),
)


def text(endpoint: str, versions: Iterable[Version], refused: Mapping[int, int], capture: Capture) -> str:
    """`refused`: HTTP status → how many requests were answered with it."""
    versions = list(versions)
    lines = _captured(endpoint, versions, capture)
    for name, attribute, meaning in _COUNTERS:
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} counter"]
        lines += [
            f"{name}{{{_labels(endpoint, version)}}} {getattr(version.measures, attribute)}"
            for version in versions
        ]
    lines += ["# HELP scoring_errors_total Requests refused or failed, by status."]
    lines += ["# TYPE scoring_errors_total counter"]
    lines += [
        f'scoring_errors_total{{endpoint="{_escaped(endpoint)}",status="{status}"}} {count}'
        for status, count in sorted(refused.items())
    ]
    return "\n".join([*lines, *_latencies(endpoint, versions)]) + "\n"


def _captured(endpoint: str, versions: Iterable[Version], capture: Capture) -> list[str]:
    lines: list[str] = []
    for name, counts, meaning in (
        ("scoring_captured_rows_total", capture.written, "Rows written to the spool."),
        ("scoring_dropped_rows_total", capture.dropped, "Rows that capture had to drop."),
    ):
        lines += [f"# HELP {name} {meaning}", f"# TYPE {name} counter"]
        lines += [
            f"{name}{{{_labels(endpoint, version)}}} {counts[version.deployment]}" for version in versions
        ]
    return lines


def _latencies(endpoint: str, versions: Iterable[Version]) -> list[str]:
    name = "scoring_latency_seconds"
    lines = [f"# HELP {name} From a request's arrival to its answer.", f"# TYPE {name} histogram"]
    for version in versions:
        labels = _labels(endpoint, version)
        lines += [
            f'{name}_bucket{{{labels},le="{bound}"}} {count}' for bound, count in version.measures.histogram()
        ]
        lines.append(f"{name}_sum{{{labels}}} {version.measures.seconds:.6f}")
        lines.append(f"{name}_count{{{labels}}} {version.measures.requests}")
    return lines


def _labels(endpoint: str, version: Version) -> str:
    return (
        f'endpoint="{_escaped(endpoint)}",version="{_escaped(version.number)}",digest="{version.digest[:12]}"'
    )


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
