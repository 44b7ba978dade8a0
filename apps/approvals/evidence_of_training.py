"""Evidence from data, training and validation; `report` is what the training left beside the model."""

from typing import Any, Final

from apps.approvals.evidence_items import Document, Verdict, item, number
from apps.core.said import Said, joined, said
from apps.core.saying import label
from apps.datasets.models import DatasetVersion
from apps.experiments.models import TrainingRun
from apps.registry import comparison_words
from apps.registry.models import ModelVersion, Validation

ECE_LIMIT: Final = 0.05
MOST_SHOWN: Final = 12
MOST_LEVELS: Final = 6
_OF_VALIDATION: Final[dict[str, Verdict]] = {"promote": "passed", "hold": "warning", "reject": "failed"}
_SIDES: Final = {"training": said("approvals.n_training"), "held_out": said("approvals.n_held_out")}


def data(version: DatasetVersion, notes: list[Said], report: dict[str, Any]) -> Document:
    sides = report.get("split", {}).get("sides", {})
    numbers = [number(said("approvals.n_rows"), version.rows)]
    numbers += [number(_SIDES[name], side["rows"]) for name, side in sides.items()]
    cleaning = [
        said("approvals.cleaned", what=step["detail"], rows=step["rows_before"] - step["rows_after"])
        for step in report.get("cleaning", [])
        if step["rows_after"] < step["rows_before"]
    ]
    details = {"notes": notes, "cleaning": cleaning, "version": str(version), "sha256": version.data_digest}
    if version.status != DatasetVersion.Status.PUBLISHED:
        status = label(DatasetVersion.Status(version.status).label)
        told = said("approvals.data_not_published", version=version, status=status)
        return item("data", "failed", told, numbers, **details)
    if notes:
        told = said("approvals.data_with_notes", version=version, notes=len(notes))
        return item("data", "warning", told, numbers, **details)
    return item("data", "passed", said("approvals.data_in_order", version=version), numbers, **details)


def performance(validation: Validation | None) -> Document:
    if validation is None:
        return item("performance", "not_measured", said("approvals.not_compared"))
    report = validation.report
    metric = report["metric"] or ""
    scores = [
        (said("approvals.n_candidate"), report["candidate"]),
        (said("approvals.n_champion"), report["champion"]),
        (said("approvals.n_difference"), report["difference"]),
    ]
    numbers = [number(said("approvals.n_compared"), report["n"])]
    numbers += [
        number(name, score["value"], score["interval"], note=metric) for name, score in scores if score
    ]
    if report["naive"] is not None:
        numbers.append(number(said("approvals.n_naive"), report["naive"], note=metric))
    return item(
        "performance",
        _OF_VALIDATION.get(validation.verdict, "warning"),
        _plainly(validation),
        numbers,
        sentence=validation.sentence,
        verdict=validation.verdict,
        champion=str(validation.champion) if validation.champion else None,
        reasons=[reason["sentence"] for reason in report["reasons"]],
        differences=comparison_words.differences(report),
        left_out=report["overlap"],
        registered_because=validation.resolution_reason,
        sha256=validation.report_digest,
    )


def _plainly(validation: Validation) -> Said:
    """For who has never trained a model."""
    rows, champion = validation.report["n"], validation.champion
    if validation.verdict == "reject":
        return said("approvals.fails_a_limit")
    if validation.verdict == "promote" and champion is None:
        return said("approvals.better_than_guessing", rows=rows)
    if validation.verdict == "promote":
        return said("approvals.as_good_as_champion", rows=rows, champion=champion)
    if validation.verdict == "hold" and champion is None:
        return said("approvals.not_better_than_guessing", rows=rows)
    if validation.verdict == "hold":
        return said("approvals.not_better_than_champion", rows=rows, champion=champion)
    return said("approvals.too_little_known")


