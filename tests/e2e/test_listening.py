"""What the running portal listens on, and what somebody who is nobody gets there."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.e2e.stack import Stack

pytestmark = [pytest.mark.whole, pytest.mark.timeout(300)]
ASKED = {
    "/": 302,
    "/projects/": 302,
    "/audit/export.jsonl": 302,
    "/api/v1/projects/": 401,
    "/api/v1/schema/": 401,
    "/mlflow/": 404,
    "/mlflow/api/2.0/mlflow/experiments/search": 401,
    "/mlflow/ajax-api/2.0/mlflow/runs/search": 401,
    "/media/": 404,
    "/static/../portal.sqlite3": 404,
}


def connections(stack: Stack, kind: str) -> Iterator[tuple[str, Any]]:
    """What each of the portal's processes has open, with its command line."""
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            command = " ".join(process.cmdline())
            for connection in process.net_connections(kind):
                yield command, connection


def test_every_port_is_on_loopback_and_belongs_to_the_pages_or_to_a_scoring_server(stack):
    listening = {
        (one.laddr.ip, one.laddr.port): command
        for command, one in connections(stack, "tcp")
        if one.status == psutil.CONN_LISTEN
    }

    assert {address for address, _port in listening} == {"127.0.0.1"}
    strangers = [command for command in listening.values() if not _is_known(command)]
    assert strangers == []
    assert any("mlops_portal.wsgi" in command for command in listening.values())


def _is_known(command: str) -> bool:
    return "mlops_portal.wsgi:application" in command or "-m scoring " in command


@pytest.mark.parametrize("path", ASKED)
def test_nobody_gets_anything_at_the_portals_own_port(stack, path):
    answer = httpx.get(stack.url + path, follow_redirects=False)

    assert answer.status_code == ASKED[path]
    assert answer.status_code != 302 or answer.headers["Location"].startswith("/accounts/login/")


def test_every_unix_socket_lies_where_its_owner_alone_may_enter(stack):
    paths = {one.laddr for _command, one in connections(stack, "unix") if one.laddr}

    assert str(stack.var / "run" / "mlflow" / "mlflow.sock") in paths
    # An abstract one has no folder: whoever is on the machine could use it.
    assert [path for path in paths if not path.startswith("/")] == []
    open_to_others = [path for path in paths if Path(path).parent.stat().st_mode & 0o077]
    assert open_to_others == []
