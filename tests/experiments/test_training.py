import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics as oracle

from apps.core.said import revived
from apps.experiments.training import TrainingRefused, TrainingSettings
from tests.experiments.conftest import loans


def result(said):
    return said[-1]["result"]


def report_of(out):
    return json.loads((out / "report.json").read_text())


def with_column(table, name, values):
    where = table.column_names.index(name)
    return table.set_column(where, name, pa.array(values))


def test_settings_survive_json():
    told = {"target": "y", "protected": ["sex", {"name": "age", "edges": [25]}], "row_key": "id"}
    settings = TrainingSettings.from_json(told)
    again = TrainingSettings.from_json(json.loads(json.dumps(settings.as_json())))
    assert again == settings
    assert again.settings_digest == settings.settings_digest


def test_the_digest_changes_with_the_seed_but_not_with_the_threads():
    one = TrainingSettings("y")
    assert one.settings_digest == TrainingSettings("y", n_jobs=2).settings_digest
    assert one.settings_digest != TrainingSettings("y", seed=1).settings_digest


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({}, "No target"),
        ({"target": "y", "colour": 1}, "no “colour”"),
        ({"target": "y", "algorithms": ["magic"]}, "no algorithm “magic”"),
        ({"target": "y", "algorithms": []}, "At least one algorithm"),
        ({"target": "y", "folds": 1}, "folds"),
        ({"target": "y", "features": []}, "empty"),
        ({"target": "y", "features": ["y"]}, "cannot be a feature"),
        ({"target": "y", "split": {"kind": "time"}}, "time column"),
        ({"target": "y", "split": {"share": 0.9}}, "share"),
        ({"target": "y", "task": "binary", "metric": "rmse"}, "does not fit"),
        ({"target": "y", "recipe": {"outliers": "hide"}}, "outliers"),
        ({"target": "y", "time_budget_seconds": 0}, "time budget"),
    ],
)
def test_settings_that_make_no_sense_are_refused(told, sentence):
    with pytest.raises(TrainingRefused, match=sentence):
        TrainingSettings.from_json(told)


CONSTANT = with_column(loans(), "defaulted", ["no"] * 600)
EMPTY = with_column(loans(), "defaulted", pa.array([None] * 600, pa.string()))
MANY = with_column(loans(), "defaulted", [f"c{number % 400}" for number in range(600)])
INFINITE = with_column(loans(), "debt", [float("inf")] + [1.0] * 599)
BARREN = loans().select(["loan_id", "signed", "defaulted"])


@pytest.mark.parametrize(
    ("table", "settings", "sentence"),
    [
        (loans(), {"target": "profit"}, "“profit” is not in the data"),
        (CONSTANT, {}, "always “no”"),
        (EMPTY, {}, "no value in any row"),
        (MANY, {}, "400 classes"),
        (INFINITE, {}, "“debt” has 1 infinite"),
        (BARREN, {}, "No feature is left"),
        (loans(50), {}, "at least 20 are needed|at least 5 are needed"),
        (loans(), {"features": ["colour"]}, "“colour” is not in the data"),
        (loans(), {"features": ["signed"]}, "cannot be used"),
        (loans(), {"positive_class": "maybe"}, "“maybe” is not in the target"),
        (loans(), {"task": "regression"}, "not a number"),
        (loans(), {"target": "region", "task": "binary"}, "needs exactly two"),
        (loans(), {"metric": "rmse"}, "does not fit a binary target"),
        (loans(), {"protected": ["colour"]}, "protected attribute “colour”"),
        (loans(), {"favourable_class": "maybe"}, "favourable class"),
        (loans(), {"row_key": "colour"}, "key column “colour”"),
        (loans(), {"split": {"kind": "time"}, "time_column": "region"}, "holds no times"),
    ],
)
def test_what_cannot_be_trained_from_is_refused_in_a_sentence(train, table, settings, sentence):
    said, out = train(table, **settings)
    assert re.search(sentence, str(revived(said[-1]["refused"])))
    assert not (out / "model.skops").exists()


