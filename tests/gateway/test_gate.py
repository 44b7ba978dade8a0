"""What passes the gate and what does not, asked of it directly; MLflow is stood in for."""

import json
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from django.utils import timezone

from apps.accounts import tokens
from apps.accounts.models import ApiToken
from apps.core.errors import Unavailable
from apps.gateway import views
from apps.gateway.models import TrackedExperiment, TrackedRun
from apps.gateway.operations import OPERATIONS, find
from apps.projects.roles import Role
from apps.tracking import server
from tests.factories import ProjectFactory, UserFactory, member

pytestmark = pytest.mark.django_db

RUN, OTHER_RUN, FOREIGN_RUN = "a" * 32, "b" * 32, "c" * 32
API = "/mlflow/api/2.0/mlflow/"
FILES = "/mlflow/api/2.0/mlflow-artifacts/artifacts/"


@pytest.fixture
def passed(monkeypatch):
    """What went on to MLflow: (method, path, query, body)."""
    seen = []

    def send(method, path, *, query="", headers=None, content=None):
        body = content if content is None or isinstance(content, bytes) else b"".join(content)
        seen.append((method, path, query, body))
        answer = {"run": {"info": {"run_id": "d" * 32}}, "experiment_id": "77"}
        return httpx.Response(200, json=answer, request=httpx.Request(method, "http://mlflow"))

    monkeypatch.setattr(server, "send", send)
    monkeypatch.setattr(server, "call", lambda *_, **__: None)
    return seen


@pytest.fixture
def scientist(project):
    return member(project, Role.DATA_SCIENTIST)


@pytest.fixture
def logged(project, scientist):
    """An experiment of the project with two people's runs, and one of another project."""
    mine = TrackedExperiment.objects.create(
        experiment_id="1", name=f"{project.slug}/x", project=project, created_by=scientist
    )
    TrackedRun.objects.create(run_id=RUN, experiment=mine, owner=scientist)
    TrackedRun.objects.create(run_id=OTHER_RUN, experiment=mine, owner=UserFactory())
    foreign = TrackedExperiment.objects.create(
        experiment_id="2", name="foreign/x", project=ProjectFactory(slug="foreign"), created_by=scientist
    )
    TrackedRun.objects.create(run_id=FOREIGN_RUN, experiment=foreign, owner=scientist)
    return mine


def token(person, scope="tracking", reference="", hours=1):
    return tokens.create(
        person,
        label="t",
        scope=scope,
        lifetime=timedelta(hours=hours),
        by=person,
        run_reference=reference,
    )


def headers(text):
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def ask(client, passed, logged, scientist):
    text = token(scientist)[1]

    def asked(method, path, body=None, *, by=None):
        content = {"data": json.dumps(body), "content_type": "application/json"} if body is not None else {}
        return client.generic(method, path, headers=headers(by or text), **content)

    return asked


def traversals():
    """Ways to write "one folder up", and more, that some server somewhere has fallen for."""
    dots = [
        "..",
        "%2e%2e",
        "%2E.",
        ".%2e",
        "%252e%252e",
        "..%00",
        "..;",
        "...",
        "%c0%ae%c0%ae",
        "\uff0e\uff0e",
    ]
    slashes = ["/", "%2f", "%5c", "%252f", "\\", "//"]
    return [f"{dot}{slash}" for dot in dots for slash in slashes]


@pytest.mark.parametrize("step", traversals())
@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_no_spelling_of_a_path_leaves_the_runs_own_folder(ask, passed, step, method):
    ask(method, f"{FILES}1/{RUN}/artifacts/{step}{step}{step}2/{FOREIGN_RUN}/artifacts/secret")
    ask(method, f"{FILES}1/{RUN}/{step}{step}2/{FOREIGN_RUN}/artifacts/secret")
    ask(method, f"{FILES}{step}etc/passwd")

    for _method, path, _query, _body in passed:
        assert path.startswith(f"/api/2.0/mlflow-artifacts/artifacts/1/{RUN}/artifacts/")
        assert "/../" not in path
        assert not path.endswith("/..")
        assert not any(
            bad in path.lower() for bad in ("%2e%2e", "%2f", "%5c", "%00", "%25", "..", "\\", "//")
        )


@pytest.mark.parametrize(
    "path", ["../../x", "/etc/passwd", "s3://bucket/x", "a/../../b", "%2e%2e/x", "..\\x"]
)
def test_a_listed_folder_is_the_runs_own(ask, passed, path):
    assert ask("GET", f"{API}artifacts/list?run_id={RUN}&path={quote(path)}").status_code == 403
    assert passed == []


