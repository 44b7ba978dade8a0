"""Where a scoring server's files lie on the machine that runs it."""

from pathlib import Path

from django.conf import settings


def folder(endpoint: str) -> Path:
    """The state folder of the endpoint of that name."""
    return Path(settings.RUN_DIR) / "scoring" / endpoint


def control_socket(endpoint: str) -> Path:
    return folder(endpoint) / "control.sock"


def spool(endpoint: str) -> Path:
    """Captured rows: `{deployment}/yyyy/MM/dd/HH/*.jsonl`, sealed with `keys.capture_key()`."""
    return folder(endpoint) / "spool"


def log(endpoint: str) -> Path:
    return folder(endpoint) / "server.log"


def package(digest: str) -> Path:
    return Path(settings.WORK_DIR) / "packages" / digest


def log_tail(endpoint: str, most_bytes: int = 16_384) -> str:
    """The end of the server's log; empty where there is none."""
    try:
        with log(endpoint).open("rb") as file:
            file.seek(0, 2)
            file.seek(max(file.tell() - most_bytes, 0))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
