"""A comparison from two artifact directories and a data version to the verdict."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import skops.io
from numpy.typing import NDArray

from apps.core import child_protocol
from apps.core.said import Said, joined, of_error, revived, said
from apps.experiments import cleaning, framing, predicting, splitting
from apps.experiments.metrics import FORMULAS
from apps.experiments.splitting import SplitRefused
from apps.experiments.training import TrainingRefused, TrainingSettings
from apps.registry.comparison import compare
from apps.registry.verdicts import (
    Comparison,
    ComparisonSettings,
    NotComparable,
    Predictions,
    Reason,
)
from scoring.inputs import InputRefused
from scoring.signature import Signature
from scoring.trusted_types import TRUSTED_TYPES

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a training left behind, as far as a comparison needs it."""

    model: predicting.Model
    signature: Signature
    settings: TrainingSettings
    report: dict[str, Any]
    directory: Path

    @classmethod
    def read(cls, directory: str) -> "Artifact":
        path = Path(directory)
        return cls(
            model=_loaded(path / "model.skops"),
            signature=Signature.from_json(_json(path / "signature.json")),
            settings=TrainingSettings.from_json(_json(path / "settings.json")),
            report=revived(_json(path / "report.json")),
            directory=path,
        )

    @property
    def key_columns(self) -> list[str]:
        """The columns that its row keys were made of, whatever columns later data has."""
        return list(self.report["split"]["row_key_columns"])

    def keys(self, name: str) -> list[str]:
        table = pq.read_table(self.directory / name, columns=["row_key"])
        return list(table["row_key"].to_pylist())


