import hashlib
import http.client
import json
import struct
import time

import numpy as np
import pytest

from scoring import segments
from scoring.inputs import columns_from_records
from scoring.skops_model import frame
from tests.scoring import artifacts
from tests.scoring.servers import CAPTURE_KEY, ScoringServer

RECORDS = json.loads(artifacts.rows(30, seed=5).to_json(orient="records"))


def expected_input():
    return frame(columns_from_records(RECORDS, artifacts.signature("binary")))


@pytest.mark.parametrize("name", ["binary", "multiclass", "regression", "kept_as_skops"])
def test_answers_are_the_fitted_pipelines(tmp_path, request, name):
    package = request.getfixturevalue(name)
    with ScoringServer(tmp_path / "state") as server:
        server.go_live(package)
        status, _, answer = server.post("/invocations", {"dataframe_records": RECORDS})
    data = expected_input()
    assert status == 200
    if name == "regression":
        assert np.allclose(answer["predictions"], package.pipeline.predict(data), atol=1e-4)
    else:
        given = [list(row.values()) for row in answer["probabilities"]]
        assert answer["predictions"] == package.pipeline.predict(data).tolist()
        assert np.allclose(given, package.pipeline.predict_proba(data), atol=1e-5)


def bodies(record):
    names, values = list(record), list(record.values())
    return {
        "split": {"dataframe_split": {"columns": names, "data": [values], "index": [0]}},
        "records": {"dataframe_records": [record]},
        "instances": {"instances": [record]},
        "instances_as_lists": {"instances": [values]},
        "inputs_by_column": {"inputs": {name: [value] for name, value in record.items()}},
        "inputs_as_scalars": {"inputs": record},
    }


@pytest.mark.parametrize("form", list(bodies({})))
def test_every_form_of_mlflows_bodies_gives_the_same_answer(live, record, form):
    _, _, plain = live.post("/invocations", {"dataframe_records": [record]})
    status, _, answer = live.post("/invocations", bodies(record)[form])
    assert (status, answer["predictions"]) == (200, plain["predictions"])
    assert answer["probabilities"] == plain["probabilities"]


def test_csv_is_scored_too(live, record):
    text = "plan,city,balance,income,age,extra\nbasic,Ulm,3,,0.5,x\nbasic,Ulm,3,NA,0.5,x\n"
    _, _, plain = live.post("/invocations", {"dataframe_records": [record]})
    status, _, answer = live.post("/invocations", text.encode(), content_type="text/csv; charset=utf-8")
    assert status == 200
    assert answer["probabilities"] == plain["probabilities"] * 2


def test_nan_as_python_writes_it_is_missing(live, record):
    body = json.dumps({"dataframe_records": [{**record, "income": float("nan")}]}).encode()
    _, _, plain = live.post("/invocations", {"dataframe_records": [record]})
    assert live.post("/invocations", body)[2]["probabilities"] == plain["probabilities"]


def test_an_unknown_category_is_answered(live, record):
    assert live.post("/invocations", {"dataframe_records": [{**record, "city": "Atlantis"}]})[0] == 200


