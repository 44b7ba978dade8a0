"""Realised performance against scikit-learn."""

from datetime import UTC, datetime

import numpy as np
import pytest
from sklearn import metrics as sk

from apps.monitoring import performance
from apps.monitoring.performance import Figure


@pytest.fixture
def rng():
    return np.random.default_rng(30)


def by_name(figures):
    return {figure.metric: figure for figure in figures}


def test_accuracy_and_f1_of_two_classes_are_scikit_learns(rng):
    true, predicted = rng.choice(["no", "yes"], 500), rng.choice(["no", "yes"], 500)

    found = by_name(performance.of_classes(true, predicted, ["no", "yes"]))

    assert found["accuracy"].value == pytest.approx(sk.accuracy_score(true, predicted))
    assert found["f1"].value == pytest.approx(sk.f1_score(true, predicted, pos_label="yes"))
    assert found["f1"].low < found["f1"].value < found["f1"].high
    assert found["accuracy"].n == 500


def test_f1_of_many_classes_is_the_macro_average(rng):
    true, predicted = rng.choice(list("abc"), 500), rng.choice(list("abcd"), 500)

    found = by_name(performance.of_classes(true, predicted, list("abc")))

    assert found["f1"].value == pytest.approx(sk.f1_score(true, predicted, average="macro"))


def test_auc_is_scikit_learns_with_ties(rng):
    true = rng.random(400) < 0.3
    score = (rng.normal(size=400) + true).round(1)

    [auc] = performance.of_scores(true, score)

    assert auc.value == pytest.approx(sk.roc_auc_score(true, score))
    assert auc.low < auc.value < auc.high


def test_the_auc_interval_holds_the_truth_in_95_of_100_samples(rng):
    # Normal scores one deviation apart: AUC = Φ(1/√2) = 0.7602.
    held = 0
    for _ in range(200):
        true = np.arange(300) < 150
        [auc] = performance.of_scores(true, rng.normal(size=300) + true)
        held += auc.low <= 0.7602 <= auc.high
    assert 0.90 <= held / 200 <= 0.99


def test_mae_and_rmse_are_scikit_learns(rng):
    true, predicted = rng.normal(size=300), rng.normal(size=300)

    found = by_name(performance.of_numbers(true, predicted))

    assert found["mae"].value == pytest.approx(sk.mean_absolute_error(true, predicted))
    assert found["rmse"].value == pytest.approx(sk.root_mean_squared_error(true, predicted))
    assert found["rmse"].low < found["rmse"].value < found["rmse"].high


def test_no_rows_and_one_class_give_no_figure():
    assert performance.of_classes(np.array([]), np.array([]), ["a", "b"]) == []
    assert performance.of_scores(np.array([True, True]), np.array([0.1, 0.2])) == []
    assert performance.of_numbers(np.array([]), np.array([])) == []


def test_a_single_row_has_no_interval():
    found = by_name(performance.of_numbers(np.array([1.0]), np.array([3.0])))

    assert (found["mae"].value, found["mae"].low, found["rmse"].high) == (2.0, None, None)


def test_labels_and_predictions_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        performance.of_numbers(np.array([1.0]), np.array([1.0, 2.0]))


def test_the_latest_label_of_a_request_counts():
    times = [datetime(2024, 1, day, tzinfo=UTC) for day in (2, 1, 1)]

    joined = performance.join(["r1", "r2", "r3"], ["r1", "r1", "r3"], times)

    assert joined.predictions.tolist() == [0, 2]
    assert joined.labels.tolist() == [0, 2]
    assert joined.rate == pytest.approx(2 / 3)


def test_without_times_the_last_label_given_counts():
    assert performance.join(["r1"], ["r1", "r1"]).labels.tolist() == [1]
    assert performance.join([], ["r1"]).rate == 0


def test_performance_has_fallen_only_when_the_intervals_are_apart():
    reference = Figure("accuracy", 0.9, 1_000, 0.88, 0.92)

    assert performance.has_fallen(reference, Figure("accuracy", 0.8, 500, 0.76, 0.84))
    assert not performance.has_fallen(reference, Figure("accuracy", 0.86, 50, 0.74, 0.93))
    assert performance.has_fallen(Figure("mae", 1, 9, 0.9, 1.1), Figure("mae", 2, 9, 1.8, 2.2))