def _json(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return document


def _loaded(path: Path) -> predicting.Model:
    """Only types on the portal's own list are built; anything else in the file is refused."""
    unknown = set(skops.io.get_untrusted_types(file=path)) - set(TRUSTED_TYPES)
    if unknown:
        raise NotComparable(said("registry.untrusted_type", type=min(unknown)))
    return skops.io.load(path, trusted=list(TRUSTED_TYPES))


def run(job: dict[str, Any]) -> None:
    """Says progress and the result; a refusal is said too and ends the run normally."""
    try:
        child_protocol.result(comparison(job))
    except (NotComparable, TrainingRefused, SplitRefused, InputRefused) as refusal:
        child_protocol.refuse(of_error(refusal))


def comparison(job: dict[str, Any]) -> dict[str, Any]:
    """
    The candidate's held-out rows of the data version, predicted by both; the Comparison as JSON
    with `differences` between the two trainings.
    """
    settings = ComparisonSettings.from_json(job.get("settings") or {})
    child_protocol.progress(0.1, said("registry.doing_loading"))
    candidate = Artifact.read(job["candidate"])
    champion = Artifact.read(job["champion"]) if job.get("champion") else None
    child_protocol.progress(0.3, said("registry.doing_prediction"))
    table, keys = held_out_rows(job["parquet"], candidate)
    found = _compared(table, keys, candidate, champion, settings)
    child_protocol.progress(0.95, said("registry.doing_verdict"))
    facts = differences(candidate, champion, job) if champion else []
    return found.as_json() | {"differences": facts}


def held_out_rows(parquet: str, candidate: Artifact) -> tuple[pa.Table, NDArray[np.object_]]:
    """Cleaned as in the candidate's training; raises NotComparable if none of its rows is there."""
    table, _ = cleaning.clean(pq.read_table(parquet), candidate.settings)
    keys = splitting.row_keys(table, candidate.key_columns)
    wanted = pa.array(candidate.keys("evaluation.parquet"), pa.string())
    mask = pc.is_in(pa.array(keys, pa.string()), wanted)
    if not pc.any(mask).as_py():
        raise NotComparable(said("registry.no_held_out_rows"))
    return table.filter(mask), keys[np.asarray(mask)]


def _compared(
    table: pa.Table,
    keys: NDArray[np.object_],
    candidate: Artifact,
    champion: Artifact | None,
    settings: ComparisonSettings,
) -> Comparison:
    signature = candidate.signature
    truth = _truth(table, signature)
    own = Predictions(keys, truth, _scores(candidate, table, signature))
    other, why_not = None, None
    if champion:
        try:
            other = _champion(champion, table, keys, truth, signature)
        except (InputRefused, NotComparable, SplitRefused) as refusal:
            told = said("registry.champion_cannot_be_asked", why=of_error(refusal))
            why_not = Reason("missing_baseline", told)
    found = compare(
        own,
        other,
        _naive(candidate, len(keys)),
        metric=FORMULAS[candidate.report["held_out"]["metric"]],
        settings=settings,
        guardrails=guardrails(candidate.report),
    )
    return _without_champion(found, why_not) if why_not else found


def _without_champion(found: Comparison, reason: Reason) -> Comparison:
    """A champion that cannot be asked is not a first model: a person has to look."""
    found.verdict = "inconclusive"
    found.reasons = [reason]
    found.sentence = joined(said("registry.inconclusive"), reason.sentence)
    return found


def _champion(
    champion: Artifact,
    table: pa.Table,
    keys: NDArray[np.object_],
    truth: Floats,
    signature: Signature,
) -> Predictions:
    if champion.signature.task != signature.task:
        raise NotComparable(said("registry.other_task", task=champion.signature.task))
    trained = set(champion.keys("training_rows.parquet"))
    its_keys = splitting.row_keys(table, champion.key_columns)
    # Its keys may be made of other columns: what it saw is told in the candidate's keys.
    seen = frozenset(str(key) for key, its in zip(keys, its_keys, strict=True) if its in trained)
    return Predictions(keys, truth, _scores(champion, table, signature), seen)


def _truth(table: pa.Table, signature: Signature) -> Floats:
    column = table[signature.target]
    if signature.task == "regression":
        return np.asarray(column.cast(pa.float64()).to_numpy())
    numbers = {level: number for number, level in enumerate(signature.classes)}
    texts = cleaning.category_texts(column, signature.target)
    if unknown := sorted(set(texts) - set(numbers)):
        raise NotComparable(said("registry.unknown_class", level=unknown[0]))
    return np.array([numbers[text] for text in texts], dtype=np.float64)


def _scores(model: Artifact, table: pa.Table, order: Signature) -> Floats:
    """In the order of the candidate's classes; a class that this model has not gets 0."""
    own = model.signature
    data = framing.frame(table, own.features)
    if own.task == "regression":
        return predicting.scores_of(model.model, data, own.task, 0)
    full = predicting.probabilities(model.model, data, len(own.classes))
    columns = [
        full[:, own.classes.index(name)] if name in own.classes else np.zeros(len(full))
        for name in order.classes
    ]
    return columns[1] if own.task == "binary" else np.stack(columns, axis=1)


def _naive(candidate: Artifact, rows: int) -> Floats:
    """The candidate's training rows as the naive model: their mean or class shares for all."""
    told = candidate.report["naive_scores"]
    return np.full(rows, told[0]) if len(told) == 1 else np.tile(told, (rows, 1))


def guardrails(report: dict[str, Any]) -> dict[str, Said]:
    """What the candidate's own evaluation found, by code."""
    found = {one["code"]: one["sentence"] for one in report["held_out"]["findings"]}
    weakest = report["held_out"]["segments"]["weakest"]
    if weakest and weakest["flagged"]:
        found["weakest_segment"] = weakest["sentence"]
    unfair = [one["sentence"] for one in report["held_out"]["fairness"] if one["four_fifths"]]
    if unfair:
        found["four_fifths"] = joined(*unfair)
    return found


def differences(candidate: Artifact, champion: Artifact, job: dict[str, Any]) -> list[dict[str, Any]]:
    """
    What distinguishes the two trainings: settings, features, algorithm, libraries, and whatever
    the job tells of each (`facts`: {"candidate": {...}, "champion": {...}}, data and code say).
    """
    told = job.get("facts") or {}
    own = _facts(candidate) | told.get("candidate", {})
    other = _facts(champion) | told.get("champion", {})
    return [
        {"what": name, "candidate": own.get(name), "champion": other.get(name)}
        for name in sorted({*own, *other})
        if own.get(name) != other.get(name)
    ]


def _facts(model: Artifact) -> dict[str, Any]:
    search = model.report["search"]
    winner = next(one for one in search["trials"] if one["number"] == search["winner"])
    settings = {f"settings.{name}": value for name, value in _json(model.directory / "settings.json").items()}
    return settings | {
        "algorithm": winner["algorithm"],
        "parameters": winner["parameters"],
        "features_used": model.signature.feature_names,
        "training_rows": model.report["split"]["training_rows_used"],
        "libraries": model.report["environment"]["libraries"],
        "python": model.report["environment"]["python"],
    }
