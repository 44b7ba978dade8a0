import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from apps.experiments import training_job
from apps.experiments.metrics import FORMULAS
from apps.registry import comparison_job
from apps.registry.comparison import compare
from apps.registry.verdicts import ComparisonSettings, NotComparable, Predictions
from tests.experiments.conftest import QUICK, loans

N = 600
RNG = np.random.default_rng(8)
TRUTH = RNG.integers(0, 2, N).astype(float)
KEYS = np.array([f"row {number}" for number in range(N)], dtype=object)
NAIVE = np.full(N, 0.5)
AUC = FORMULAS["roc_auc"]
RULES = ComparisonSettings()


def scores(skill):
    return np.clip(skill * TRUTH + (1 - skill) * np.random.default_rng(5).random(N), 0, 1)


def said(skill, keys=KEYS, **more):
    return Predictions(keys, TRUTH, scores(skill), **more)


def judge(candidate, champion, rules=RULES, **more):
    return compare(candidate, champion, NAIVE, metric=AUC, settings=rules, **more)


def codes(found):
    return [reason.code for reason in found.reasons]


GOOD, WORSE, BAD = said(0.4), said(0.25), said(0.0)
SLIGHTLY = replace(GOOD, scores=GOOD.scores - 0.02 * TRUTH)


def test_a_better_candidate_is_promoted_in_one_sentence():
    found = judge(GOOD, WORSE)
    assert found.verdict == "promote"
    assert str(found.sentence).startswith("Promote: roc_auc")
    assert found.difference.interval[0] > 0


def test_a_worse_candidate_is_held():
    found = judge(WORSE, GOOD)
    assert (found.verdict, codes(found)) == ("hold", ["inferior", "min_absolute_change_failed"])


def test_equal_models_are_not_worse_so_promotable_unless_a_change_is_asked_for():
    assert judge(GOOD, GOOD).verdict == "promote"
    rules = ComparisonSettings(min_absolute_change=0.005, min_relative_change=0.01)
    found = judge(GOOD, GOOD, rules)
    assert found.verdict == "hold"
    assert codes(found) == ["min_absolute_change_failed", "min_relative_change_failed"]


def test_a_relative_change_from_zero_must_still_be_a_change():
    rules = ComparisonSettings(min_relative_change=0.0)
    assert codes(judge(GOOD, GOOD, rules)) == ["min_relative_change_failed"]


def test_the_margin_decides_over_a_slight_loss():
    wide = ComparisonSettings(margin=0.2, min_absolute_change=0)
    assert "inferior" in codes(judge(SLIGHTLY, GOOD, ComparisonSettings(margin=0)))
    assert "inferior" not in codes(judge(SLIGHTLY, GOOD, wide))


@pytest.mark.parametrize(("threshold", "verdict"), [(0.999, "reject"), (0.6, "promote")])
def test_a_first_model_is_held_against_the_threshold(threshold, verdict):
    found = judge(GOOD, None, ComparisonSettings(threshold=threshold))
    assert found.verdict == verdict
    assert ("threshold_failed" in codes(found)) == (verdict == "reject")


def test_a_first_model_no_better_than_guessing_is_rejected():
    assert codes(judge(BAD, None)) == ["low_gain"]


def test_a_guardrail_rejects_only_if_the_settings_name_it():
    found = {"overfit": "Overfitted."}
    assert judge(GOOD, WORSE, guardrails=found).verdict == "promote"
    strict = ComparisonSettings(guardrails=("overfit",))
    rejected = judge(GOOD, WORSE, strict, guardrails=found)
    assert (rejected.verdict, codes(rejected)) == ("reject", ["overfit"])


def test_too_few_rows_are_inconclusive():
    few = Predictions(KEYS[:199], TRUTH[:199], GOOD.scores[:199])
    found = judge(few, few)
    assert (found.verdict, codes(found)) == ("inconclusive", ["too_few_rows"])


def test_rows_that_the_champion_was_trained_on_are_left_out_and_counted():
    seen = frozenset(KEYS[:100])
    found = judge(GOOD, replace(WORSE, trained_on=seen))
    assert (found.n, found.overlap) == (500, 100)
    assert found.champion.value == pytest.approx(AUC.of(TRUTH[100:], WORSE.scores[100:]))


def test_rows_are_matched_by_key_not_by_place():
    order = np.random.default_rng(2).permutation(N)[:500]
    shuffled = Predictions(KEYS[order], TRUTH[order], WORSE.scores[order])
    found = judge(GOOD, shuffled)
    assert (found.n, found.unmatched) == (500, 100)
    own = np.sort(order)
    assert found.candidate.value == pytest.approx(AUC.of(TRUTH[own], GOOD.scores[own]))


