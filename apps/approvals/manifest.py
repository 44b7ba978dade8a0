"""
The release manifest: the twelve inputs that an approval is bound to.

It is made of the rows and stored bytes as they are now, each time anew: when its digest is no
longer the proposal's, something changed and the proposal or approval is void.
"""

import json
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from apps.approvals import signoff
from apps.core import canonical, storage
from apps.core.said import Said
from apps.core.saying import later as _
from apps.experiments.models import TrainingRun
from apps.registry import gates
from apps.registry.models import ModelVersion, Validation

NAMES: Final[dict[str, str | Promise]] = {
    "dataset": gettext_lazy("dataset version"),
    "recipe": gettext_lazy("cleaning recipe"),
    "evaluation_rows": gettext_lazy("evaluation rows"),
    "code": gettext_lazy("code commit"),
    "parameters": gettext_lazy("parameters and seed"),
    "environment": gettext_lazy("environment"),
    "artifact": gettext_lazy("model artifact"),
    "package": gettext_lazy("package"),
    "validation": gettext_lazy("validation report"),
    "rules": gettext_lazy("thresholds and sign-off rule"),
    "tier": gettext_lazy("risk tier"),
    "endpoint_class": gettext_lazy("endpoint class"),
}


@dataclass(frozen=True, slots=True)
class Release:
    """What a release adds to a version: the package's digest, and the kind of endpoint it is for."""

    package: str
    endpoint_class: str


def of(version: ModelVersion, release: Release) -> dict[str, Any]:
    """The manifest of a version as the rows and the storage are now."""
    run = TrainingRun.objects.select_related("dataset_version").get(pk=version.training_run_id)
    current = ModelVersion.objects.select_related("model__project").get(pk=version.pk)
    return {
        "format": 1,
        "version": current.pk,
        "inputs": {
            **_data_inputs(run, current),
            **_training_inputs(run, current),
            **_rule_inputs(run, current),
            "package": release.package,
            "endpoint_class": release.endpoint_class,
        },
    }


def digest(manifest: dict[str, Any]) -> str:
    return canonical.digest(manifest)


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[Said]:
    """What differs, an input each."""
    old, new = before["inputs"], after["inputs"]
    return [
        _(
            "The %(what)s changed: it was %(before)s, it is %(after)s now.",
            what=NAMES[name],
            before=shown(old.get(name)),
            after=shown(new.get(name)),
        )
        for name in NAMES
        if old.get(name) != new.get(name)
    ]


def altered_files(artifact_digest: str) -> list[str]:
    """Files of a stored artifact whose bytes are no longer what their digest says, or are gone."""
    try:
        files = storage.manifest(artifact_digest)
    except (storage.NotStored, ValueError, KeyError):
        return [artifact_digest]
    return [name for name, entry in files.items() if not _is_whole(entry["sha256"])]


def _is_whole(file_digest: str) -> bool:
    try:
        return canonical.file_digest(storage.local_path(file_digest)) == file_digest
    except (storage.NotStored, OSError):
        return False


def _data_inputs(run: TrainingRun, version: ModelVersion) -> dict[str, Any]:
    return {
        "dataset": {"version": run.dataset_version_id, "sha256": run.dataset_version.data_digest},
        "recipe": run.settings.get("recipe", {}),
        "evaluation_rows": _file_of(version, "evaluation.parquet"),
    }


def _training_inputs(run: TrainingRun, version: ModelVersion) -> dict[str, Any]:
    parameters = {name: value for name, value in run.settings.items() if name != "recipe"}
    return {
        "code": run.code_commit,
        "parameters": {"sha256": canonical.digest(parameters), "seed": run.seed},
        "environment": {"recorded": run.environment_digest, "lock": _file_of(version, "environment.lock")},
        "artifact": {"sha256": version.artifact_digest, "altered": altered_files(version.artifact_digest)},
    }


def _rule_inputs(run: TrainingRun, version: ModelVersion) -> dict[str, Any]:
    project = version.model.project
    validation = Validation.objects.filter(training_run=run).first()
    return {
        "validation": _validation(validation),
        "rules": {
            "thresholds": canonical.digest(gates.thresholds(project)),
            "signoff": signoff.rule_for(version.model.tier, project).as_json(),
            "finance_grade": project.is_finance_grade,
            "one_person": project.is_one_person,
        },
        "tier": version.model.tier,
    }


def _validation(validation: Validation | None) -> dict[str, Any] | None:
    if validation is None:
        return None
    # The row too: what the page shows must be what the digest names.
    return {"sha256": validation.report_digest, "shown": canonical.digest(validation.report)}


def _file_of(version: ModelVersion, name: str) -> str:
    try:
        return str(storage.manifest(version.artifact_digest)[name]["sha256"])
    except (storage.NotStored, ValueError, KeyError):
        return ""


def shown(value: Any) -> Said | str:
    if value in (None, "", {}, []):
        return _("nothing")
    if isinstance(value, str):
        return value[:12]
    if isinstance(value, dict) and isinstance(value.get("sha256"), str):
        value = {**value, "sha256": value["sha256"][:12]}
    return json.dumps(value, sort_keys=True, ensure_ascii=False)[:120]
