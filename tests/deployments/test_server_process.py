"""How long a scoring server may be silent."""

from types import SimpleNamespace

import pytest

from apps.deployments import server_process
from apps.deployments.server_process import ServerProcess

ENDPOINT = SimpleNamespace(name="credit", port=8100, capture="fast", require_key=False, restart_token=0)


@pytest.fixture
def clock(monkeypatch):
    """A clock that stands still, and processes that do nothing and never end."""
    now = SimpleNamespace(at=1000.0)
    process = SimpleNamespace(poll=lambda: None, wait=lambda _seconds: 0)
    monkeypatch.setattr(server_process.time, "monotonic", lambda: now.at)
    monkeypatch.setattr(server_process, "write_configuration", lambda _endpoint: None)
    monkeypatch.setattr(server_process, "_spawn", lambda *_arguments: process)
    monkeypatch.setattr(server_process.control, "call", lambda *_arguments: {})
    return now


@pytest.fixture
def server(clock):
    made = ServerProcess("credit")
    made.ensure(ENDPOINT)
    yield made
    made.kill()


def test_a_server_that_starts_slowly_is_given_time(clock, server):
    clock.at += server_process.SILENT_TOO_LONG_SECONDS + 1

    server.ensure(ENDPOINT)

    assert (server.runs, server.starts) == (True, 1)


def test_one_that_never_says_a_word_is_started_again(clock, server):
    clock.at += server_process.FIRST_WORD_WITHIN_SECONDS + 1

    server.ensure(ENDPOINT)

    assert (server.runs, server.starts) == (True, 2)


def test_one_that_fell_silent_is_started_again_soon(clock, server):
    clock.at += 1
    server.call("status")
    clock.at += server_process.SILENT_TOO_LONG_SECONDS + 1

    server.ensure(ENDPOINT)

    assert (server.runs, server.starts) == (True, 2)
