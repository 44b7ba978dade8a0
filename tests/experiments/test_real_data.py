import json

import numpy as np
import pyarrow.compute as pc
import pyarrow.csv as pv
import pytest

from apps.experiments import fairness
from apps.experiments.segments import grouped

pytestmark = pytest.mark.real_data


def test_german_credit_is_learned_and_its_groups_are_measured(real_data, train):
    table = pv.read_csv(real_data / "german_credit" / "germancredit.csv")
    said, out = train(
        table,
        target="creditability",
        row_key=None,
        positive_class="bad",
        favourable_class="good",
        protected=[{"name": "age_in_years", "edges": [25]}],
        algorithms=["linear", "random_forest"],
    )
    trials = [line["facts"] for line in said if "event" in line]
    assert max(trial["mean"] for trial in trials) > 0.76
    report = json.loads((out / "report.json").read_text())
    groups = report["held_out"]["fairness"][0]["groups"]
    assert {one["group"] for one in groups} == {"< 25", "≥ 25"}


def test_the_label_difference_by_age_is_that_of_the_plain_means(real_data):
    table = pv.read_csv(real_data / "german_credit" / "germancredit.csv")
    ages = np.asarray(table["age_in_years"])
    good = np.asarray(pc.equal(table["creditability"], "good"))
    groups = grouped(ages.astype(np.float64), [25])
    found = fairness.measure("age", groups, good, good, reference="≥ 25")
    young = next(one for one in found.groups if one.group == "< 25")
    assert young.dpl == pytest.approx(good[ages >= 25].mean() - good[ages < 25].mean())


def test_bank_marketings_leak_shows(real_data, train):
    table = pv.read_csv(
        real_data / "bank_marketing" / "bank-additional-full.csv",
        parse_options=pv.ParseOptions(delimiter=";"),
    )
    table = table.take(np.arange(0, table.num_rows, 5))
    names = [name for name in table.column_names if name not in ("duration", "y")]
    quick = {"target": "y", "row_key": None, "folds": 2}
    with_duration, _ = train(table, "with", algorithms=["linear"], **quick)
    without, _ = train(table, "without", algorithms=["lightgbm"], features=names, **quick)
    value = {
        name: said[-1]["result"]["metrics"]["roc_auc"]["value"]
        for name, said in (("with", with_duration), ("without", without))
    }
    assert value["with"] > 0.9
    assert value["without"] == pytest.approx(0.80, abs=0.04)
