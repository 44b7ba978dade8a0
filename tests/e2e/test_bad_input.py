"""Everything that people and programs get wrong: a clear sentence, and nothing lost or half made."""

import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e import stations
from tests.e2e.cases import generator
from tests.e2e.people import Person, errors_in, eventually, sentence
from tests.e2e.stations import Loop

pytestmark = [pytest.mark.timeout(400)]

GOOD = "a,b,target\n" + "".join(f"{n},{n % 7},{'yes' if n % 3 else 'no'}\n" for n in range(60))


@pytest.fixture(scope="module")
def live(team, administrator) -> Loop:
    """A project whose first model answers."""
    loop = stations.begin(generator(), team, administrator)
    version = stations.publish_data(loop)
    model = stations.register(loop, stations.train_by_publishing(loop, version))
    stations.approve(loop, stations.wait_for_proposal(loop, model))
    loop.endpoint = stations.wait_until_live(loop, model)
    return loop


@pytest.fixture(scope="module")
def scoring(live) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=live.endpoint["address"], timeout=30) as client:
        yield client


@pytest.fixture
def dataset(live) -> int:
    """An empty one of its own for each test."""
    number = len(live.data_engineer.list("/datasets/", project=live.project))
    created = live.data_engineer.post("/datasets/", {"project": live.project, "name": f"bad {number}"})
    return int(created["id"])


def send(person: Person, dataset: int, content: bytes, name: str = "rows.csv") -> httpx.Response:
    return person.api.post(f"/datasets/{dataset}/upload/", files={"file": (name, content, "text/csv")})


AT_ONCE = {
    "an image": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, 415, "image"),
    "an Excel file": (b"PK\x03\x04" + b"\0" * 30 + b"[Content_Types].xml", 415, "Excel"),
    "an empty file": (b"", 400, "empty"),
}


@pytest.mark.parametrize("what", AT_ONCE)
def test_what_is_no_table_is_refused_at_once(what, live, dataset):
    content, status, word = AT_ONCE[what]

    assert word in sentence(send(live.data_engineer, dataset, content), status)

    page = live.data_engineer.submit(
        f"/datasets/{dataset}/upload/", files={"file": ("rows.csv", content, "text/csv")}
    )
    assert page.status_code == status
    assert word in page.text
    assert live.data_engineer.list("/uploads/", dataset=dataset) == []


WHEN_READ = {
    "two columns of one name": (b"a,a,b\n1,2,3\n4,5,6\n", "a"),
    "a line with too many fields": (b"a,b\n1,2\n1,2,3\n", "Line 3"),
    "a header alone": (b"a,b,c\n", "row"),
}


@pytest.mark.parametrize("what", WHEN_READ)
def test_what_cannot_be_read_is_refused_with_the_reason(what, live, dataset):
    content, word = WHEN_READ[what]
    answer = send(live.data_engineer, dataset, content)
    assert answer.status_code == 202, answer.text
    address = f"/uploads/{answer.json()['id']}/"

    upload = eventually(
        "the refusal", lambda: stations.finished(live.data_engineer.get(address), "reading"), seconds=60
    )

    assert upload["state"] == "refused", upload
    assert word in upload["refusal"]
    assert upload["version"] is None
    assert live.data_engineer.list("/dataset-versions/", dataset=dataset) == []
    assert word in live.data_engineer.open(f"/datasets{address}")


