"""`python -m mlops_portal.supervision`: the whole portal on this machine, until Ctrl-C."""

import asyncio
import os
import socket
import sys

from mlops_portal.supervision import programs
from mlops_portal.supervision.installation import Installation
from mlops_portal.supervision.preparation import prepare
from mlops_portal.supervision.state import AlreadyRunning, Record, StateFile
from mlops_portal.supervision.supervisor import Supervisor, say


def main() -> int:
    os.umask(0o027)
    here = Installation.from_environment()
    os.chdir(here.base)
    if reason := here.why_not_here():
        return _refuse(reason)
    programs.make_folders(here)
    state = StateFile(here.run)
    try:
        record = state.take(here.address)
    except AlreadyRunning as running:
        return _refuse(str(running))
    try:
        return _run(here, state, record)
    finally:
        state.release()


def _run(here: Installation, state: StateFile, record: Record) -> int:
    if reason := _why_not_on(here.port):
        return _refuse(reason)
    state.write(record)
    try:
        code = prepare(here)
    except KeyboardInterrupt:
        return 130
    if code != 0:
        return _refuse("The portal could not be prepared; the lines above say why.")
    if here.sign_ins.exists():
        say("portal", f"Sign-ins of the demo: {os.path.relpath(here.sign_ins)}")
    say("portal", f"Logs: {os.path.relpath(here.logs)}/   Stop: Ctrl-C")
    asyncio.run(Supervisor(programs.all_of(here), logs=here.logs, state=state, record=record).run())
    return 0


def _why_not_on(port: int) -> str | None:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError as error:
            return (
                f"Port {port} cannot be used: {error.strerror}. "
                f"Choose another one: PORTAL_PORT={port + 1} make run"
            )
    return None


def _refuse(sentence: str) -> int:
    sys.stderr.write(sentence + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
