import numpy as np
import pytest
from scipy import stats
from sklearn import metrics as oracle

from apps.experiments.metrics import FORMULAS, decided, interval, resampled

RNG = np.random.default_rng(3)
N = 400
BINARY = RNG.integers(0, 2, N).astype(float)
CHANCE = np.clip((BINARY * 0.3 + RNG.random(N) * 0.7).round(2), 0.01, 0.99)
CLASSES = RNG.integers(0, 4, N).astype(float)
SHARES = RNG.dirichlet(np.ones(4), N)
VALUES = RNG.normal(5, 2, N)
GUESSES = VALUES + RNG.normal(0, 1, N)
WEIGHTS = RNG.integers(0, 4, (3, N)).astype(float)


def by_hand(name, truth, scores, weight):
    say = {
        "roc_auc": oracle.roc_auc_score,
        "average_precision": oracle.average_precision_score,
        "brier": oracle.brier_score_loss,
        "mae": oracle.mean_absolute_error,
        "rmse": oracle.root_mean_squared_error,
        "r2": oracle.r2_score,
    }
    if name in say:
        return say[name](truth, scores, sample_weight=weight)
    if name == "log_loss":
        return oracle.log_loss(truth, scores, sample_weight=weight)
    if name == "accuracy":
        return oracle.accuracy_score(truth, decided(scores), sample_weight=weight)
    average = "macro" if name == "macro_f1" else "binary"
    return oracle.f1_score(truth, decided(scores), average=average, sample_weight=weight)


CASES = [
    *[(name, BINARY, CHANCE) for name in ("roc_auc", "average_precision", "brier", "f1")],
    *[(name, BINARY, CHANCE) for name in ("log_loss", "accuracy")],
    *[(name, CLASSES, SHARES) for name in ("log_loss", "accuracy", "macro_f1")],
    *[(name, VALUES, GUESSES) for name in ("rmse", "mae", "r2")],
]


@pytest.mark.parametrize(("name", "truth", "scores"), CASES)
def test_each_metric_is_scikit_learns_for_every_weighting(name, truth, scores):
    ours = FORMULAS[name].formula(truth, scores, WEIGHTS)
    theirs = [by_hand(name, truth, scores, weight) for weight in WEIGHTS]
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert FORMULAS[name].of(truth, scores) == pytest.approx(by_hand(name, truth, scores, None))


def test_a_single_class_leaves_the_auc_undefined():
    assert np.isnan(FORMULAS["roc_auc"].of(np.ones(5), np.arange(5.0)))


def test_the_bootstrap_interval_is_scipys():
    metric = FORMULAS["mae"]
    draws = resampled([(metric, GUESSES)], VALUES, resamples=4000, seed=1)[0]
    theirs = stats.bootstrap(
        (np.abs(VALUES - GUESSES),), np.mean, method="percentile", n_resamples=4000, rng=2
    ).confidence_interval
    assert interval(draws) == pytest.approx(tuple(theirs), abs=0.006)


def test_paired_resamples_of_equal_scores_do_not_differ():
    metric = FORMULAS["roc_auc"]
    first, second = resampled([(metric, CHANCE), (metric, CHANCE)], BINARY, resamples=50, seed=0)
    assert (first == second).all()


def test_resampling_in_parts_repeats_with_the_seed():
    pair = [(FORMULAS["rmse"], GUESSES)]
    again = [resampled(pair, VALUES, resamples=100, seed=4) for _ in range(2)]
    assert (again[0] == again[1]).all()


def test_gain_and_drop_know_the_direction():
    assert FORMULAS["roc_auc"].gain(0.75, 0.5) == pytest.approx(0.5)
    assert FORMULAS["rmse"].gain(1.0, 4.0) == pytest.approx(0.75)
    assert FORMULAS["roc_auc"].drop(0.72, 0.9) == pytest.approx(0.2)
    assert FORMULAS["rmse"].drop(1.2, 1.0) == pytest.approx(0.2)
