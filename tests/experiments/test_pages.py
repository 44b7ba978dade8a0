import pytest
from django.urls import reverse

from apps.experiments import runs
from apps.experiments.models import Experiment, TrainingRun
from apps.pipelines.models import State
from apps.projects.roles import Role
from tests.experiments.conftest import QUICK, loans
from tests.factories import TrainingRunFactory, member

pytestmark = [pytest.mark.django_db, pytest.mark.services]

REPORT = {
    "metric": "roc_auc",
    "metrics": {"roc_auc": {"value": 0.8, "interval": [0.75, 0.85]}},
    "naive": {"value": 0.5, "interval": [0.5, 0.5]},
    "gain": 0.6,
    "algorithm": "linear",
    "parameters": {"strength": 1.0},
    "findings": [{"code": "overfit", "sentence": "Overfitted: it falls."}],
}


@pytest.fixture
def signed_in(client, scientist):
    client.force_login(scientist)
    return client


def finished(experiment, version, count, **fields):
    for number in range(1, count + 1):
        run = TrainingRunFactory(
            experiment=experiment,
            dataset_version=version,
            number=number,
            artifact_digest="",
            settings=experiment.settings,
            report={**REPORT, **fields},
        )
        run.pipeline_run.state, run.pipeline_run.finished_at = State.SUCCEEDED, run.created_at
        run.pipeline_run.save()
    return experiment.runs.order_by("number")


def form_values(**more):
    return {
        "name": "By form",
        "model_name": "by-form",
        "target": "defaulted",
        "task": "auto",
        "algorithms": ["linear"],
        "trials_per_algorithm": 1,
        "folds": 3,
        "budget_minutes": 1,
        "seed": 0,
        "split_kind": "random",
        "share": 0.2,
        "outliers": "clip",
        **more,
    }


def test_the_form_offers_the_columns_of_the_newest_published_version(signed_in, version):
    page = signed_in.get(
        reverse("experiments:experiment_create"), {"dataset": version.dataset_id}
    ).content.decode()

    assert '<option value="defaulted">' in page
    assert 'name="features" value="income"' in page


def test_an_experiment_is_created_by_form_and_what_does_not_fit_is_said_beside_its_field(signed_in, version):
    url = reverse("experiments:experiment_create")
    wrong = signed_in.post(url, {"dataset": version.dataset_id, **form_values(target="signed")})
    assert wrong.status_code == 400
    assert "a point in time" in wrong.content.decode()

    signed_in.post(url, {"dataset": version.dataset_id, **form_values(protected=["sex"])})

    made = Experiment.objects.get()
    assert made.settings["protected"][0]["name"] == "sex"
    assert made.settings["recipe"]["outliers"] == "clip"
    assert not made.train_on_publish


def test_editing_by_form_keeps_what_only_programs_can_set(signed_in, experiment):
    Experiment.objects.update(settings={**experiment.settings, "max_rows": 123})

    signed_in.post(reverse("experiments:experiment_edit", args=[experiment.pk]), form_values(folds=7))

    experiment.refresh_from_db()
    assert (experiment.settings["max_rows"], experiment.settings["folds"]) == (123, 7)


def test_a_training_starts_by_button_and_a_double_click_is_told(signed_in, experiment, version):
    url = reverse("experiments:start", args=[experiment.pk])

    first = signed_in.post(url, {"dataset_version": version.pk})
    second = signed_in.post(url, {"dataset_version": version.pk})

    run = TrainingRun.objects.get()
    assert first.url == reverse("experiments:run_detail", args=[run.pk])
    assert second.status_code == 409


@pytest.mark.parametrize("count", [2, 30])
def test_lists_and_details_ask_the_database_as_often_however_much_there_is(
    signed_in, experiment, version, count, django_assert_max_num_queries
):
    all_runs = finished(experiment, version, count)
    with django_assert_max_num_queries(10):
        signed_in.get(reverse("experiments:experiment_list"))
    with django_assert_max_num_queries(20):
        signed_in.get(reverse("experiments:experiment_detail", args=[experiment.pk]))
    with django_assert_max_num_queries(20):
        signed_in.get(reverse("experiments:run_detail", args=[all_runs[0].pk]))