def test_different_truths_for_one_row_cannot_be_compared():
    with pytest.raises(NotComparable, match="different truths"):
        judge(GOOD, replace(WORSE, truth=1 - TRUTH))


def test_an_undefined_metric_is_a_missing_candidate():
    one_class = replace(GOOD, truth=np.ones(N))
    found = judge(one_class, None)
    assert (found.verdict, codes(found)) == ("inconclusive", ["missing_candidate"])


def test_the_paired_interval_is_scipys():
    metric = FORMULAS["mae"]
    values = RNG.normal(size=N)
    first, second = values + RNG.normal(0, 1, N), values + RNG.normal(0, 1.3, N)
    found = compare(
        Predictions(KEYS, values, first),
        Predictions(KEYS, values, second),
        np.zeros(N),
        metric=metric,
        settings=ComparisonSettings(resamples=4000),
    )
    theirs = stats.bootstrap(
        (np.abs(values - second) - np.abs(values - first),),
        np.mean,
        method="percentile",
        n_resamples=4000,
        rng=1,
    ).confidence_interval
    assert found.difference.interval == pytest.approx(tuple(theirs), abs=0.01)


@pytest.mark.parametrize("told", [{"resamples": 10}, {"margin": -1}, {"min_relative_change": 2}])
def test_settings_that_make_no_sense_are_refused(told):
    with pytest.raises(NotComparable):
        ComparisonSettings.from_json(told)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Two models: the first on 1,500 loans, the second on these and 900 later ones."""
    place = tmp_path_factory.mktemp("comparison")
    every = loans(2400)
    for name, rows, only in (("old", 1500, ["linear"]), ("new", 2400, ["lightgbm"])):
        pq.write_table(every.slice(0, rows), place / f"{name}.parquet")
        training_job.train(
            {
                "parquet": str(place / f"{name}.parquet"),
                "out_dir": str(place / name / "artifact"),
                "settings": QUICK | {"algorithms": only},
            }
        )
    return place


def job(place, candidate="new", champion="old", **settings):
    return {
        "parquet": str(place / "new.parquet"),
        "candidate": str(place / candidate / "artifact"),
        "champion": champion and str(place / champion / "artifact"),
        "settings": settings,
    }


def test_a_later_version_tests_on_no_row_that_the_champion_saw(trained):
    found = comparison_job.comparison(job(trained))
    assert found["overlap"] == 0
    assert found["n"] == pytest.approx(480, abs=80)
    assert found["verdict"] in ("promote", "hold", "reject")


def test_the_candidates_score_is_that_of_its_own_report(trained):
    found = comparison_job.comparison(job(trained))
    report = json.loads((trained / "new" / "artifact" / "report.json").read_text())
    told = report["held_out"]["metrics"]["roc_auc"]["value"]
    assert found["candidate"]["value"] == pytest.approx(told)


def test_what_differs_between_the_trainings_is_listed(trained):
    facts = {"candidate": {"data version": "2"}, "champion": {"data version": "1"}}
    found = comparison_job.comparison(job(trained) | {"facts": facts})
    assert {one["what"] for one in found["differences"]} >= {
        "algorithm",
        "data version",
        "settings.algorithms",
        "training_rows",
    }


def test_a_first_model_needs_no_champion(trained):
    found = comparison_job.comparison(job(trained, champion=None))
    assert found["champion"] is None
    assert found["verdict"] == "promote"


def test_a_champion_whose_columns_are_gone_is_a_missing_baseline(trained):
    table = pq.read_table(trained / "new.parquet").drop_columns(["region"])
    pq.write_table(table, trained / "narrow.parquet")
    settings = QUICK | {"algorithms": ["linear"]}
    training_job.train(
        {
            "parquet": str(trained / "narrow.parquet"),
            "out_dir": str(trained / "narrow" / "artifact"),
            "settings": settings,
        }
    )
    told = job(trained, candidate="narrow") | {"parquet": str(trained / "narrow.parquet")}
    found = comparison_job.comparison(told)
    assert found["verdict"] == "inconclusive"
    assert found["reasons"][0]["code"] == "missing_baseline"


def test_a_data_version_without_the_held_out_rows_is_refused(trained, capsys):
    other = loans(300, seed=3).set_column(0, "loan_id", pa.array([f"X{n}" for n in range(300)]))
    pq.write_table(other, trained / "other.parquet")
    comparison_job.run(job(trained) | {"parquet": str(trained / "other.parquet")})
    assert (
        json.loads(capsys.readouterr().out.splitlines()[-1])["refused"]["code"] == "registry.no_held_out_rows"
    )
