"""
What a scoring server answers to anything at all, asked without a socket: quick enough to try much.

The model is a stand-in, since nothing here is about what it says.
"""

import asyncio
import json
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.application import Application
from scoring.capture import Capture
from scoring.configuration import CaptureSettings
from scoring.keys import KeyList
from scoring.models import Outputs
from scoring.rows import RowReader
from scoring.tickets import Ticket
from scoring.versions import Version, Versions
from tests.scoring import artifacts

SIGNATURE = artifacts.signature("binary")
RECORD = {"age": 0.5, "income": None, "balance": 3, "city": "Ulm", "plan": "basic"}
INVOCATIONS, INFER = "/invocations", "/v2/models/risk/infer"


class Transport:
    """Hands the body over, and keeps the answer."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __call__(self) -> bytes:
        return self._body

    def response_bytes(self, status, headers, body) -> None:
        self.status, self.headers, self.body = status, dict(headers), body


def stand_in():
    def predict(columns):
        rows = len(columns["age"])
        return Outputs(["yes"] * rows, np.full((rows, 2), 0.5, dtype=np.float32))

    reader = RowReader(SIGNATURE)
    return SimpleNamespace(
        digest="d" * 64, runtime="onnx", signature=SIGNATURE, reader=reader, predict=predict
    )


@pytest.fixture(scope="module")
def application(tmp_path_factory):
    configuration = SimpleNamespace(
        endpoint="credit", source="bank/risk", model="risk", require_key=False, portal_token="",
        max_rows=500, max_body_bytes=200_000,
    )  # fmt: skip
    capture = Capture(CaptureSettings(mode="off"), tmp_path_factory.mktemp("spool"), "credit", b"0" * 32)
    versions = Versions()
    ticket = Ticket("credit", "d" * 64, proposal="1", not_after=20_000_000_000, short_id="t")
    versions.add(Version(stand_in(), "3", "3", "blue", ticket))
    versions.set_weights({"d" * 64: 1})
    return Application(configuration, versions, KeyList(), capture)


def ask(application, path, body, **headers):
    """Status and decoded content."""
    if not isinstance(body, bytes):
        body = json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {"content-type": "application/json", "content-length": str(len(body)), **named}
    transport = Transport(body)
    asyncio.run(application.__rsgi__(SimpleNamespace(path=path, method="POST", headers=sent), transport))
    if transport.status >= 400:
        assert transport.headers["content-type"] == "application/problem+json"
    return transport.status, json.loads(transport.body)


def tensors(**changed):
    return [
        {"name": name, "shape": [1], "datatype": "FP32", "data": [value]} | changed
        for name, value in RECORD.items()
    ]


def test_the_stand_in_answers(application):
    assert ask(application, INVOCATIONS, {"dataframe_records": [RECORD]})[0] == 200
    assert ask(application, INFER, {"inputs": tensors()})[0] == 200


NAMES, VALUES = list(RECORD), list(RECORD.values())
BAD = {
    "a column twice": (
        INVOCATIONS,
        {"dataframe_split": {"columns": [*NAMES, "age"], "data": [[*VALUES, 1]]}},
        "“age” is there more than once",
    ),
    "a name that is no text": (
        INVOCATIONS,
        {"dataframe_split": {"columns": [["age"]], "data": [[1]]}},
        "must be texts",
    ),
    "infinity": (INVOCATIONS, {"instances": [{**RECORD, "age": float("inf")}]}, "“age” is too large"),
    "columns of different length": (
        INVOCATIONS,
        {"inputs": {"age": [1, 2], "city": ["Ulm"]}},
        "different numbers of rows",
    ),
    "no tensors": (INFER, {}, "must be a list of tensors"),
    "an empty list of tensors": (INFER, {"inputs": []}, "no rows"),
    "a tensor twice": (INFER, {"inputs": tensors() * 2}, "“age” is there more than once"),
    "a tensor without data": (INFER, {"inputs": [{"name": "age", "shape": [1]}]}, "“age” has no data"),
    "a wrong shape": (INFER, {"inputs": tensors(shape=[7])}, "has the shape [7]"),
    "parameters that are none": (INFER, {"inputs": tensors(parameters=[1])}, "“parameters” must be"),
    "outputs that are none": (INFER, {"inputs": tensors(), "outputs": 1}, "“outputs” must be a list"),
    "an unknown output": (INFER, {"inputs": tensors(), "outputs": [{"name": ["x"]}]}, "no such output"),
    "a missing tensor": (INFER, {"inputs": tensors()[1:]}, "“age” is missing"),
    "text in a number": (INFER, {"inputs": tensors(data=["much"])}, "“age” must be a number"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_answered_with_what_is_wrong(application, case):
    path, body, words = BAD[case]

    status, problem = ask(application, path, body)

    assert status == 400
    assert words in problem["detail"]


def test_a_missing_column_in_csv_is_named(application):
    status, problem = ask(application, INVOCATIONS, b"age,city\n1,Ulm\n", content_type="text/csv")

    assert (status, "“income” is missing" in problem["detail"]) == (400, True)


def test_a_header_that_stands_twice_in_csv_is_named(application):
    header, row = ",".join([*NAMES, "city"]), "1,2,3,Ulm,basic,Bonn"

    status, problem = ask(application, INVOCATIONS, f"{header}\n{row}\n".encode(), content_type="text/csv")

    assert (status, "“city” is there more than once" in problem["detail"]) == (400, True)


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.just("age"), st.just([1])
)
KEYS = st.sampled_from(
    [*NAMES, "dataframe_split", "dataframe_records", "instances", "inputs", "columns", "data", "outputs",
     "parameters", "name", "shape", "datatype", "binary_data_size", "id", "x"]
)  # fmt: skip
DOCUMENTS = st.recursive(
    CELLS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(path=st.sampled_from([INVOCATIONS, INFER]), document=DOCUMENTS)
def test_nothing_that_can_be_sent_is_a_fault_of_the_server(application, path, document):
    status, content = ask(application, path, document)

    assert status == 200 or (400 <= status < 500 and content["detail"]), content


@given(path=st.sampled_from([INVOCATIONS, INFER]), body=st.binary(max_size=60))
def test_nor_are_bytes_of_any_kind(application, path, body):
    for kind in ("application/json", "text/csv"):
        status, content = ask(application, path, body, content_type=kind)
        assert 400 <= status < 500, (body, content)


def test_what_nobody_foresaw_is_a_problem_document_and_quotes_nothing(application, caplog, monkeypatch):
    def broken(*_arguments):
        raise KeyError("canary")

    monkeypatch.setattr("scoring.bodies.decode_json", broken)

    status, problem = ask(application, INVOCATIONS, {"dataframe_records": [RECORD]})

    assert (status, problem["title"]) == (500, "Internal Server Error")
    assert "canary" not in problem["detail"] + caplog.text
    assert "KeyError" in caplog.text
