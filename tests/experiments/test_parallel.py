"""Parallel coordinates: an axis where runs differ, a line for each, gaps where a run has no value."""

import itertools

import pytest
from django.urls import reverse

from apps.core.numbers import NOTHING
from apps.experiments import parallel
from tests.experiments.test_pages import REPORT, finished, signed_in  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.services]


@pytest.fixture
def runs(experiment, version):
    first, second, third = finished(experiment, version, 3)
    second.settings = {**second.settings, "folds": 9}
    second.report = {**REPORT, "metrics": {"roc_auc": {"value": 0.9, "interval": None}}}
    third.report = {**REPORT, "algorithm": "lightgbm", "parameters": {"num_leaves": 24}}
    for run in (second, third):
        run.save()
    return [first, second, third]


def test_only_what_differs_has_an_axis_and_the_score_comes_last(runs):
    found = parallel.picture(runs)

    assert [axis.word for axis in found.axes] == [
        "Algorithm", "Cross-validation folds", "strength", "num_leaves", "ROC AUC",
    ]  # fmt: skip
    assert (found.axes[1].lowest, found.axes[1].highest) == ("3", "9")
    assert found.axes[0].levels == ("lightgbm", "linear")


def test_a_value_that_a_run_lacks_breaks_its_line(runs):
    lines = parallel.picture(runs).lines

    assert [line.at[2] for line in lines] == ["0.5000", "0.5000", ""]
    assert lines[2].path.count("M") == 2
    assert lines[2].cells[2] == NOTHING


def test_names_at_the_right_do_not_stand_over_each_other(runs):
    places = sorted(float(line.label_y) for line in parallel.picture(runs).lines)

    assert min(after - before for before, after in itertools.pairwise(places)) >= 15


def test_runs_that_differ_in_nothing_have_no_picture(experiment, version):
    assert parallel.picture(list(finished(experiment, version, 3))) is None
    assert parallel.picture([]) is None


def test_without_a_choice_all_measured_runs_are_lines_to_choose_from(signed_in, experiment, runs):  # noqa: F811
    page = signed_in.get(reverse("experiments:compare", args=[experiment.pk])).content.decode()

    assert page.count('class="run-line') == 3
    assert page.count('name="run" value="') == 3
    assert "js/compare.js" in page


def test_beside_each_other_every_part_names_its_run(signed_in, experiment, runs):  # noqa: F811
    chosen = {"run": [runs[0].pk, runs[1].pk]}
    page = signed_in.get(reverse("experiments:compare", args=[experiment.pk]), chosen).content.decode()

    assert page.count('class="run-line') == 2
    assert f'<td data-run="{runs[0].pk}"' in page
    assert f'data-run="{runs[2].pk}"' not in page


def test_an_experiment_without_two_scores_says_so(signed_in, experiment):  # noqa: F811
    page = signed_in.get(reverse("experiments:compare", args=[experiment.pk])).content.decode()

    assert "no two measured runs yet" in page
