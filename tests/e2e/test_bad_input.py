"""
What only a running portal shows of bad input; the rest of it is in tests/bad_input and
tests/scoring, where it is quick.
"""

import socket
import uuid
from urllib.parse import urlsplit

import pytest

from tests.e2e import stations
from tests.e2e.people import Person, eventually, sentence

pytestmark = [pytest.mark.whole, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def engineer(administrator, team) -> Person:
    return team["data_engineer"]


@pytest.fixture(scope="module")
def dataset(administrator, engineer) -> int:
    name = f"Bad input {uuid.uuid4().hex[:6]}"  # Other workers have theirs in the same portal.
    project = administrator.post("/projects/", {"name": name, "purpose": "To be refused."})["id"]
    administrator.post(f"/projects/{project}/members/", {"email": engineer.email, "role": "data_engineer"})
    return int(engineer.post("/datasets/", {"project": project, "name": "rows"})["id"])


def test_ten_gigabytes_are_refused_before_they_are_sent(engineer, dataset):
    """Only the head of the request goes out: the answer does not wait for the body."""
    where = urlsplit(engineer.url)
    head = (
        f"POST /api/v1/datasets/{dataset}/upload/ HTTP/1.1\r\nHost: {where.netloc}\r\n"
        f"Authorization: {engineer.api.headers['Authorization']}\r\n"
        "Content-Type: text/csv\r\nContent-Length: 10737418240\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((where.hostname, where.port), timeout=20) as connection:
        connection.sendall(head.encode() + b"a,b\n")
        answer = connection.recv(65_536).decode()

    assert answer.startswith("HTTP/1.1 413")
    assert "application/problem+json" in answer
    assert engineer.list("/uploads/", dataset=dataset) == []


def test_what_the_worker_cannot_read_is_refused_with_its_line(engineer, dataset):
    sent = engineer.api.post(
        f"/datasets/{dataset}/upload/", files={"file": ("rows.csv", b"a,b\n1,2\n1,2,3\n", "text/csv")}
    )
    address = f"/uploads/{sent.json()['id']}/"

    upload = eventually("the refusal", lambda: stations.finished(engineer.get(address), "reading"))

    assert (upload["state"], upload["version"]) == ("refused", None)
    assert "Line 3 has 3 fields" in upload["refusal"]
    assert engineer.list("/dataset-versions/", dataset=dataset) == []
    assert "Line 3 has 3 fields" in engineer.open(f"/datasets{address}")


def test_none_of_it_is_a_fault_of_the_portal(stack, engineer, dataset):
    """Refusals are answers: no log of the portal has a traceback."""
    image = {"file": ("rows.csv", b"\x89PNG\r\n\x1a\n", "text/csv")}
    assert sentence(engineer.api.post(f"/datasets/{dataset}/upload/", files=image), 415)
    json = {"Content-Type": "application/json"}
    assert sentence(engineer.api.post("/datasets/", content=b"[" * 100_000, headers=json), 400)
    assert engineer.page.get("/datasets/?q=%00").status_code == 400

    assert stack.faults() == []
