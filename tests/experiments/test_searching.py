import numpy as np
import pytest

from apps.experiments import framing, overfitting, searching
from apps.experiments.cleaning import Target
from apps.experiments.folding import Material, folds
from apps.experiments.metrics import FORMULAS
from apps.experiments.searching import Trial
from apps.experiments.training import TrainingSettings
from scoring.signature import Feature
from tests.experiments.conftest import loans

AUC = FORMULAS["roc_auc"]


def trial(number, algorithm, scores):
    mean = float(np.mean(scores))
    return Trial(number, algorithm, {}, scores, mean, (0, 1), 1.0, 0.0, [], 1.0)


def material(rows=200, keys=None):
    table = loans(rows)
    features = [Feature("debt", "number"), Feature("region", "category")]
    truth = np.array(table["defaulted"].to_pylist()) == "yes"
    return Material(
        framing.frame(table, features),
        Target("binary", truth.astype(float), ("no", "yes")),
        np.array(table["loan_id"].to_pylist() if keys is None else keys, dtype=object),
        features,
    )


def test_the_best_mean_wins():
    trials = [trial(0, "naive", [0.5] * 3), trial(1, "linear", [0.6, 0.7, 0.65])]
    trials.append(trial(2, "lightgbm", [0.8, 0.9, 0.85]))
    number, reason = searching.chosen(trials, AUC)
    assert number == 2
    assert str(reason).startswith("Best mean roc_auc")


def test_a_simpler_algorithm_within_one_standard_error_wins_and_says_so():
    trials = [trial(1, "linear", [0.79, 0.83, 0.80]), trial(2, "lightgbm", [0.80, 0.80, 0.83])]
    number, reason = searching.chosen(trials, AUC)
    assert number == 1
    assert "within one standard error" in str(reason)


def test_lower_is_better_for_losses():
    trials = [trial(1, "lightgbm", [0.3, 0.31, 0.3]), trial(2, "linear", [0.6, 0.62, 0.61])]
    assert searching.chosen(trials, FORMULAS["log_loss"])[0] == 1


class Watch:
    """Each look takes half a second."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 0.5
        return self.now


def test_the_naive_and_the_simplest_model_finish_on_no_budget_at_all():
    settings = TrainingSettings("defaulted", time_budget_seconds=0.01, folds=2)
    told = []
    found = searching.search(
        material(), settings, report=lambda one, _: told.append(one.algorithm), clock=Watch()
    )
    assert told == ["naive", "linear"]
    assert found.stopped_by_budget


def test_the_plan_is_the_same_for_the_same_seed():
    plans = [list(searching.planned(TrainingSettings("y", seed=seed))) for seed in (1, 1, 2)]
    assert plans[0] == plans[1]
    assert plans[0] != plans[2]
    assert len(plans[0]) == 1 + 5 * 4


def test_rows_of_one_key_stay_in_one_fold():
    keys = [f"customer {number // 2}" for number in range(200)]
    data = material(keys=keys)
    for rows, unseen in folds(data, TrainingSettings("y", folds=4)):
        assert not set(data.keys[rows]) & set(data.keys[unseen])


def test_folds_keep_the_class_shares():
    data = material()
    for _, unseen in folds(data, TrainingSettings("y", folds=4)):
        assert data.target.truth[unseen].mean() == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize(
    ("train", "validation", "codes"),
    [
        (0.99, 0.80, ["overfit"]),
        (0.82, 0.80, []),
        (0.51, 0.50, ["underfit"]),
        (0.56, 0.54, ["low_gain"]),
    ],
)
def test_the_fit_is_judged_by_the_published_limits(train, validation, codes):
    found = overfitting.findings(AUC, train=train, validation=validation, naive=0.5, noise=0.02)
    assert [one.code for one in found] == codes


def test_too_many_trees_are_noticed():
    assert overfitting.boosting_decline(AUC, [0.7, 0.9, 0.84]).code == "boosting_decline"
    assert overfitting.boosting_decline(AUC, [0.7, 0.9, 0.89]) is None


def test_the_interval_of_a_mean_is_wider_than_that_of_independent_folds():
    scores = [0.7, 0.72, 0.74, 0.76, 0.78]
    plain = 2.776445 * np.std(scores, ddof=1) / np.sqrt(5)
    assert searching.half_width(scores) == pytest.approx(plain * np.sqrt(1 + 5 / 4), rel=1e-5)
