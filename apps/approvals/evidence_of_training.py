"""Evidence from data, training and validation; `report` is what the training left beside the model."""

from typing import Any, Final

from apps.approvals.evidence_items import Document, Verdict, item, number
from apps.datasets.models import DatasetVersion
from apps.experiments.models import TrainingRun
from apps.registry import comparison_words
from apps.registry.models import ModelVersion, Validation

ECE_LIMIT: Final = 0.05
MOST_SHOWN: Final = 12
_OF_VALIDATION: Final[dict[str, Verdict]] = {"promote": "passed", "hold": "warning", "reject": "failed"}


def data(version: DatasetVersion, notes: list[str], report: dict[str, Any]) -> Document:
    sides = report.get("split", {}).get("sides", {})
    numbers = [number("Rows", version.rows)]
    numbers += [number(f"Rows: {name.replace('_', ' ')}", side["rows"]) for name, side in sides.items()]
    cleaning = [
        f"{step['detail']}: {step['rows_before'] - step['rows_after']} rows"
        for step in report.get("cleaning", [])
        if step["rows_after"] < step["rows_before"]
    ]
    details = {"notes": notes, "cleaning": cleaning, "version": str(version), "sha256": version.data_digest}
    if version.status != DatasetVersion.Status.PUBLISHED:
        return item("data", "failed", f"{version} is {version.status}, not published.", numbers, **details)
    if notes:
        counted = "One thing" if len(notes) == 1 else f"{len(notes)} things"
        sentence = f"{version} is published. {counted} in the data should be looked at."
        return item("data", "warning", sentence, numbers, **details)
    return item(
        "data",
        "passed",
        f"{version} is published, and its profile shows nothing unusual.",
        numbers,
        **details,
    )


def performance(validation: Validation | None) -> Document:
    if validation is None:
        return item("performance", "not_measured", "The model was not compared with anything.")
    report = validation.report
    metric = report["metric"] or ""
    numbers = [number("Rows compared", report["n"])]
    for label, score in (("This model", report["candidate"]), ("Champion", report["champion"])):
        if score:
            numbers.append(number(label, score["value"], score["interval"], note=metric))
    if report["difference"]:
        difference = report["difference"]
        numbers.append(number("Better by", difference["value"], difference["interval"], note=metric))
    if report["naive"] is not None:
        numbers.append(number("Guessing alone", report["naive"], note=metric))
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


def _plainly(validation: Validation) -> str:
    """For who has never trained a model."""
    rows = validation.report["n"]
    against = f"the model that serves now ({validation.champion})" if validation.champion else "guessing"
    words = {
        "promote": f"On {rows} rows that neither model had seen, it is at least as good as {against}.",
        "hold": f"On {rows} rows it is not better than {against}.",
        "reject": "It fails a limit that was set beforehand.",
    }
    if validation.champion is None and validation.verdict == "promote":
        return (
            f"It is the first model: on {rows} rows that it had not seen, it is clearly better than guessing."
        )
    return words.get(validation.verdict, "Too little is known to say whether it is better.")


def guardrails(validation: Validation | None, report: dict[str, Any]) -> Document:
    held_out = report.get("held_out")
    if not held_out:
        return item("guardrails", "not_measured", "The training left no findings.")
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
        return item("guardrails", "failed" if rejected else "warning", " ".join(findings), **details)
    sentence = (
        "No sign of overfitting or underfitting, and no group of rows is served much worse than the rest."
    )
    return item("guardrails", "passed", sentence, **details)


def fairness(report: dict[str, Any], *, strict: bool) -> Document:
    attributes = report.get("held_out", {}).get("fairness", [])
    if not attributes:
        return item(
            "fairness", "not_measured", "No protected attribute was named, so nothing is known of fairness."
        )
    unfair = [one for one in attributes if one["four_fifths"]]
    unknown = [one for one in attributes if one["four_fifths"] is None]
    sentence = " ".join(one["sentence"] for one in attributes)
    if unfair:
        return item("fairness", "failed" if strict else "warning", sentence, attributes=attributes)
    if unknown:
        return item("fairness", "warning", sentence, attributes=attributes)
    return item("fairness", "passed", sentence, attributes=attributes)


def calibration(report: dict[str, Any]) -> Document:
    found = report.get("held_out", {}).get("curves", {}).get("calibration")
    if not found:
        return item(
            "calibration", "informs", "The model gives no probabilities that could be held against outcomes."
        )
    rows = [
        {"predicted": predicted, "observed": observed, "rows": count}
        for predicted, observed, count in zip(
            found["predicted"], found["observed"], found["counts"], strict=True
        )
    ]
    error = found["ece"]
    good = error <= ECE_LIMIT
    words = "can be taken at their word" if good else "are not to be taken at their word"
    sentence = f"Its probabilities {words}: on average they miss what happened by {error:.1%}."
    numbers = [number("Mean calibration error", error)]
    return item("calibration", "passed" if good else "warning", sentence, numbers, rows=rows, limit=ECE_LIMIT)


def importance(report: dict[str, Any]) -> Document:
    found = report.get("held_out", {}).get("importance", [])
    if not found:
        return item("importance", "not_measured", "It was not measured what the model looks at.")
    names = ", ".join(f"“{one['feature']}”" for one in found[:3])
    warnings = report.get("features", {}).get("warnings", [])
    return item(
        "importance",
        "warning" if warnings else "informs",
        " ".join([f"The model looks most at {names}.", *warnings]),
        features=found[:MOST_SHOWN],
        left_out=report.get("features", {}).get("left_out", {}),
    )


def reproducibility(run: TrainingRun, report: dict[str, Any]) -> Document:
    known = {"code": run.code_commit, "seed": run.seed, "python": report.get("environment", {}).get("python")}
    lost = [name for name, value in known.items() if value in ("", None)]
    details = {**known, "libraries": report.get("environment", {}).get("libraries", {}), "run": str(run)}
    if lost:
        return item("reproducibility", "warning", f"Not recorded: {', '.join(lost)}.", **details)
    return item(
        "reproducibility", "passed", "Data, code, parameters, seed and libraries are all recorded.", **details
    )


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
    sentence = "It knows only what is like its training data; values outside these ranges are guesses."
    return item(
        "limits",
        "informs" if version.model.purpose else "warning",
        sentence if version.model.purpose else f"Nobody wrote down what the model is for. {sentence}",
        features=features,
        target=version.signature.get("target"),
        purpose=version.model.purpose,
        not_used=report.get("features", {}).get("left_out", {}),
    )


def _range(feature: dict[str, Any]) -> str:
    if feature["kind"] == "number" and feature.get("minimum") is not None:
        return f"{feature['minimum']:.4g} to {feature['maximum']:.4g}"
    levels = feature.get("categories", [])
    shown = ", ".join(str(level) for level in levels[:6])
    return f"{shown} and {len(levels) - 6} more" if len(levels) > 6 else shown
