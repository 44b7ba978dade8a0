"""A scoring server as a process: starts the parts, stops them in order."""

import asyncio
import json
import logging
import os
import signal
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

from scoring import configuration
from scoring.application import Application
from scoring.capture import Capture
from scoring.commands import Commands
from scoring.configuration import Configuration
from scoring.keys import KeyList
from scoring.versions import Versions

_SWEEP_SECONDS = 5
_LONGEST_COMMAND = 16 << 20
_log = logging.getLogger("scoring")


async def serve(settings: Configuration) -> None:
    """Runs until SIGTERM or SIGINT. Raises OSError when the port or the folder cannot be had."""
    _private(settings.state_dir)
    capture = Capture(settings.capture, settings.spool, settings.endpoint, settings.capture_key)
    versions, keys = Versions(), KeyList()
    application = Application(settings, versions, keys, capture)
    commands = Commands(settings, versions, keys, capture, application.scorer)
    _refuse_taken(settings.host, settings.port)
    capture.start()
    control = await _listen(settings.control_socket, commands)
    server = Server(
        application,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.RSGI,
        websockets=False,
        backlog=1024,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    sweep = asyncio.create_task(_sweep(application))
    _log.info("endpoint %s listens on %s:%d", settings.endpoint, settings.host, settings.port)
    try:
        await server.serve()
    finally:
        sweep.cancel()
        control.close()
        settings.control_socket.unlink(missing_ok=True)
        await asyncio.to_thread(capture.stop)
        _log.info("endpoint %s stopped", settings.endpoint)


def _private(folder: Path) -> None:
    """Captured rows and the control socket lie here: nobody else looks in."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)


def _refuse_taken(host: str, port: int) -> None:
    """granian would share the port with whoever holds it already."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


async def _listen(path: Path, commands: Commands) -> asyncio.AbstractServer:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.LimitOverrunError, ValueError):
            while _is_ours(writer) and (line := await reader.readline()):
                writer.write(json.dumps(await commands.run(line)).encode() + b"\n")
                await writer.drain()
        writer.close()

    path.unlink(missing_ok=True)
    server = await asyncio.start_unix_server(talk, path, limit=_LONGEST_COMMAND)
    path.chmod(0o600)
    return server


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """The same user or root, told by the kernel."""
    connection = writer.get_extra_info("socket")
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, user, _ = struct.unpack("3i", credentials)
    return user in (0, os.getuid())


async def _sweep(application: Application) -> None:
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        application.drop_slow_readers()


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m scoring CONFIG.json\n")
        return 2
    os.umask(0o077)
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    try:
        asyncio.run(serve(configuration.read(Path(arguments[0]))))
    except (OSError, ValueError, TypeError, KeyError) as problem:
        _log.error("cannot serve: %s", problem)
        return 1
    return 0
