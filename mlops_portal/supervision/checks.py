"""Whether a program answers already."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

from mlops_portal.supervision.supervisor import Check

_ANSWER_WITHIN_SECONDS = 2.0
_Connecting = Coroutine[None, None, tuple[asyncio.StreamReader, asyncio.StreamWriter]]


def answers_http(port: int, path: str) -> Check:
    """Any answer of an HTTP server on this machine's loopback but a server error."""
    return lambda: _asked(asyncio.open_connection("127.0.0.1", port), path)


def answers_http_on(socket: Path, path: str) -> Check:
    """The same on a Unix socket."""
    return lambda: _asked(asyncio.open_unix_connection(socket), path)


async def _asked(connecting: _Connecting, path: str) -> bool:
    try:
        async with asyncio.timeout(_ANSWER_WITHIN_SECONDS):
            reader, writer = await connecting
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
                status = (await reader.readline()).split()
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return False
    return len(status) > 1 and status[1] < b"500"
