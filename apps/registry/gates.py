"""What a comparison is held against in a project: numbers that every proposal is bound to."""

from typing import Any, Final

from apps.projects.models import Project

USUAL: Final[dict[str, Any]] = {
    "margin": 0.01,
    "minimum_gain": 0.1,
    "minimum_rows": 200,
    "resamples": 2000,
    "guardrails": ["underfit", "weakest_segment"],
}


def thresholds(project: Project) -> dict[str, Any]:
    """verdicts.ComparisonSettings as JSON. Finance-grade: an unfair model is rejected too."""
    if not project.is_finance_grade:
        return USUAL
    return USUAL | {"guardrails": [*USUAL["guardrails"], "four_fifths"]}
