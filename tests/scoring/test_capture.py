import json
import os
import threading
import time
from datetime import datetime

import pytest

from scoring import segments
from scoring.identifiers import generator
from tests.scoring.servers import CAPTURE_KEY, ScoringServer

FAST = {"mode": "fast", "seal_seconds": 60}


def sealed(server):
    return sorted((server.state_dir / "spool").rglob("*.jsonl"))


def captured(server):
    return [r for path in sealed(server) for r in segments.read(path, CAPTURE_KEY).records()]


def ask(server, record, **headers):
    return server.post("/invocations", {"dataframe_records": [record]}, **headers)


def test_a_record_says_what_was_asked_answered_and_by_whom(tmp_path, binary, record):
    with ScoringServer(tmp_path / "state", capture=FAST) as server:
        server.go_live(binary, version="7", deployment="blue")
        _, _, answer = ask(server, record, x_request_id="order-1")
    (found,) = captured(server)
    assert found["id"] == answer["id"]
    assert found["correlationid"] == "order-1"
    assert (found["specversion"], found["type"]) == ("1.0", "mlops.inference")
    assert (found["model"], found["model_version"], found["deployment"]) == ("risk", "7", "blue")
    assert found["digest"] == binary.digest
    assert len(found["ticket"]) == 16
    assert found["data"]["inputs"] == record
    assert found["data"]["outputs"] == {
        "prediction": answer["predictions"][0],
        "probabilities": answer["probabilities"][0],
    }
    assert datetime.fromisoformat(found["time"]).tzinfo is not None
    assert found["latency_ms"] > 0


def test_each_row_of_a_request_is_a_record(tmp_path, binary, record):
    with ScoringServer(tmp_path / "state", capture=FAST) as server:
        server.go_live(binary)
        server.post("/invocations", {"dataframe_records": [record, record, record]})
    found = captured(server)
    assert [one["row"] for one in found] == [0, 1, 2]
    assert len({one["id"] for one in found}) == 3
    assert len({one["correlationid"] for one in found}) == 1


def test_refused_requests_leave_no_record(tmp_path, binary, record):
    with ScoringServer(tmp_path / "state", capture=FAST) as server:
        server.go_live(binary)
        ask(server, {**record, "age": "x"})
    assert captured(server) == []


def test_segments_lie_by_endpoint_deployment_and_hour(tmp_path, binary, record):
    with ScoringServer(tmp_path / "state", capture={"mode": "fast", "seal_seconds": 0.2}) as server:
        server.go_live(binary, deployment="blue")
        ask(server, record)
        end = time.monotonic() + 5
        while not sealed(server) and time.monotonic() < end:
            time.sleep(0.05)
        (path,) = sealed(server)
    parts = path.relative_to(server.state_dir / "spool").parts
    assert parts[:2] == ("credit", "blue")
    assert [len(part) for part in parts[2:6]] == [4, 2, 2, 2]


def hammer(server, record, seconds):
    """Ids of the answers that clients got until the server was killed."""
    answered, stop = [], threading.Event()

    def client():
        while not stop.is_set():
            try:
                status, _, answer = ask(server, record)
            except OSError:
                return
            if status == 200:
                answered.append((time.monotonic(), answer["id"]))

    threads = [threading.Thread(target=client) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    killed = time.monotonic()
    stop.set()
    for thread in threads:
        thread.join()
    return answered, killed


def test_a_kill_loses_less_than_a_second_and_the_loss_is_counted(tmp_path, binary, record):
    server = ScoringServer(tmp_path / "state", capture=FAST)
    server.start()
    server.go_live(binary)
    answered, killed = hammer(server, record, 1.5)
    server.log.close()
    server.start()
    lost = server.command("status")["lost"]
    server.stop()
    kept = {one["id"] for one in captured(server)}
    missing = [(moment, name) for moment, name in answered if name not in kept]
    assert len(kept) > 50
    assert all(killed - moment < 1 for moment, _ in missing)
    assert lost >= len(missing)
    assert lost - len(missing) <= 4
    assert not list((tmp_path / "state" / "spool").rglob("*.open"))


def test_durable_mode_loses_nothing_that_was_answered(tmp_path, binary, record):
    server = ScoringServer(tmp_path / "state", capture={"mode": "durable"})
    server.start()
    server.go_live(binary)
    answered, _ = hammer(server, record, 1.0)
    server.log.close()
    with server:
        pass
    kept = [one["id"] for one in captured(server)]
    assert {name for _, name in answered} <= set(kept)
    assert len(kept) == len(set(kept))
    assert len(answered) > 20


@pytest.mark.parametrize(("policy", "status"), [("block", 503), ("drop", 200)])
def test_a_full_spool_blocks_or_drops_and_counts(tmp_path, binary, record, policy, status):
    capture = {"mode": "fast", "cap_bytes": 2000, "when_full": policy}
    with ScoringServer(tmp_path / "state", capture=capture) as server:
        server.go_live(binary)
        for _ in range(5):
            ask(server, record)
        time.sleep(0.5)
        assert ask(server, record)[0] == status
        dropped = server.command("status")["dropped"]
    assert dropped == (1 if policy == "drop" else 0)


def test_a_torn_last_line_is_cut_and_counted(tmp_path):
    path = tmp_path / "e" / "d" / "x.open"
    path.parent.mkdir(parents=True)
    path.write_bytes(b'{"id":1}\n{"id":2}\n{"id":')
    segments.recover(path, tmp_path, CAPTURE_KEY, answered=5)
    segment = segments.read(path.with_suffix(".jsonl"), CAPTURE_KEY)
    assert (segment.rows, segment.torn, segment.lost) == (2, 1, 3)
    assert [one["id"] for one in segment.records()] == [1, 2]


@pytest.fixture
def segment(tmp_path):
    opened = segments.OpenSegment(tmp_path, "e/d/x", CAPTURE_KEY)
    opened.append(b'{"id":1}\n', 1)
    opened.append(b'{"id":2}\n', 1)
    return opened.seal()


def test_every_changed_byte_of_a_segment_is_noticed(segment):
    content = segment.read_bytes()
    for position in range(len(content)):
        changed = bytearray(content)
        changed[position] ^= 1
        segment.write_bytes(changed)
        with pytest.raises(segments.SegmentRefused):
            segments.read(segment, CAPTURE_KEY)


def test_a_cut_moved_or_foreign_segment_is_refused(segment, tmp_path):
    with pytest.raises(segments.SegmentRefused, match="another key"):
        segments.read(segment, b"other")
    moved = segment.with_name("y.jsonl")
    os.link(segment, moved)
    with pytest.raises(segments.SegmentRefused, match="another place"):
        segments.read(moved, CAPTURE_KEY)
    segment.write_bytes(segment.read_bytes().split(b"\n", 1)[1])
    with pytest.raises(segments.SegmentRefused, match="changed"):
        segments.read(segment, CAPTURE_KEY)
    segment.write_bytes(json.dumps({"id": 1}).encode() + b"\n")
    with pytest.raises(segments.SegmentRefused, match="not sealed"):
        segments.read(segment, CAPTURE_KEY)


def test_identifiers_are_version_7_and_never_go_back():
    stopped = generator(clock=lambda: 1_700_000_000_000_000_000)
    made = [stopped() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {(one[14], one[19] in "89ab", len(one)) for one in made} == {("7", True, 36)}
