"""
What a reviewer is shown, frozen when a proposal is opened.

It holds codes and facts, no sentences: the same evidence has the same digest whatever language was
active when it was gathered, and every reviewer reads it in their own.
"""

from typing import Any, Final

from apps.approvals import evidence_of_release, evidence_of_training
from apps.core import storage
from apps.core.said import Said
from apps.datasets.models import DatasetVersion
from apps.registry import model_cards
from apps.registry.models import ModelVersion, Validation

FORMAT: Final = 2
GATES: Final = frozenset({"data", "performance", "guardrails", "fairness", "package", "check", "profile"})
"""What must pass before an autonomous model's rule may approve; the rest informs."""


def gather(
    version: ModelVersion, *, package: dict[str, Any], check: dict[str, Any], profile: dict[str, Any]
) -> dict[str, Any]:
    """Everything from the data to the package: {"items": [{key, verdict, sentence, numbers, details}]}."""
    run = version.training_run
    report = model_cards.training_report(version)
    validation = (
        Validation.objects.select_related("champion__model__project").filter(training_run=run).first()
    )
    strict = version.model.project.is_finance_grade
    items = [
        evidence_of_training.data(run.dataset_version, _profile_notes(run.dataset_version), report),
        evidence_of_training.performance(validation),
        evidence_of_training.guardrails(validation, report),
        evidence_of_training.fairness(report, strict=strict),
        evidence_of_training.calibration(report),
        evidence_of_training.importance(report),
        evidence_of_release.package(package),
        evidence_of_release.check(check),
        evidence_of_release.profile(profile),
        evidence_of_training.reproducibility(run, report),
        evidence_of_training.limits(version, report),
    ]
    return {"format": FORMAT, "version": str(version), "purpose": version.model.purpose, "items": items}


def passes(document: dict[str, Any]) -> bool:
    """Whether every gate passed; one that was not measured has not."""
    return all(item["verdict"] == "passed" for item in document["items"] if item["key"] in GATES)


def _profile_notes(version: DatasetVersion) -> list[Said]:
    try:
        return list(storage.read_document(version.profile_digest).get("notes", []))
    except storage.NotStored:
        return []