def test_a_training_leaves_a_complete_artifact(train):
    said, out = train(loans(), protected=["sex"])
    assert {path.name for path in out.iterdir()} == {
        "environment.lock",
        "evaluation.parquet",
        "model.skops",
        "report.json",
        "settings.json",
        "signature.json",
        "training_rows.parquet",
    }
    fractions = [line["progress"] for line in said if "progress" in line]
    assert fractions == sorted(fractions)
    assert [line["facts"]["algorithm"] for line in said if "event" in line] == [
        "naive",
        "linear",
        "lightgbm",
    ]
    assert result(said)["metrics"]["roc_auc"]["value"] > 0.8


def test_the_metrics_are_those_of_the_stored_predictions(train):
    said, out = train(loans())
    rows = pq.read_table(out / "evaluation.parquet").to_pandas()
    actual = rows["target"] == "yes"
    told = result(said)["metrics"]
    assert told["roc_auc"]["value"] == pytest.approx(oracle.roc_auc_score(actual, rows["probability_yes"]))
    assert told["accuracy"]["value"] == pytest.approx((rows["target"] == rows["prediction"]).mean())
    low, high = told["roc_auc"]["interval"]
    assert low < told["roc_auc"]["value"] < high


def test_no_held_out_row_was_trained_on(train):
    _, out = train(loans())
    tested = set(pq.read_table(out / "evaluation.parquet")["row_key"].to_pylist())
    trained = set(pq.read_table(out / "training_rows.parquet")["row_key"].to_pylist())
    assert tested
    assert not tested & trained
    assert len(tested | trained) == 600


def test_the_same_job_gives_the_same_scores(train):
    first, second = (train(loans(), name)[0] for name in ("one", "two"))
    assert result(first)["metrics"] == result(second)["metrics"]


def test_finished_trials_are_not_repeated(train):
    train(loans(), "run")
    again, _ = train(loans(), "run")
    assert [line["facts"]["resumed"] for line in again if "event" in line] == [True] * 3


def test_trials_of_other_settings_or_of_a_torn_line_are_not_taken_over(train):
    _, out = train(loans(), "run")
    checkpoint = out.parent / "trials.jsonl"
    checkpoint.write_text(checkpoint.read_text()[:-200])
    again, _ = train(loans(), "run")
    assert [line["facts"]["resumed"] for line in again if "event" in line] == [True, True, False]
    other, _ = train(loans(), "run", seed=5)
    assert not any(line["facts"]["resumed"] for line in other if "event" in line)


def test_cleaning_is_recorded_step_by_step(train):
    table = pa.concat_tables([loans(), loans().slice(0, 30)])
    gaps = [None, *table["defaulted"].to_pylist()[1:]]
    table = with_column(table, "defaulted", gaps)
    _, out = train(table, recipe={"outliers": "drop"})
    steps = {step["step"]: step for step in report_of(out)["cleaning"]}
    assert steps["drop_missing_target"]["rows_after"] == 629
    assert steps["drop_duplicates"]["rows_after"] == 600
    assert steps["drop_outliers"]["rows_before"] >= steps["drop_outliers"]["rows_after"]


def test_outliers_are_dropped_from_training_rows_alone(train):
    debts = [value + (1e6 if number % 100 == 0 else 0) for number, value in enumerate(range(600))]
    _, out = train(with_column(loans(), "debt", debts), recipe={"outliers": "drop"})
    rows = pq.read_table(out / "evaluation.parquet")
    step = next(s for s in report_of(out)["cleaning"] if s["step"] == "drop_outliers")
    assert step["rows_before"] + rows.num_rows == 600


def test_left_out_columns_have_their_reason(train):
    table = loans().append_column("bank", pa.array(["B"] * 600))
    table = table.append_column("row_no", pa.array(range(600)))
    table = table.append_column("note", pa.array([f"text {number}" for number in range(600)]))
    _, out = train(table, protected=["sex"])
    facts = report_of(out)["features"]
    assert facts["chosen"] == ["income", "debt", "region"]
    assert set(facts["left_out"]) == {
        "loan_id", "sex", "signed", "defaulted", "bank", "row_no", "note",
    }  # fmt: skip