def test_ten_gigabytes_are_refused_before_they_are_sent(live, dataset):
    """Only the head of the request goes out: the answer does not wait for the body."""
    where = urlsplit(live.data_engineer.url)
    head = (
        f"POST /api/v1/datasets/{dataset}/upload/ HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Authorization: {live.data_engineer.api.headers['Authorization']}\r\n"
        "Content-Type: text/csv\r\nContent-Length: 10737418240\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"a,b\n")
        answer = connection.recv(65_536).decode()

    assert answer.startswith("HTTP/1.1 413")
    assert "application/problem+json" in answer
    assert live.data_engineer.list("/uploads/", dataset=dataset) == []


def test_a_target_with_one_class_ends_the_training_with_a_sentence(live, dataset):
    one_class = GOOD.replace("no", "yes")
    stations.upload(live.data_engineer, dataset, "one.csv", one_class, publish=True)
    design = {"name": f"one class {dataset}", "model_name": "one-class", "settings": {"target": "target"}}
    experiment = live.data_scientist.post("/experiments/", {"dataset": dataset, **design})
    run = live.data_scientist.post(f"/experiments/{experiment['id']}/runs/")

    ended = eventually(
        "the end",
        lambda: stations.finished(
            live.data_scientist.get(f"/runs/{run['id']}/"), "pending", "queued", "running"
        ),
    )

    assert ended["state"] == "failed"
    assert "target" in ended["failure"]
    assert "Traceback" not in ended["failure"]
    assert ended["artifact_digest"] == ""


def test_a_column_that_is_not_there_cannot_be_the_target(live, dataset):
    stations.upload(live.data_engineer, dataset, "good.csv", GOOD, publish=True)
    design = {"dataset": dataset, "name": "no target", "model_name": "none", "settings": {"target": "salary"}}

    assert "salary" in live.data_scientist.is_refused(400, "/experiments/", design)


def row(live: Loop, **changed: Any) -> dict[str, Any]:
    return {**live.case.without_target(live.case.quiet[0]), **changed}


def ask(scoring: httpx.Client, *rows: dict[str, Any]) -> httpx.Response:
    return scoring.post("/invocations", json={"dataframe_records": list(rows)})


def refusal(answer: httpx.Response) -> str:
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    return str(answer.json()["detail"])


def test_a_missing_column_is_named(live, scoring):
    incomplete = row(live)
    del incomplete["income_monthly_eur"]

    assert "income_monthly_eur" in refusal(ask(scoring, incomplete))


def test_a_category_that_nobody_saw_is_answered(live, scoring):
    assert ask(scoring, row(live, channel="carrier pigeon")).status_code == 200


def test_a_missing_value_is_answered_where_training_had_some(live, scoring):
    assert ask(scoring, row(live, bureau_score=None)).status_code == 200


def test_text_in_a_number_is_named(live, scoring):
    assert "income_monthly_eur" in refusal(ask(scoring, row(live, income_monthly_eur="a lot")))


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"dataframe_records": []}', b"\xff\xfe"])
def test_what_is_no_request_is_refused_with_a_sentence(live, scoring, body):
    answer = scoring.post("/invocations", content=body, headers={"content-type": "application/json"})

    assert refusal(answer)


def test_a_wrong_token_is_refused(live):
    for header in ("Bearer mlp_wrong", "Bearer", "Token x"):
        answer = httpx.get(f"{live.viewer.url}/api/v1/me/", headers={"Authorization": header})
        assert sentence(answer, 401)


def test_a_wrong_role_is_told_so_and_a_stranger_finds_nothing(live, dataset):
    assert sentence(send(live.viewer, dataset, GOOD.encode()), 403)
    assert sentence(send(live.stranger, dataset, GOOD.encode()), 404)
    assert live.viewer.submit(f"/datasets/{dataset}/upload/").status_code == 403
    assert live.stranger.page.get(f"/datasets/{dataset}/").status_code == 404
    assert live.data_engineer.list("/uploads/", dataset=dataset) == []


def test_a_double_click_makes_one_version_and_says_so(live, dataset):
    version = stations.upload(live.data_engineer, dataset, "good.csv", GOOD, publish=False)
    again = sentence(send(live.data_engineer, dataset, GOOD.encode()), 409)
    assert "already" in again

    publish = f"/datasets/versions/{version['id']}/publish/"
    assert live.data_engineer.submit(publish).status_code == 200
    second = live.data_engineer.submit(publish)
    assert second.status_code == 409
    assert "already" in second.text
    found = live.data_engineer.list("/dataset-versions/", dataset=dataset)
    assert [one["status"] for one in found] == ["published"]


def test_an_old_form_that_is_sent_again_changes_nothing(live):
    """The back button, and Send once more: the decision was made."""
    proposal = next(one for one in live.approver.list("/approvals/") if one["status"] == "approved")
    form = {"reason": stations.REASON, "seen": proposal["digest"]}

    answer = live.approver.submit(f"/approvals/{proposal['id']}/approve/", form)

    assert answer.status_code == 409
    assert "already" in answer.text
    after = live.approver.get(f"/approvals/{proposal['id']}/")
    assert after["status"] == "approved"
    assert len(after["decisions"]) == len(proposal["decisions"])


def test_a_form_without_the_token_against_forgery_is_refused(live):
    answer = live.viewer.page.post("/people/me/tokens/", data={"label": "x", "scope": "read", "days": "7"})

    assert answer.status_code == 403
    assert "no longer valid" in answer.text


def test_a_form_that_is_not_complete_says_what_is_missing(live):
    answer = live.administrator.submit("/projects/new/", {"name": "", "purpose": ""})

    assert answer.status_code == 400
    assert errors_in(answer.text)


def test_none_of_it_was_a_fault_of_the_portal(stack):
    assert stack.faults() == []