def guardrails(validation: Validation | None, report: dict[str, Any]) -> Document:
    held_out = report.get("held_out")
    if not held_out:
        return item("guardrails", "not_measured", said("approvals.no_findings"))
    findings = [finding["sentence"] for finding in held_out["findings"]]
    weakest = held_out["segments"]["weakest"]
    if weakest and weakest["flagged"]:
        findings.append(weakest["sentence"])
    details = {
        "findings": findings,
        "weakest": weakest["sentence"] if weakest else "",
        "segments": held_out["segments"]["segments"][:MOST_SHOWN],
        "metric": held_out["metric"],
    }
    rejected = validation is not None and validation.verdict == Validation.Verdict.REJECT
    if findings:
        return item("guardrails", "failed" if rejected else "warning", joined(*findings), **details)
    return item("guardrails", "passed", said("approvals.holds_up"), **details)


def fairness(report: dict[str, Any], *, strict: bool) -> Document:
    attributes = report.get("held_out", {}).get("fairness", [])
    if not attributes:
        return item("fairness", "not_measured", said("approvals.no_protected"))
    unfair = [one for one in attributes if one["four_fifths"]]
    unknown = [one for one in attributes if one["four_fifths"] is None]
    sentence = joined(*(one["sentence"] for one in attributes))
    if unfair:
        return item("fairness", "failed" if strict else "warning", sentence, attributes=attributes)
    if unknown:
        return item("fairness", "warning", sentence, attributes=attributes)
    return item("fairness", "passed", sentence, attributes=attributes)


def calibration(report: dict[str, Any]) -> Document:
    found = report.get("held_out", {}).get("curves", {}).get("calibration")
    if not found:
        return item("calibration", "informs", said("approvals.no_probabilities"))
    rows = [
        {"predicted": predicted, "observed": observed, "rows": count}
        for predicted, observed, count in zip(
            found["predicted"], found["observed"], found["counts"], strict=True
        )
    ]
    error = found["ece"]
    good = error <= ECE_LIMIT
    told = (
        said("approvals.calibrated", error=error) if good else said("approvals.not_calibrated", error=error)
    )
    numbers = [number(said("approvals.n_calibration_error"), error)]
    return item("calibration", "passed" if good else "warning", told, numbers, rows=rows, limit=ECE_LIMIT)


def importance(report: dict[str, Any]) -> Document:
    found = report.get("held_out", {}).get("importance", [])
    if not found:
        return item("importance", "not_measured", said("approvals.importance_unknown"))
    told = said("approvals.looks_at", features=[one["feature"] for one in found[:3]])
    warnings = report.get("features", {}).get("warnings", [])
    return item(
        "importance",
        "warning" if warnings else "informs",
        joined(told, *warnings),
        features=found[:MOST_SHOWN],
        left_out=report.get("features", {}).get("left_out", {}),
    )


def reproducibility(run: TrainingRun, report: dict[str, Any]) -> Document:
    known = {"code": run.code_commit, "seed": run.seed, "python": report.get("environment", {}).get("python")}
    lost = [name for name, value in known.items() if value in ("", None)]
    details = {**known, "libraries": report.get("environment", {}).get("libraries", {}), "run": str(run)}
    if lost:
        return item("reproducibility", "warning", said("approvals.not_recorded", names=lost), **details)
    return item("reproducibility", "passed", said("approvals.all_recorded"), **details)


def limits(version: ModelVersion, report: dict[str, Any]) -> Document:
    """What it was trained for and on: outside of that nobody knows what it does."""
    features = [
        {
            "name": feature["name"],
            "kind": feature["kind"],
            "range": _range(feature),
            "missing": bool(feature.get("nullable")),
        }
        for feature in version.signature.get("features", [])
    ]
    told = said("approvals.limits")
    return item(
        "limits",
        "informs" if version.model.purpose else "warning",
        told if version.model.purpose else joined(said("approvals.no_purpose"), told),
        features=features,
        target=version.signature.get("target"),
        purpose=version.model.purpose,
        not_used=report.get("features", {}).get("left_out", {}),
    )


def _range(feature: dict[str, Any]) -> Said:
    if feature["kind"] == "number" and feature.get("minimum") is not None:
        return said("approvals.range", low=feature["minimum"], high=feature["maximum"])
    levels = feature.get("categories", [])
    more = len(levels) - MOST_LEVELS
    if more > 0:
        return said("approvals.levels_and_more", levels=levels[:MOST_LEVELS], more=more)
    return said("approvals.levels", levels=levels)