BAD = {
    "missing column": (
        lambda r: {"dataframe_records": [{k: v for k, v in r.items() if k != "age"}]},
        400,
        "“age”",
    ),
    "text in a number": (
        lambda r: {"dataframe_records": [{**r, "age": "old"}]},
        400,
        "“age” must be a number",
    ),
    "nested value": (
        lambda r: {"dataframe_records": [{**r, "city": {"a": 1}}]},
        400,
        "“city” must be a text",
    ),
    "no rows": (lambda r: {"dataframe_records": []}, 400, "no rows"),
    "a row that is no object": (
        lambda r: {"dataframe_records": [1]},
        400,
        "Row 1 must be an object",
    ),
    "ragged table": (
        lambda r: {"dataframe_split": {"columns": ["age"], "data": [[1, 2]]}},
        400,
        "2 values for 1 columns",
    ),
    "split without columns": (lambda r: {"dataframe_split": {"data": [[1]]}}, 400, "“columns”"),
    "two formats": (lambda r: {"inputs": [], "instances": []}, 400, "exactly one"),
    "no format": (lambda r: {"rows": []}, 400, "exactly one"),
    "a list": (lambda r: [r], 400, "JSON object"),
    "too many rows": (lambda r: {"dataframe_records": [r] * 501}, 413, "At most 500 rows"),
    "broken JSON": (lambda r: b'{"inputs": [1,\n ?]}', 400, "line 2, column 2"),
    "not UTF-8": (lambda r: b'{"inputs": "\xff"}', 400, "UTF-8"),
    "lone surrogate": (lambda r: b'{"inputs": ["\\ud800"]}', 400, ""),
    "deep nesting": (lambda r: b"[" * 100_000, 400, ""),
    "huge body": (lambda r: b" " * 300_000, 413, "200000 bytes"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_answered_with_what_is_wrong(live, record, case):
    make, status, words = BAD[case]
    found, headers, problem = live.post("/invocations", make(record))
    assert (found, headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status
    assert words in problem["detail"]


@pytest.mark.parametrize(
    ("kind", "words"),
    [("image/png", "images, audio and video are not for this portal"), ("text/plain", "Send JSON")],
)
def test_other_content_is_refused_with_the_reason(live, kind, words):
    status, _, problem = live.post("/invocations", b"x", content_type=kind)
    assert status == 415
    assert words in problem["detail"]


def test_unknown_addresses_and_methods_are_refused(live):
    assert live.get("/nothing")[0] == 404
    assert live.get("/invocations")[0] == 405
    assert live.get("/v2/models/other")[0] == 404
    assert live.get("/v2/models/risk/versions/9")[0] == 404


def test_a_callers_id_comes_back_and_a_missing_one_is_made(live, record):
    body = {"dataframe_records": [record]}
    assert live.post("/invocations", body, x_request_id="order-7")[1]["x-request-id"] == "order-7"
    _, headers, answer = live.post("/invocations", body)
    assert headers["x-request-id"] == answer["id"]
    assert live.post("/invocations", body, x_request_id="a" * 200)[0] == 400


def tensors(record):
    return [
        {
            "name": name,
            "shape": [1, 1],
            "datatype": "BYTES" if name in artifacts.CATEGORIES else "FP64",
            "data": [value],
        }
        for name, value in record.items()
    ]


def test_the_open_inference_protocol_is_answered(live, record):
    _, _, plain = live.post("/invocations", {"dataframe_records": [record]})
    status, _, answer = live.post(
        "/v2/models/risk/versions/3/infer", {"id": "mine", "inputs": tensors(record)}
    )
    label, probabilities = answer["outputs"]
    assert status == 200
    assert (answer["id"], answer["model_version"]) == ("mine", "3")
    assert (label["datatype"], label["data"]) == ("BYTES", plain["predictions"])
    assert probabilities["data"] == list(plain["probabilities"][0].values())
    assert live.get("/v2/models/risk/ready")[0] == 200
    assert {one["name"] for one in live.get("/v2/models/risk")[2]["inputs"]} == set(record)


def test_binary_tensors_are_answered_in_binary(live, record):
    record = {**record, "income": 1.0}
    parts, data = [], b""
    for tensor in tensors(record):
        (value,) = tensor.pop("data")
        binary = (
            struct.pack("<d", value)
            if tensor["datatype"] == "FP64"
            else struct.pack("<I", len(value)) + value.encode()
        )
        parts.append({**tensor, "parameters": {"binary_data_size": len(binary)}})
        data += binary
    head = json.dumps(
        {
            "inputs": parts,
            "outputs": [{"name": "probabilities", "parameters": {"binary_data": True}}],
        }
    ).encode()
    status, headers, content = live.post(
        "/v2/models/risk/infer", head + data, inference_header_content_length=str(len(head))
    )
    length = int(headers["inference-header-content-length"])
    _, _, plain = live.post("/invocations", {"dataframe_records": [record]})
    assert status == 200
    assert json.loads(content[:length])["outputs"][0]["parameters"] == {"binary_data_size": 8}
    assert np.allclose(np.frombuffer(content[length:], "<f4"), list(plain["probabilities"][0].values()))


def test_prometheus_sees_requests_and_errors(live, record):
    live.post("/invocations", {"dataframe_records": [record]})
    live.post("/invocations", b"?")
    text = live.get("/metrics")[2].decode()
    assert 'scoring_requests_total{endpoint="credit",version="3"' in text
    assert 'scoring_errors_total{endpoint="credit",status="400"}' in text
    assert 'le="+Inf"' in text


def test_keys_are_checked_against_the_pushed_list(tmp_path, binary, record):
    body = {"dataframe_records": [record]}
    good, old = (hashlib.sha256(key).hexdigest() for key in (b"good", b"old"))
    with ScoringServer(tmp_path / "state", require_key=True) as server:
        server.go_live(binary)

        def ask(key):
            headers = {"authorization": f"Bearer {key}"} if key else {}
            return server.post("/invocations", body, **headers)[0]

        assert ask("good") == 503
        keys = [{"sha256": good, "expires": None}, {"sha256": old, "expires": time.time() - 1}]
        server.command("keys", keys=keys, valid_until=time.time() + 60)
        assert [ask("good"), ask("old"), ask("bad"), ask(None)] == [200, 403, 403, 401]
        server.command("keys", keys=[], valid_until=time.time() + 60)
        assert ask("good") == 403
        server.command("keys", keys=keys, valid_until=time.time() - 1)
        assert ask("good") == 503


def test_no_request_content_reaches_the_log(tmp_path, binary, record):
    with ScoringServer(tmp_path / "state") as server:
        server.go_live(binary)
        server.post("/invocations", {"dataframe_records": [{**record, "age": "canary-7"}]})
        server.post("/invocations", b"canary-8")
    assert "canary" not in (tmp_path / "state" / "server.log").read_text()


def test_a_port_that_is_taken_stops_the_start_with_the_reason(live, tmp_path):
    second = ScoringServer(tmp_path / "state")
    second.configuration["port"] = live.port
    second.port = live.port + 1
    with pytest.raises(RuntimeError, match=r"cannot serve: .*in use"):
        second.start()
    second.stop()


def send_in_chunks(server, chunks):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {"content-type": "application/json"}
    connection.request("POST", "/invocations", iter(chunks), headers, encode_chunked=True)
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


def test_a_body_of_unknown_length_is_read_and_limited(live, record):
    body = json.dumps({"dataframe_records": [record]}).encode()
    status, answer = send_in_chunks(live, [body[:20], body[20:]])
    assert (status, len(answer["predictions"])) == (200, 1)
    status, problem = send_in_chunks(live, [b" " * 60_000] * 4)
    assert (status, problem["detail"]) == (413, "The body may have 200000 bytes.")


def test_a_stop_answers_what_it_has_taken_and_seals_the_rest(tmp_path, binary, record):
    with ScoringServer(tmp_path / "state") as server:
        server.go_live(binary)
        for _ in range(20):
            server.post("/invocations", {"dataframe_records": [record]})
        server.stop()
        assert server.process.returncode == 0
    spool = tmp_path / "state" / "spool"
    (sealed,) = spool.rglob("*.jsonl")
    assert segments.read(sealed, CAPTURE_KEY).rows == 20
    assert not server.socket.exists()
