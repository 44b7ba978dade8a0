"""Ten injected causes, one of each kind: the right one is named first."""

import numpy as np
import pytest

from apps.monitoring import baselines, causes, drift, histograms
from apps.monitoring.causes import Evidence, Labels
from tests.monitoring import made
from tests.monitoring.injected import CASES, Case, evidence_of


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_injected_cause_is_named_first(case: Case, seed: int):
    found = causes.name_causes(evidence_of(case, seed))

    assert found[0].kind == case.kind, [cause.sentence for cause in found]
    assert causes.calls_for_retraining(found) == (
        case.kind in ("population_shift", "concept_change", "new_category")
    )


def test_of_too_few_rows_nobody_says_that_the_inputs_are_as_before():
    rng = np.random.default_rng(7)
    reference = made.baseline(x=rng.normal(size=5_000))
    counts = histograms.count({"x": rng.normal(3, size=40)}, reference)
    features = drift.compare(reference, counts)
    assert {feature.verdict for feature in features} == {"not_enough_data"}

    found = causes.name_causes(Evidence(features, counts, reference, labels=Labels(True, 0.9, 0.9)))

    assert [cause.kind for cause in found] == ["unknown"]
    assert "40 rows" in str(found[0].sentence)
    assert not causes.calls_for_retraining(found)


def test_nothing_is_named_when_nothing_happened():
    quiet = Case("quiet", "unknown")

    assert causes.name_causes(evidence_of(quiet, 3)) == []
    assert not causes.calls_for_retraining([])


def test_a_fault_comes_before_the_shift_beside_it():
    def inject(columns, rng):
        columns["age"] = columns["age"] * 1000
        columns["income"] = columns["income"] * 3

    found = causes.name_causes(evidence_of(Case("both", "sensor_fault", inject), 4))

    assert [cause.kind for cause in found][:2] == ["sensor_fault", "population_shift"]
    assert found[0].columns == ("age",)
    assert "times 1,000" in str(found[0].sentence)


def test_shifted_columns_are_ranked_by_drift_and_importance():
    rng = np.random.default_rng(5)
    reference = made.baseline(a=rng.normal(size=5_000), b=rng.normal(size=5_000))
    columns = {"a": rng.normal(0.5, size=2_000), "b": rng.normal(0.6, size=2_000)}
    counts = histograms.count(columns, reference)
    features = drift.compare(reference, counts)

    [cause] = causes.name_causes(Evidence(features, counts, reference, importance={"a": 0.9, "b": 0.1}))

    assert cause.columns == ("a", "b")


def test_predictions_that_moved_alone_ask_a_person():
    rng = np.random.default_rng(6)
    columns = {"x": rng.normal(size=3_000)}
    score = {baselines.SCORE: rng.beta(2, 5, 3_000)}
    reference = baselines.build(columns, made.signature(x="number"), score)
    counts = histograms.count(columns | {baselines.SCORE: rng.beta(5, 2, 3_000)}, reference)

    [cause] = causes.name_causes(Evidence(drift.compare(reference, counts), counts, reference))

    assert (cause.kind, cause.recommendation) == ("prediction_shift", "ask_a_person")


def test_what_nothing_explains_is_called_unknown():
    rng = np.random.default_rng(7)
    reference = made.baseline(x=rng.uniform(0, 1, 5_000))
    # A few values just outside the range: a breach of quality that is no fault of a known kind.
    values = np.append(rng.uniform(0, 1, 1_000), np.full(30, 1.05))
    counts = histograms.count({"x": values}, reference)

    [cause] = causes.name_causes(Evidence(drift.compare(reference, counts), counts, reference))

    assert cause.kind == "unknown"
    assert cause.recommendation == "ask_a_person"


def test_a_sensor_stuck_for_half_of_the_window_is_named_with_its_value():
    def inject(columns, rng):
        columns["age"][: len(columns["age"]) // 2] = 37.25

    [cause] = causes.name_causes(evidence_of(Case("half", "sensor_fault", inject), 8))

    assert cause.kind == "sensor_fault"
    assert "37.2" in str(cause.sentence)


def test_missing_labels_do_not_outweigh_drifted_inputs():
    def inject(columns, rng):
        columns["income"] = columns["income"] * 2

    case = Case("shift", "population_shift", inject, labels=Labels(False, 0.1, 0.9))

    found = causes.name_causes(evidence_of(case, 9))

    assert [cause.kind for cause in found] == ["population_shift", "label_delay"]