def test_what_the_address_decodes_to_is_what_is_passed_on(ask, passed):
    ask("GET", f"{FILES}1/{RUN}/artifacts/a%20file.txt")

    assert passed[0][1].endswith("/artifacts/a%20file.txt")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "experiments/get?experiment_id=2", None),
        ("GET", "experiments/get?experiment_id=0", None),
        ("GET", "experiments/get?experiment_id=999", None),
        ("POST", "runs/create", {"experiment_id": "2"}),
        ("POST", "runs/search", {"experiment_ids": ["1", "2"]}),
        ("POST", "logged-models/search", {"experiment_ids": ["2"]}),
        ("GET", f"runs/get?run_id={FOREIGN_RUN}", None),
        ("GET", f"runs/get?run_id={RUN}&run_uuid={FOREIGN_RUN}", None),
        ("POST", "runs/log-metric", {"run_id": RUN, "run_uuid": FOREIGN_RUN, "key": "k", "value": 1}),
        ("GET", f"metrics/get-history-bulk-interval?run_ids={RUN}&run_ids={FOREIGN_RUN}", None),
        ("POST", "logged-models", {"experiment_id": "1", "source_run_id": FOREIGN_RUN}),
    ],
)
def test_what_belongs_to_another_project_is_not_there(ask, passed, method, path, body):
    assert ask(method, API + path, body).status_code == 404
    assert passed == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "experiments/get?experiment_id=2&experiment_id=1", None),
        ("GET", f"runs/get?runId={FOREIGN_RUN}&run_id={RUN}", None),
        ("POST", "runs/log-metric", {"run_uuid": RUN, "runId": FOREIGN_RUN, "key": "k", "value": 1}),
        ("POST", "runs/create", {"experiment_id": "1", "experimentId": "2"}),
    ],
)
def test_a_request_with_two_meanings_is_refused(ask, passed, method, path, body):
    assert ask(method, API + path, body).status_code == 400
    assert passed == []


def test_of_a_body_with_a_key_twice_what_was_judged_is_passed_on(client, passed, logged, scientist):
    client.generic(
        "POST",
        f"{API}runs/search",
        '{"experiment_ids": ["2"], "experiment_ids": ["1"]}',
        "application/json",
        headers=headers(token(scientist)[1]),
    )

    assert json.loads(passed[0][3]) == {"experiment_ids": ["1"]}


def test_nobody_writes_to_anothers_run_of_the_same_project(ask, passed):
    answer = ask("POST", f"{API}runs/log-metric", {"run_id": OTHER_RUN, "key": "k", "value": 1})

    assert answer.status_code == 403
    assert "belongs to" in answer.json()["message"]
    assert ask("GET", f"{API}runs/get?run_id={OTHER_RUN}").status_code == 200


def test_a_token_that_is_tied_to_a_run_writes_to_that_alone_and_sees_its_project_alone(
    ask, passed, project, scientist
):
    tied = token(scientist, reference=f"{project.slug}/run-7")[1]

    assert ask("POST", f"{API}runs/log-metric", {"run_id": RUN, "key": "k"}, by=tied).status_code == 403
    assert ask("POST", f"{API}runs/create", {"experiment_id": "2"}, by=tied).status_code == 404
    assert ask("POST", f"{API}runs/create", {"experiment_id": "1"}, by=tied).status_code == 200
    assert TrackedRun.objects.get(run_id="d" * 32).reference == f"{project.slug}/run-7"


def test_a_reading_token_reads_and_does_not_write_tied_to_a_run_or_not(ask, passed, project, scientist):
    for reference in ("", f"{project.slug}/run-7"):
        reading = token(scientist, "read", reference)[1]
        assert ask("GET", f"{API}runs/get?run_id={RUN}", by=reading).status_code == 200
        assert ask("POST", f"{API}runs/create", {"experiment_id": "1"}, by=reading).status_code == 403


def test_a_viewer_reads_and_does_not_write(ask, passed, project):
    viewer = token(member(project, Role.VIEWER))[1]

    assert ask("GET", f"{API}experiments/get?experiment_id=1", by=viewer).status_code == 200
    assert ask("POST", f"{API}runs/create", {"experiment_id": "1"}, by=viewer).status_code == 403


def test_a_wrong_an_expired_and_a_revoked_token_and_that_of_a_closed_account_get_nothing(
    ask, passed, scientist
):
    expired, revoked, closed = token(scientist), token(scientist), token(UserFactory(is_active=False))
    ApiToken.objects.filter(pk=expired[0].pk).update(expires_at=timezone.now())
    tokens.revoke(revoked[0], by=scientist)

    for text in ("wrong", expired[1], revoked[1], closed[1]):
        answer = ask("GET", f"{API}experiments/get?experiment_id=1", by=text)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert passed == []


def test_a_session_gives_nothing(client, passed, logged, scientist):
    client.force_login(scientist)

    assert client.get(f"{API}experiments/get?experiment_id=1").status_code == 401


