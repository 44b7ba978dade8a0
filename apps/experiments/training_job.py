"""A training from the typed Parquet to the artifact directory, stage by stage."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from apps.core import child_protocol
from apps.core.said import of_error, said
from apps.experiments import (
    artifacts,
    checkpoints,
    evaluating,
    features,
    framing,
    predicting,
    searching,
)
from apps.experiments.folding import Material
from apps.experiments.preparing import Prepared, prepare
from apps.experiments.preprocessing import frozen
from apps.experiments.searching import Search, Trial
from apps.experiments.splitting import SplitRefused
from apps.experiments.training import TrainingRefused, TrainingSettings
from scoring.inputs import InputRefused
from scoring.signature import Signature


def run(job: dict[str, Any]) -> None:
    """Says progress, trials and the result; a refusal is said too and ends the run normally."""
    try:
        child_protocol.result(train(job))
    except (TrainingRefused, SplitRefused, InputRefused) as refusal:
        child_protocol.refuse(of_error(refusal))


def train(job: dict[str, Any]) -> dict[str, Any]:
    """
    Runs all stages and writes into job["out_dir"]; returns what the run's page shows first.

    Finished trials are kept beside that directory and taken over when the same job (settings
    and data) starts again.
    """
    settings = TrainingSettings.from_json(job["settings"])
    out = Path(job["out_dir"])
    out.mkdir(parents=True, exist_ok=True)
    child_protocol.progress(0.02, said("experiments.doing_cleaning"))
    prepared = prepare(pq.read_table(job["parquet"]), settings)
    child_protocol.progress(0.08, said("experiments.doing_search"))
    material = _material(prepared)
    prepared.report["features"]["alone"] = _alone(prepared, material, settings)
    search = _search(material, settings, out, _digest(Path(job["parquet"]), settings))
    child_protocol.progress(0.85, said("experiments.doing_fit"))
    model = _refit(material, settings, search.winning)
    naive = _refit(material, settings, search.trials[0])
    return _finish(prepared, material, settings, search, (model, naive), out)


def _material(prepared: Prepared) -> Material:
    rows = prepared.training
    data = framing.frame(prepared.table.filter(pa.array(rows)), prepared.choice.features)
    described = framing.described(data, prepared.choice.features)
    times = None if prepared.times is None else prepared.times[rows]
    return Material(data, prepared.target.rows(rows), prepared.keys[rows], described, times)


def _alone(prepared: Prepared, material: Material, settings: TrainingSettings) -> dict[str, float]:
    strengths = features.alone(material.data, material.target, seed=settings.seed)
    prepared.report["features"]["warnings"] += features.suspects(strengths)
    return strengths


def _digest(parquet: Path, settings: TrainingSettings) -> str:
    with parquet.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() + settings.settings_digest


def _search(material: Material, settings: TrainingSettings, out: Path, job: str) -> Search:
    path = out.parent / "trials.jsonl"
    finished = checkpoints.read(path, job)
    known = {trial.number for trial in finished}

    def report(trial: Trial, share: float) -> None:
        if trial.number not in known:
            checkpoints.append(path, job, trial)
        child_protocol.event("trial", **trial.as_json(), resumed=trial.number in known)
        doing = said("experiments.doing_trial", algorithm=trial.algorithm)
        child_protocol.progress(0.1 + 0.7 * share, doing)

    return searching.search(material, settings, report=report, finished=finished)


def _refit(material: Material, settings: TrainingSettings, trial: Trial) -> Pipeline:
    model = searching.build(material, settings, trial.algorithm, trial.parameters)
    target = material.target
    return frozen(predicting.fit(model, material.data, target.truth, target.task))


def _finish(
    prepared: Prepared,
    material: Material,
    settings: TrainingSettings,
    search: Search,
    models: tuple[Pipeline, Pipeline],
    out: Path,
) -> dict[str, Any]:
    model, naive = models
    child_protocol.progress(0.9, said("experiments.doing_evaluation"))
    held_out = _evaluated(prepared, settings, model, naive)
    metric = searching.metric_of(settings, prepared.target.task)
    report = prepared.report | {"search": _leaderboard(search)}
    report["held_out"] = evaluating.evaluate(
        model,
        held_out,
        settings,
        metric,
        train_score=_train_score(model, material, metric),
        progress=lambda share, doing: child_protocol.progress(0.9 + 0.08 * share, doing),
    )
    report["naive_scores"] = np.atleast_1d(held_out.naive[0]).tolist()
    report["environment"] = artifacts.environment(settings.seed)
    report["settings_digest"] = settings.settings_digest
    _write(prepared, material, settings, held_out, model, report, out)
    return _summary(report, search, out)


def _train_score(model: Pipeline, material: Material, metric: searching.Metric) -> float:
    target = material.target
    scores = predicting.scores_of(model, material.data, target.task, len(target.classes))
    return metric.of(target.truth, scores)


def _evaluated(
    prepared: Prepared, settings: TrainingSettings, model: Pipeline, naive: Pipeline
) -> evaluating.Evaluated:
    rows = pa.array(prepared.held_out)
    table = prepared.table.filter(rows)
    data = framing.frame(table, prepared.choice.features)
    target = prepared.target.rows(prepared.held_out)
    return evaluating.Evaluated(
        data=data,
        target=target,
        scores=predicting.scores_of(model, data, target.task, len(target.classes)),
        naive=predicting.scores_of(naive, data, target.task, len(target.classes)),
        protected=_protected(table, settings),
    )


def _protected(table: pa.Table, settings: TrainingSettings) -> dict[str, NDArray[Any]]:
    """As they are in the data, whether or not the model learns from them."""
    found = {}
    for one in settings.protected:
        kind = framing.kind_of(table[one.name])
        if kind is None:
            raise TrainingRefused(said("experiments.protected_without_groups", name=one.name))
        data: pd.DataFrame = framing.frame(table, [features.Feature(one.name, kind)])
        found[one.name] = data[one.name].to_numpy()
    return found


def _leaderboard(search: Search) -> dict[str, Any]:
    return {
        "trials": [trial.as_json() for trial in search.trials],
        "winner": search.winner,
        "algorithm": search.winning.algorithm,
        "reason": search.reason,
        "stopped_by_budget": search.stopped_by_budget,
    }


def _write(
    prepared: Prepared,
    material: Material,
    settings: TrainingSettings,
    held_out: evaluating.Evaluated,
    model: Pipeline,
    report: dict[str, Any],
    out: Path,
) -> None:
    target = prepared.target
    signature = Signature(target.task, settings.target, tuple(material.features), target.classes)
    artifacts.write_model(out / "model.skops", model)
    artifacts.write_signature(out / "signature.json", signature)
    artifacts.write_json(out / "settings.json", settings.as_json())
    artifacts.write_json(out / "report.json", report)
    artifacts.write_keys(out / "training_rows.parquet", prepared.keys[prepared.training])
    artifacts.write_lock(out / "environment.lock")
    artifacts.write_evaluation(
        out / "evaluation.parquet",
        keys=prepared.keys[prepared.held_out],
        data=held_out.data,
        beside=held_out.protected,
        target=held_out.target,
        scores=held_out.scores,
        threshold=settings.decision_threshold,
    )


def _summary(report: dict[str, Any], search: Search, out: Path) -> dict[str, Any]:
    held_out = report["held_out"]
    return {
        "out_dir": str(out),
        "task": report["task"],
        "algorithm": search.winning.algorithm,
        "parameters": search.winning.parameters,
        "winner": search.winner,
        "reason": search.reason,
        "metric": held_out["metric"],
        "metrics": held_out["metrics"],
        "naive": held_out["naive"],
        "gain": held_out["gain"],
        "findings": held_out["findings"],
        "rows": {"training": int(report["split"]["training_rows_used"]), "held_out": held_out["n"]},
        "trials": len(search.trials),
        "settings_digest": report["settings_digest"],
    }
