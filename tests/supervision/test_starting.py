import asyncio
import dataclasses
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_portal.supervision import checks, programs
from mlops_portal.supervision.installation import LONGEST_SOCKET_PATH, Installation
from mlops_portal.supervision.preparation import prepare
from tests.supervision.toys import ROOT


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An installation of its own, whose `manage.py prepare` leaves a trace each time."""
    for name in ("PORTAL_PORT", "MLFLOW_URL", "MLFLOW_SOCKET", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VAR_DIR", str(tmp_path / "var"))
    (tmp_path / "manage.py").write_text(
        "import pathlib, sys\n"
        "var = pathlib.Path(__file__).parent / 'var'\n"
        "(var / 'portal.sqlite3').touch()\n"
        "with open(var / 'trace', 'a') as trace: trace.write(sys.argv[1] + ' ')\n"
        "sys.exit((var / 'broken').exists())\n"
    )
    here = dataclasses.replace(Installation.from_environment(), base=tmp_path)
    programs.make_folders(here)
    return here


def trace(here):
    return (here.var / "trace").read_text().split()


def start(tmp_path, **environment):
    return subprocess.run(
        [sys.executable, "-m", "mlops_portal.supervision"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "VAR_DIR": str(tmp_path / "var"), **environment},
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_a_port_that_is_taken_gives_a_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = start(tmp_path, PORTAL_PORT=str(port))
    assert ended.returncode == 1
    assert ended.stderr == (
        f"Port {port} cannot be used: Address already in use. "
        f"Choose another one: PORTAL_PORT={port + 1} make run\n"
    )


def test_a_path_too_long_for_a_socket_gives_a_sentence(tmp_path):
    ended = start(tmp_path, MLFLOW_SOCKET="/tmp/" + "x" * LONGEST_SOCKET_PATH)
    assert ended.returncode == 1
    assert "is too long for a Unix socket" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_preparing_is_skipped_when_nothing_changed(here):
    assert prepare(here) == 0
    assert prepare(here) == 0
    assert trace(here) == ["prepare"]


@pytest.mark.parametrize(
    "change",
    [
        lambda here: (
            (here.base / "apps" / "x").mkdir(parents=True) or (here.base / "apps" / "x" / "models.py").touch()
        ),
        lambda here: (here.var / "portal.sqlite3").unlink(),
        lambda here: (here.run / "prepared").unlink(),
    ],
    ids=["code", "no database", "no stamp"],
)
def test_preparing_happens_again_after_a_change(here, change):
    prepare(here)
    change(here)
    prepare(here)
    assert trace(here) == ["prepare", "prepare"]


def test_preparing_that_failed_is_tried_again(here):
    (here.var / "broken").touch()
    assert prepare(here) == 1
    (here.var / "broken").unlink()
    assert prepare(here) == 0
    assert prepare(here) == 0
    assert trace(here) == ["prepare", "prepare"]


def test_every_program_listens_on_loopback_or_on_a_guarded_socket(here):
    started = {program.name: list(program.argv) for program in programs.all_of(here)}
    assert list(started) == ["mlflow", "web", "relay", "worker-quick", "worker-long", "keeper"]
    assert started["web"][started["web"].index("--host") + 1] == "127.0.0.1"
    assert f"--uds '{here.mlflow.socket}'" in started["mlflow"]
    assert Path(here.mlflow.socket).parent.stat().st_mode & 0o777 == 0o700


def test_mlflow_is_not_started_where_another_one_is_named(here, monkeypatch):
    monkeypatch.setenv("MLFLOW_URL", "http://mlflow.internal:5000")
    assert "mlflow" not in {p.name for p in programs.all_of(Installation.from_environment())}


def test_becoming_a_program_that_there_is_not_names_those_that_there_are():
    ended = subprocess.run(
        [sys.executable, "-m", "mlops_portal.supervision.alone", "beat"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    assert "mlflow, web, relay, worker-quick, worker-long, keeper" in ended.stderr


@pytest.mark.parametrize(
    ("status", "ready"), [(b"200 OK", True), (b"302 Found", True), (b"500 Oh", False), (b"", False)]
)
def test_ready_is_what_answers_without_a_server_error(status, ready):
    async def answer(reader, writer):
        await reader.readline()
        writer.write(b"HTTP/1.1 " + status + b"\r\n\r\n" if status else b"")
        writer.close()
        await writer.wait_closed()

    async def ask():
        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            return await checks.answers_http(server.sockets[0].getsockname()[1], "/")()

    assert asyncio.run(ask()) is ready


def test_nothing_that_listens_is_not_ready(tmp_path):
    assert asyncio.run(checks.answers_http_on(tmp_path / "none.sock", "/")()) is False
