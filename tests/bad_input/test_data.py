"""Files that are no table, tables that nothing can be learnt from, rows that no model takes."""

import json

import numpy as np
import pyarrow as pa
import pytest
from django.urls import reverse

from apps.datasets.models import DatasetVersion, Upload
from apps.deployments import asking
from apps.experiments.models import Experiment
from apps.projects.roles import Role
from tests.bad_input.conftest import sentence
from tests.factories import DeploymentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.services]

AT_ONCE = {
    "an image": (b"\x89PNG\r\n\x1a\n" + b"\0" * 64, 415, "images, audio and video are not accepted"),
    "an Excel file": (b"PK\x03\x04" + b"\0" * 30 + b"[Content_Types].xml", 415, "Save the sheet as CSV"),
    "a PDF document": (b"%PDF-1.7", 415, "looks like a PDF document"),
    "a pickle": (b"\x80\x04\x95" + b"\0" * 20, 415, "a Python pickle, which is never opened here"),
    "an empty file": (b"", 400, "The file is empty."),
}


@pytest.mark.parametrize("what", AT_ONCE)
def test_what_is_no_table_is_refused_at_once(what, engineer, dataset):
    content, status, words = AT_ONCE[what]

    for answer in (engineer.send(dataset, content), engineer.submit(dataset, content)):
        assert words in sentence(answer, status)

    assert not Upload.objects.exists()


def test_a_form_without_a_file_says_so(engineer, dataset):
    page = engineer.page.post(f"/datasets/{dataset.pk}/upload/")
    api = engineer.api.post(f"/api/v1/datasets/{dataset.pk}/upload/")

    assert "This field is required" in sentence(page, 400)
    assert "file: No file was submitted" in sentence(api, 400)


def test_ten_gigabytes_are_refused_before_the_body_is_read(engineer, dataset):
    announced = {"CONTENT_LENGTH": str(10 * 1024**3)}
    boundary = "multipart/form-data; boundary=x"
    page = engineer.page.generic("POST", f"/datasets/{dataset.pk}/upload/", b"", boundary, **announced)
    api = engineer.api.generic(
        "POST", f"/api/v1/datasets/{dataset.pk}/upload/", b"", content_type="text/csv", **announced
    )

    for answer in (page, api):
        assert "at most 2 GiB are accepted" in sentence(answer, 413).replace("\u202f", " ")
    assert not Upload.objects.exists()


def test_nobody_is_asked_to_sign_in_after_their_file_was_taken_in(client, dataset):
    """The body announces more than there is: who reads it fails."""
    address = f"/datasets/{dataset.pk}/upload/"
    answer = client.generic(
        "POST", address, b"", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(10 * 1024**2)
    )

    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={address}"
    assert not answer.wsgi_request._read_started


def test_a_document_that_memory_would_not_hold_is_refused_before_it_is_read(engineer):
    answer = engineer.api.generic(
        "POST", "/api/v1/datasets/", b"{}", content_type="application/json", CONTENT_LENGTH=str(10**9)
    )

    assert "at most 32 MiB are accepted" in sentence(answer, 413).replace("\u202f", " ")


WHEN_READ = {
    "one column": (b"a\n1\n2\n", "The file has one column only"),
    "two columns of one name": (b"a,b,a\n1,2,3\n", "stand more than once in the header: “a”"),
    "a line with too many fields": (b"a,b\n1,2\n1,2,3\n", "Line 3 has 3 fields, but the header has 2"),
}


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_read_is_refused_with_the_reason_and_leaves_nothing(engineer, dataset, work):
    for content, _words in WHEN_READ.values():
        assert engineer.send(dataset, content).status_code == 202

    work()

    for content, words in WHEN_READ.values():
        upload = Upload.objects.get(size=len(content))
        found = engineer.api.get(f"/api/v1/uploads/{upload.pk}/").json()
        assert (found["state"], found["version"]) == ("refused", None)
        assert words in found["refusal"]
        assert words in engineer.page.get(upload.get_absolute_url()).content.decode()
    assert not DatasetVersion.objects.exists()


def table(**columns):
    return pa.table({"age": np.arange(60), "target": ["no", "yes", "no"] * 20, **columns})


TARGETS = {
    "a target with one class": ({"target": ["yes"] * 60}, "target", "has the same value in every row"),
    "a target without a value": ({"target": pa.nulls(60, pa.string())}, "target", "“target” is missing"),
    "a target that is not there": ({}, "salary", "salary"),
}


@pytest.mark.parametrize("what", TARGETS)
def test_what_nobody_could_learn_is_refused_before_anything_is_trained(what, scientist, dataset, publish):
    columns, target, words = TARGETS[what]
    publish(table(**columns), dataset)
    design = {"dataset": dataset.pk, "name": "x", "model_name": "x"}
    form = {
        "target": target, "task": "auto", "algorithms": ["linear"], "trials_per_algorithm": 1, "folds": 3,
        "budget_minutes": 1, "seed": 0, "split_kind": "random", "share": 0.2, "outliers": "keep",
    }  # fmt: skip
    api = scientist.api.post("/api/v1/experiments/", design | {"settings": {"target": target}}, format="json")
    page = scientist.page.post(reverse("experiments:experiment_create"), design | form)

    assert words in sentence(api, 400)
    assert words in sentence(page, 400)
    assert not Experiment.objects.exists()


def test_a_table_with_the_target_alone_has_nothing_to_learn_from(scientist, dataset, publish):
    publish(table(), dataset)
    settings = {"target": "target", "row_key": ["age"]}
    design = {"dataset": dataset.pk, "name": "x", "model_name": "x", "settings": settings}

    answer = scientist.api.post("/api/v1/experiments/", design, format="json")

    assert "no column to learn from besides the target" in sentence(answer, 400)


REFUSED = "Row 1: “income” must be a number, not 'a lot'."


def test_rows_that_the_model_does_not_take_are_refused_with_the_servers_sentence(
    project, somebody, monkeypatch
):
    """Text in a number, a missing column and the like: what the scoring server says reaches the person."""
    person, live = somebody(Role.VIEWER), DeploymentFactory(endpoint__model__project=project, live=True)
    problem = json.dumps({"status": 400, "detail": REFUSED}).encode()
    monkeypatch.setattr(asking, "_post", lambda _endpoint, _body: (400, problem))

    answer = person.api.post(
        f"/api/v1/endpoints/{live.endpoint_id}/try-out/",
        {"records": [{"income": "a lot"}]},
        format="json",
    )

    assert REFUSED in sentence(answer, 400)
