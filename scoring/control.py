"""Talks to a running server over its control socket. For the portal's keeper."""

import json
import socket
from pathlib import Path
from typing import Any


class ControlRefused(RuntimeError):
    """The server said no. The message is its sentence."""


def call(socket_path: Path | str, request: dict[str, Any], timeout: float = 30.0) -> dict[str, Any]:
    """
    One request, one answer. `timeout`: seconds for the whole exchange's every step.

    Raises ControlRefused with the server's reason, OSError when it does not answer.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(str(socket_path))
        connection.sendall(json.dumps(request, ensure_ascii=False).encode() + b"\n")
        with connection.makefile("rb") as answers:
            line = answers.readline()
    if not line.endswith(b"\n"):
        raise ConnectionError("The scoring server closed its control socket without an answer.")
    answer: dict[str, Any] = json.loads(line)
    if "refused" in answer:
        raise ControlRefused(answer["refused"])
    return answer
