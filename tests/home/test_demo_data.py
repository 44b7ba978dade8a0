"""The demo's portfolio must be learnable, must drift, and must be the same for the same seed."""

from datetime import date

import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.metrics import roc_auc_score

from apps.home.demo_data import PROTECTED, TARGET, consumer_credit

START = date(2024, 1, 1)


def features(frame: pd.DataFrame) -> pd.DataFrame:
    kept = frame.drop(columns=[TARGET, "application_id", "application_date"])
    texts = kept.select_dtypes(exclude="number").columns
    return kept.astype(dict.fromkeys(texts, "category"))


def fitted(frame: pd.DataFrame) -> LGBMClassifier:
    model = LGBMClassifier(
        n_estimators=120, learning_rate=0.05, num_leaves=15, n_jobs=1, verbose=-1, random_state=0
    )
    return model.fit(features(frame), frame[TARGET] == "yes")


def auc(model: LGBMClassifier, frame: pd.DataFrame) -> float:
    return roc_auc_score(frame[TARGET] == "yes", model.predict_proba(features(frame))[:, 1])


@pytest.fixture(scope="module")
def before() -> pd.DataFrame:
    return consumer_credit(12_000, seed=1, start=START)


@pytest.fixture(scope="module")
def old_model(before: pd.DataFrame) -> LGBMClassifier:
    return fitted(before)


def test_the_same_seed_gives_the_same_portfolio():
    pd.testing.assert_frame_equal(
        consumer_credit(500, seed=3, start=START), consumer_credit(500, seed=3, start=START)
    )


def test_another_seed_gives_another_portfolio():
    one, other = (consumer_credit(500, seed=seed, start=START) for seed in (3, 4))
    assert not one["amount_eur"].equals(other["amount_eur"])


def test_between_12_and_18_percent_default(before):
    assert 0.12 <= (before[TARGET] == "yes").mean() <= 0.18


def test_a_model_reaches_a_realistic_auc(old_model):
    assert 0.78 <= auc(old_model, consumer_credit(8_000, seed=2, start=START)) <= 0.84


def test_a_model_loses_on_drifted_rows_and_retraining_helps(old_model):
    plain = consumer_credit(8_000, seed=5, start=START)
    drifted = consumer_credit(8_000, seed=6, start=START, drift=1.0)
    retrained = fitted(consumer_credit(12_000, seed=7, start=START, drift=1.0))

    assert auc(old_model, drifted) <= auc(old_model, plain) - 0.04
    assert auc(retrained, drifted) >= auc(old_model, drifted) + 0.03


def test_drift_lowers_incomes_and_moves_business_to_brokers(before):
    drifted = consumer_credit(12_000, seed=1, start=START, drift=1.0)

    fall = drifted["income_monthly_eur"].median() / before["income_monthly_eur"].median()
    assert 0.72 <= fall <= 0.78
    assert (drifted["channel"] == "online-broker").mean() > 0.4
    assert (before["channel"] == "online-broker").mean() < 0.13


def test_a_new_purpose_appears_only_when_asked_for(before):
    later = consumer_credit(2_000, seed=1, start=START, new_purpose=True)

    assert set(later["purpose"]) - set(before["purpose"]) == {"energy costs"}


def test_seasons_show_in_amounts_and_purposes(before):
    month = pd.to_datetime(before["application_date"]).dt.month
    holiday = (before["purpose"] == "holiday").groupby(month).mean()
    amounts = before.groupby(month)["amount_eur"].median()

    assert holiday[6] > 2 * holiday[10]
    assert amounts[12] > amounts[1]


def test_the_target_can_be_left_out_without_changing_the_rest(before):
    blind = consumer_credit(12_000, seed=1, start=START, with_target=False)

    pd.testing.assert_frame_equal(blind, before.drop(columns=TARGET))


def test_scores_are_missing_and_protected_attributes_there(before):
    assert 0.04 < before["bureau_score"].isna().mean() < 0.15
    assert set(PROTECTED) <= set(before.columns)
    assert before["application_id"].is_unique
    assert before["application_date"].is_monotonic_increasing


@pytest.mark.parametrize("wrong", [{"drift": 1.5}, {"rows": 0}, {"days": 0}])
def test_impossible_arguments_are_refused(wrong):
    arguments = {"rows": 10, "seed": 1, "start": START, **wrong}
    with pytest.raises(ValueError, match="Drift lies"):
        consumer_credit(arguments.pop("rows"), **arguments)
