import json
import os
import shutil
import stat
import threading
import time
from datetime import datetime
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scoring import manifest, tickets
from scoring.control import ControlRefused, call
from tests.scoring.servers import SIGNER, ScoringServer, ticket


@pytest.fixture
def server(tmp_path):
    with ScoringServer(tmp_path / "state") as running:
        yield running


def answers(server, record):
    return server.post("/invocations", {"dataframe_records": [record]})


def test_without_a_model_nothing_is_ready_and_clients_are_told_to_come_back(server, record):
    assert server.get("/v2/health/live")[0] == 200
    status, headers, _ = server.get("/v2/health/ready")
    assert (status, headers["retry-after"]) == (503, "5")
    assert answers(server, record)[0] == 503


def test_without_a_ticket_a_version_serves_the_control_socket_alone(server, binary, record):
    server.load(binary, ticket=None)
    with pytest.raises(ControlRefused, match="no valid ticket"):
        server.command("weights", weights={binary.digest: 1})
    assert answers(server, record)[0] == 503
    outputs = server.command("predict", digest=binary.digest, records=[record])["outputs"]
    assert outputs[0]["prediction"] in ("no", "yes")
    assert server.command("status")["captured"] == 0


TICKETS = {
    "another endpoint": lambda digest: ticket(digest, endpoint="other"),
    "another package": lambda digest: ticket("0" * 64),
    "expired": lambda digest: ticket(digest, seconds=-1),
    "not signed by this portal": lambda digest: ticket(
        digest, signer=Ed25519PrivateKey.from_private_bytes(b"x" * 32)
    ),
    "form of a ticket": lambda digest: "no ticket",
    "signed": lambda digest: ticket(digest)[:5] + "A" + ticket(digest)[6:],
}


@pytest.mark.parametrize("case", list(TICKETS))
def test_a_ticket_that_is_not_for_this_is_refused(server, binary, case):
    words = {"another endpoint": "for the endpoint", "expired": "has expired"}.get(case, case)
    with pytest.raises(ControlRefused, match=words):
        server.load(binary, ticket=TICKETS[case](binary.digest))


def test_every_changed_character_of_a_ticket_is_noticed(server, binary):
    good = ticket(binary.digest)
    for position in range(0, len(good), 17):
        changed = good[:position] + ("B" if good[position] == "A" else "A") + good[position + 1 :]
        with pytest.raises(ControlRefused):
            server.load(binary, ticket=changed)


def test_a_ticket_that_runs_out_ends_the_traffic(server, binary, record):
    server.go_live(binary, seconds=2)
    assert answers(server, record)[0] == 200
    time.sleep(2.1)
    assert answers(server, record)[0] == 503
    server.load(binary)
    assert answers(server, record)[0] == 200


def tampered(package, folder, change):
    shutil.copytree(package.folder, folder)
    change(folder)
    return SimpleNamespace(digest=package.digest, folder=folder)


def _flip(folder):
    path = folder / "model.onnx"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _rewrite_manifest(folder):
    document = json.loads((folder / "manifest.json").read_text())
    document["files"]["model.onnx"]["size"] += 1
    (folder / "manifest.json").write_text(json.dumps(document))


def _link(folder):
    (folder / "model.onnx").rename(folder.parent / "elsewhere.onnx")
    (folder / "model.onnx").symlink_to(folder.parent / "elsewhere.onnx")


TAMPERING = {
    "was changed": _flip,
    "not the one with the digest": _rewrite_manifest,
    "not a regular file": _link,
    "does not name": lambda folder: (folder / "extra.py").write_text("1"),
    "lacks": lambda folder: (folder / "samples.json").unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
}


@pytest.mark.parametrize("words", list(TAMPERING))
def test_a_package_that_was_tampered_with_is_not_loaded(server, binary, tmp_path, words):
    with pytest.raises(ControlRefused, match=words):
        server.load(tampered(binary, tmp_path / "package", TAMPERING[words]))
    assert server.command("status")["versions"] == {}


def test_a_model_that_answers_its_samples_differently_is_not_loaded(server, binary, tmp_path):
    shutil.copytree(binary.folder, tmp_path / "package")
    samples = json.loads((tmp_path / "package" / "samples.json").read_text())
    samples[3]["outputs"]["probabilities"]["yes"] += 0.01
    (tmp_path / "package" / "samples.json").write_text(json.dumps(samples))
    document = manifest.describe(tmp_path / "package", runtime="onnx")
    (tmp_path / "package" / "manifest.json").write_text(json.dumps(document))
    digest = manifest.manifest_digest(document)
    with pytest.raises(ControlRefused, match="Sample 4"):
        server.load(SimpleNamespace(digest=digest, folder=tmp_path / "package"))


def test_a_file_that_is_no_onnx_model_is_refused_in_a_sentence(server, binary, tmp_path):
    shutil.copytree(binary.folder, tmp_path / "package")
    (tmp_path / "package" / "model.onnx").write_bytes(b"nonsense")
    document = manifest.describe(tmp_path / "package", runtime="onnx")
    (tmp_path / "package" / "manifest.json").write_text(json.dumps(document))
    package = SimpleNamespace(digest=manifest.manifest_digest(document), folder=tmp_path / "package")
    with pytest.raises(ControlRefused, match=r"cannot read model\.onnx"):
        server.load(package)


def test_traffic_is_split_by_weight(server, binary, other_binary, record):
    server.load(binary, version="1")
    server.load(other_binary, version="2", deployment="green")
    server.command("weights", weights={binary.digest: 0.8, other_binary.digest: 0.2})
    for _ in range(200):
        answers(server, record)
    versions = server.command("status")["versions"]
    assert 15 <= versions[other_binary.digest]["requests"] <= 70
    assert versions[binary.digest]["p95_ms"] >= versions[binary.digest]["p50_ms"] > 0


def test_a_switch_under_load_fails_no_request(server, binary, other_binary, record):
    server.go_live(binary, version="1")
    statuses, stop = [], threading.Event()

    def ask():
        while not stop.is_set():
            statuses.append(answers(server, record)[0])

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for old, new in [(binary, other_binary), (other_binary, binary)] * 3:
        server.load(new, version="2")
        server.command("weights", weights={new.digest: 1})
        server.command("drain", digest=old.digest)
        server.command("unload", digest=old.digest)
    stop.set()
    for thread in threads:
        thread.join()
    assert len(statuses) > 20
    assert set(statuses) == {200}


def test_a_version_with_traffic_is_not_unloaded(server, binary):
    server.go_live(binary)
    with pytest.raises(ControlRefused, match="cannot be unloaded"):
        server.command("unload", digest=binary.digest)


@pytest.mark.parametrize(
    "request_", [{"do": "dance"}, {"do": "load"}, {}, {"do": "weights", "weights": {"x": 7}}, []]
)
def test_what_is_not_a_command_is_refused_in_a_sentence(server, request_):
    with pytest.raises(ControlRefused):
        call(server.socket, request_)


def test_a_deployments_name_cannot_leave_the_spool(server, binary):
    with pytest.raises(ControlRefused, match="cannot be called"):
        server.load(binary, deployment="../../etc")


def test_the_control_socket_is_private(server):
    assert stat.S_IMODE(os.stat(server.socket).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(server.state_dir).st_mode) == 0o700


def test_tickets_need_a_time_zone():
    naive = datetime(2030, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="time zone"):
        tickets.issue(SIGNER, endpoint="e", digest="d", proposal="1", not_after=naive)