def test_the_user_of_a_run_is_the_tokens_owner_whatever_the_client_says(ask, passed, scientist):
    body = {"experiment_id": "1", "user_id": "boss", "tags": [{"key": "mlflow.user", "value": "boss"}]}
    ask("POST", f"{API}runs/create", body)
    ask("POST", f"{API}runs/set-tag", {"run_id": RUN, "key": "mlflow.user", "value": "boss"})

    created, tagged = (json.loads(content) for *_rest, content in passed)
    assert created["user_id"] == scientist.email
    assert created["tags"] == [{"key": "mlflow.user", "value": scientist.email}]
    assert tagged["value"] == scientist.email
    assert TrackedRun.objects.get(run_id="d" * 32).owner == scientist


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("create", {"experiment_id": "1", "tags": [{"key": "portal.training_run", "value": "p/run-1"}]}),
        ("set-tag", {"run_id": RUN, "key": "portal.training_run", "value": "p/run-1"}),
        ("log-batch", {"run_id": RUN, "tags": [{"key": "portal.data_digest", "value": "x"}]}),
        ("delete-tag", {"run_id": RUN, "key": "mlflow.user"}),
    ],
)
def test_the_portals_own_tags_are_written_by_its_trainings_alone(ask, passed, verb, body):
    assert ask("POST", f"{API}runs/{verb}", body).status_code == 403
    assert passed == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "registered-models/create"),
        ("POST", "model-versions/create"),
        ("POST", "model-versions/transition-stage"),
        ("DELETE", "registered-models/alias"),
        ("POST", "runs/delete"),
        ("POST", "experiments/delete"),
        ("POST", "experiments/update"),
    ],
)
def test_governed_calls_are_refused_with_where_to_go(ask, passed, method, path):
    answer = ask(method, API + path, {})

    assert answer.status_code == 403
    assert "governed" in answer.json()["message"]
    assert passed == []


@pytest.mark.parametrize(
    "path",
    [
        "graphql",
        "ajax-api/2.0/mlflow/runs/search",
        "get-artifact",
        "model-versions/get-artifact",
        "",
        "api/2.0/mlflow/users/create",
        "api/3.0/mlflow/traces",
        "static-files/index.html",
    ],
)
def test_what_is_not_in_the_table_does_not_pass(ask, passed, path):
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        assert ask(method, f"/mlflow/{path}").status_code in (403, 404)
    assert passed == []


def test_bodies_that_are_no_json_objects_or_too_large_are_refused(
    ask, passed, client, scientist, monkeypatch
):
    auth = headers(token(scientist)[1])

    for content in ("[]", "{", "1", '"x"', "[" * 100_000):
        assert (
            client.generic("POST", f"{API}runs/search", content, "application/json", headers=auth).status_code
            == 400
        )
    monkeypatch.setattr(views, "MOST_JSON_BYTES", 100)
    large = json.dumps({"experiment_ids": ["1"], "filter": "x" * 200})
    assert (
        client.generic("POST", f"{API}runs/search", large, "application/json", headers=auth).status_code
        == 400
    )
    assert passed == []


def test_an_artifact_larger_than_the_gate_takes_is_refused(ask, passed, client, scientist, settings):
    settings.MLFLOW_MAX_BODY_BYTES = 10
    auth = headers(token(scientist)[1])

    answer = client.generic("PUT", f"{FILES}1/{RUN}/artifacts/x", b"0" * 11, headers=auth)

    assert answer.status_code == 400
    assert passed == []


def test_a_tracking_server_that_is_away_is_said_in_a_sentence(ask, monkeypatch):
    def away(*_, **__):
        raise Unavailable("The tracking server does not answer; try again shortly.")

    monkeypatch.setattr(server, "send", away)

    answer = ask("GET", f"{API}experiments/get?experiment_id=1")

    assert answer.status_code == 503
    assert "does not answer" in answer.json()["message"]


def test_a_list_of_experiments_holds_the_visible_ones(ask, monkeypatch, project, scientist):
    def send(method, path, **_):
        names = [f"{project.slug}/x", "foreign/x", "Default", "x"]
        return httpx.Response(200, json={"experiments": [{"name": name} for name in names]})

    monkeypatch.setattr(server, "send", send)

    found = ask("POST", f"{API}experiments/search", {"max_results": 10}).json()["experiments"]

    assert [one["name"] for one in found] == [f"{project.slug}/x"]


def test_every_operation_of_the_table_can_be_asked_for():
    samples = {
        r"(?P<model>m-[0-9a-f]{32})": "m-" + "0" * 32,
        r"(?P<path>[^?]+)": "1/x",
        r"\.": ".",
        "(?:health|version)": "health",
    }
    for operation in OPERATIONS:
        path = operation.pattern.pattern
        for pattern, sample in samples.items():
            path = path.replace(pattern, sample)
        assert find(operation.method, path), path