def test_a_feature_that_gives_the_target_away_is_pointed_out(train):
    late = [value == "yes" for value in loans()["defaulted"].to_pylist()]
    _, out = train(loans().append_column("reminder_sent", pa.array(late)))
    assert any("reminder_sent" in str(one) for one in report_of(out)["features"]["warnings"])


def test_a_split_by_time_tests_on_the_latest_rows(train):
    _, out = train(loans(), split={"kind": "time", "share": 0.25}, time_column="signed")
    tested = pq.read_table(out / "evaluation.parquet")["row_key"].to_pylist()
    assert min(tested) == "L000450"
    assert len(tested) == 150


def test_the_row_limit_is_kept_roughly_and_recorded(train):
    said, out = train(loans(), max_rows=200)
    assert result(said)["rows"]["training"] == pytest.approx(200, abs=40)
    assert report_of(out)["cleaning"][-1]["step"] == "max_rows"


def test_numbers_are_predicted(train):
    said, out = train(loans(), target="debt", features=["income", "region", "defaulted"])
    rows = pq.read_table(out / "evaluation.parquet")
    told = result(said)["metrics"]
    ours = oracle.root_mean_squared_error(rows["target"], rows["prediction"])
    assert told["rmse"]["value"] == pytest.approx(ours)
    assert told["rmse"]["value"] < result(said)["naive"]["value"]


def test_several_classes_are_told_apart(train):
    debts = np.array(loans()["debt"])
    bands = np.digitize(debts, np.quantile(debts, [0.4, 0.7]))
    table = loans().append_column("band", pa.array([["low", "mid", "high"][k] for k in bands]))
    said, out = train(table, target="band")
    rows = pq.read_table(out / "evaluation.parquet").to_pandas()
    assert result(said)["metrics"]["macro_f1"]["value"] == pytest.approx(
        oracle.f1_score(rows["target"], rows["prediction"], average="macro")
    )
    assert report_of(out)["held_out"]["curves"]["confusion"]["classes"] == ["high", "low", "mid"]


def test_the_importance_finds_what_matters(train):
    rng = np.random.default_rng(1)
    _, out = train(loans().append_column("noise", pa.array(rng.normal(size=600))))
    ranked = [one["feature"] for one in report_of(out)["held_out"]["importance"]]
    assert ranked[0] == "debt"
    assert ranked.index("noise") > ranked.index("income")


def test_protected_attributes_are_measured_without_being_learned_from(train):
    _, out = train(loans(), protected=["sex"], favourable_class="no")
    held_out = report_of(out)["held_out"]
    groups = {one["group"]: one for one in held_out["fairness"][0]["groups"]}
    rows = pq.read_table(out / "evaluation.parquet").to_pandas()
    women = rows[rows["sex"] == "f"]
    assert groups["f"]["n"] == len(women)
    assert groups["f"]["selection_rate"]["value"] == pytest.approx((women["prediction"] == "no").mean())


def test_no_curve_has_more_than_200_points(train):
    _, out = train(loans(3000))
    curves = report_of(out)["held_out"]["curves"]
    assert max(len(values) for curve in curves.values() for values in curve.values()
               if isinstance(values, list)) <= 200  # fmt: skip


def test_ten_thousand_categories_are_bearable_when_somebody_wants_them(train):
    codes = [f"c{number * 7919 % 10_000}" for number in range(12_000)]
    table = loans(12_000).append_column("code", pa.array(codes))
    _, out = train(table, features=["debt", "code"], algorithms=["linear"], folds=2)
    signature = json.loads((out / "signature.json").read_text())
    assert len(signature["features"][1]["categories"]) > 5000
    assert (out / "model.skops").stat().st_size < 2_000_000


def test_r2_of_a_constant_segment_does_not_break_the_report(train):
    table = loans()
    region = np.array(table["region"].to_pylist(), dtype=object)
    debts = np.where(region == "north", 5.0, np.array(table["debt"]))
    table = with_column(table, "debt", debts)
    said, _ = train(table, target="debt", metric="r2", algorithms=["linear"])
    assert "result" in said[-1]