def test_the_leaderboard_says_metric_interval_and_fit_and_puts_the_best_first(signed_in, experiment, version):
    found = finished(experiment, version, 3)
    better = found[0]
    better.report = {
        **REPORT,
        "metrics": {"roc_auc": {"value": 0.95, "interval": [0.9, 0.99]}},
        "findings": [],
    }
    better.save()

    page = signed_in.get(reverse("experiments:experiment_detail", args=[experiment.pk]), {"sort": "-score"})

    assert [run.number for run in page.context["table"].records] == [1, 3, 2]
    text = page.content.decode()
    assert "0.95" in text
    assert "Overfitted" in text
    assert "Fits well" in text


def test_a_running_training_is_asked_again_and_a_final_one_is_not(signed_in, experiment, version, scientist):
    run = runs.start(experiment, dataset_version=version, by=scientist, cause=TrainingRun.Cause.BUTTON)
    url = reverse("experiments:run_live", args=[run.pk])
    assert signed_in.get(url).status_code == 200

    signed_in.post(reverse("experiments:cancel", args=[run.pk]))

    answer = signed_in.get(url)
    assert answer.status_code == 286
    assert answer.headers["HX-Refresh"] == "true"


def test_runs_are_compared_and_what_is_alike_can_be_hidden(signed_in, experiment, version):
    first, second = finished(experiment, version, 2)
    second.settings = {**second.settings, "folds": 9}
    second.save()
    url = reverse("experiments:compare", args=[experiment.pk])

    everything = signed_in.get(url, {"run": [first.pk, second.pk]}).context["groups"]
    differing = signed_in.get(url, {"run": [first.pk, second.pk], "only": "differences"}).context["groups"]

    assert len(everything) == 4
    assert [line.label for group in differing for line in group.lines] == ["Cross-validation folds"]


def test_names_from_data_are_shown_as_text(signed_in, publish, dataset):
    table = loans(120).rename_columns(
        ["<script>alert(1)</script>", "debt", "region", "sex", "signed", "loan", "defaulted"]
    )
    version = publish(table, dataset)

    page = signed_in.get(reverse("experiments:experiment_create"), {"dataset": version.dataset_id})

    assert b"<script>alert(1)" not in page.content


class TestByProgram:
    def test_an_experiment_is_created_changed_and_trained(self, signed_in, version):
        made = signed_in.post(
            "/api/v1/experiments/",
            {"dataset": version.dataset_id, "name": "A", "model_name": "a", "settings": QUICK},
            "application/json",
        )
        assert made.status_code == 201, made.json()
        url = f"/api/v1/experiments/{made.json()['id']}/"
        changed = signed_in.patch(url, {"settings": {**QUICK, "folds": 4}}, "application/json").json()
        assert (changed["name"], changed["settings"]["folds"]) == ("A", 4)

        run = signed_in.post(f"{url}runs/", {}, "application/json")

        assert run.status_code == 201
        assert run.json()["dataset_version"] == version.pk
        assert signed_in.get(f"/api/v1/runs/{run.json()['id']}/trials/").json() == []
        assert signed_in.post(f"{url}runs/", {}, "application/json").status_code == 409
        assert signed_in.post(f"/api/v1/runs/{run.json()['id']}/cancel/").json()["state"] == "cancelled"

    def test_bad_settings_are_a_sentence(self, signed_in, version):
        body = {"dataset": version.dataset_id, "name": "A", "model_name": "a", "settings": {"target": "gone"}}

        answer = signed_in.post("/api/v1/experiments/", body, "application/json")

        assert answer.status_code == 400
        assert "no column “gone”" in answer.json()["detail"]

    def test_a_viewer_may_read_and_not_start(self, client, experiment, project):
        client.force_login(member(project, Role.VIEWER))

        assert client.get(f"/api/v1/experiments/{experiment.pk}/").status_code == 200
        assert client.post(f"/api/v1/experiments/{experiment.pk}/runs/").status_code == 403
