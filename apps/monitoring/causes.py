"""
Why did the monitor raise its alarm? Ranked answers, each with what to do about it.

Faults in the data come before changes of the world, because they explain drift and retraining on
broken data makes it worse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from apps.core.said import Said, said
from apps.monitoring import faults
from apps.monitoring.baselines import Baseline
from apps.monitoring.drift import FeatureDrift
from apps.monitoring.faults import Fault
from apps.monitoring.histograms import WindowCounts

Kind = Literal[
    "sensor_fault", "missing_upstream", "data_quality", "new_category", "seasonality",
    "population_shift", "concept_change", "prediction_shift", "label_delay", "code_change",
    "unknown",
]  # fmt: skip
Recommendation = Literal["fix_data", "wait", "retrain", "roll_back", "ask_a_person"]

NEW_LEVEL_SHARE = 0.01
LEAST_JOIN_RATE = 0.5

_OF_FAULT: Mapping[str, Kind] = {
    "missing": "missing_upstream",
    "type_errors": "data_quality",
    "unit_change": "sensor_fault",
    "stuck": "sensor_fault",
    "spikes": "sensor_fault",
}


@dataclass(frozen=True, slots=True)
class Labels:
    """
    What the true outcomes say about a window.

    `has_fallen` when the performance lies outside what the reference allows; `join_rate` is the
    share of predictions whose outcome is known, `usual_join_rate` what it is by this age.
    """

    has_fallen: bool
    join_rate: float
    usual_join_rate: float = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What is known about a window.

    `importance` is per input (any scale). `seasonal` compares the same window with its season a
    cycle ago, `code_changed` says that a deployment, recipe or client changed within the window.
    """

    features: Sequence[FeatureDrift]
    counts: WindowCounts
    baseline: Baseline
    importance: Mapping[str, float] = field(default_factory=dict)
    labels: Labels | None = None
    seasonal: Sequence[FeatureDrift] | None = None
    code_changed: bool = False

    def drifted(self, role: str) -> list[FeatureDrift]:
        return [f for f in self.features if f.role == role and f.verdict == "drifted"]


@dataclass(frozen=True, slots=True)
class Cause:
    """`confidence`, 0 … 1, ranks for people and is no probability; `columns` are behind it."""

    kind: Kind
    sentence: Said
    confidence: float
    recommendation: Recommendation
    columns: tuple[str, ...] = ()

    @property
    def calls_for_retraining(self) -> bool:
        return self.recommendation == "retrain"


def name_causes(evidence: Evidence) -> list[Cause]:
    """
    The causes that the evidence supports, most convincing first; none when nothing happened.

    Only the first cause decides whether retraining is called for: see `calls_for_retraining`.
    """
    found = [*_faulty(evidence), *_changes(evidence)]
    ranked = sorted(found, key=lambda cause: -cause.confidence)
    if not ranked and _happened(evidence):
        ranked = [_unknown()]
    return ranked


def calls_for_retraining(causes: Sequence[Cause]) -> bool:
    """Whether a rule may retrain by itself: the first cause must call for it."""
    return bool(causes) and causes[0].calls_for_retraining


def _happened(evidence: Evidence) -> bool:
    fallen = evidence.labels is not None and evidence.labels.has_fallen
    return fallen or any(f.verdict == "drifted" or f.faults for f in evidence.features)


def _faulty(evidence: Evidence) -> list[Cause]:
    found = []
    for feature in evidence.features:
        if feature.role != "feature":
            continue
        reference = evidence.baseline.columns[feature.name]
        fault = faults.find(feature, reference, evidence.counts.columns.get(feature.name))
        if fault:
            found.append((fault, _weight(evidence, feature.name)))
    return [_cause_of(fault, weight) for fault, weight in found]


def _cause_of(fault: Fault, weight: float) -> Cause:
    """0.9 … 1, above every change of the world; important columns and large shares first."""
    confidence = 0.9 + 0.05 * weight + 0.05 * fault.share
    return Cause(_OF_FAULT[fault.kind], fault.sentence, confidence, "fix_data", (fault.column,))


def _changes(evidence: Evidence) -> list[Cause]:
    """Changes of the world, of the model or of the outcomes, leaving out the faulty columns."""
    faulty = {column for cause in _faulty(evidence) for column in cause.columns}
    inputs = [f for f in evidence.drifted("feature") if f.name not in faulty]
    new = [cause for f in inputs if (cause := _new_category(evidence, f))]
    named = {column for cause in new for column in cause.columns}
    shifted = [f for f in inputs if f.name not in named]
    found = [*new, *_shift(evidence, shifted)]
    if not _were_compared(evidence):
        found += _without_comparison(evidence)
    elif not inputs and not faulty:
        found += _with_inputs_alike(evidence)
    return found + _delay(evidence)


def _were_compared(evidence: Evidence) -> bool:
    """Whether the window had rows enough to say of any input that it is as in training, or not."""
    return any(f.role == "feature" and f.verdict in ("stable", "drifted") for f in evidence.features)


def _without_comparison(evidence: Evidence) -> list[Cause]:
    """Labels need fewer rows than drift does: what fell is known then, and why it fell is not."""
    if evidence.labels is None or not evidence.labels.has_fallen:
        return []
    sentence = said("monitoring.fallen_with_few_rows", rows=evidence.counts.rows)
    return [Cause("unknown", sentence, 0.3, "ask_a_person")]


def _new_category(evidence: Evidence, feature: FeatureDrift) -> Cause | None:
    rows = sum((feature.new_levels or {}).values())
    if feature.n_window == 0 or rows / feature.n_window < NEW_LEVEL_SHARE:
        return None
    level, count = max((feature.new_levels or {}).items(), key=lambda item: item[1])
    weight = _weight(evidence, feature.name)
    sentence = said("monitoring.new_level", column=feature.name, level=level, share=count / feature.n_window)
    return Cause("new_category", sentence, 0.75 + 0.05 * weight, "retrain", (feature.name,))


def _shift(evidence: Evidence, shifted: list[FeatureDrift]) -> list[Cause]:
    if not shifted:
        return []
    ranked = sorted(shifted, key=lambda f: -_moved(evidence, f))
    names = tuple(f.name for f in ranked)
    if _is_seasonal(evidence, names):
        sentence = said("monitoring.season", columns=names)
        return [Cause("seasonality", sentence, 0.8, "wait", names)]
    weight = max(_weight(evidence, name) for name in names)
    sentence = said("monitoring.other_rows", columns=names)
    return [Cause("population_shift", sentence, 0.6 + 0.1 * weight, "retrain", names)]


def _is_seasonal(evidence: Evidence, names: Sequence[str]) -> bool:
    """All that drifted from training is as it was a cycle ago."""
    verdicts = {f.name: f.verdict for f in evidence.seasonal or ()}
    return bool(verdicts) and all(verdicts.get(name) == "stable" for name in names)


def _with_inputs_alike(evidence: Evidence) -> list[Cause]:
    outputs = tuple(f.name for f in evidence.drifted("output"))
    fallen = evidence.labels is not None and evidence.labels.has_fallen
    if outputs and evidence.code_changed:
        sentence = said("monitoring.code_changed")
        return [Cause("code_change", sentence, 0.85, "roll_back", outputs)]
    if fallen:
        sentence = said("monitoring.meaning_changed")
        return [Cause("concept_change", sentence, 0.7, "retrain", outputs)]
    if outputs:
        sentence = said("monitoring.predictions_moved")
        return [Cause("prediction_shift", sentence, 0.5, "ask_a_person", outputs)]
    return []


def _delay(evidence: Evidence) -> list[Cause]:
    labels = evidence.labels
    if labels is None or labels.join_rate >= LEAST_JOIN_RATE * labels.usual_join_rate:
        return []
    sentence = said("monitoring.labels_late", share=labels.join_rate, usual=labels.usual_join_rate)
    # Drifted inputs do not wait for labels to be believed.
    confidence = 0.4 if evidence.drifted("feature") else 0.82
    return [Cause("label_delay", sentence, confidence, "wait")]


def _unknown() -> Cause:
    return Cause("unknown", said("monitoring.unexplained"), 0.1, "ask_a_person")


def _moved(evidence: Evidence, feature: FeatureDrift) -> float:
    """Drift in units of its threshold x importance."""
    strongest = feature.deciding
    return (strongest.severity if strongest else 0.0) * (0.05 + _weight(evidence, feature.name))


def _weight(evidence: Evidence, name: str) -> float:
    """Importance relative to the most important input: 0 … 1; all alike when unknown."""
    greatest = max(evidence.importance.values(), default=0.0)
    return max(evidence.importance.get(name, 0.0), 0.0) / greatest if greatest > 0 else 1.0
