"""The environment variables that set the portal up, read in one place, and what their URLs mean."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def flag(name: str, default: bool = False) -> bool:
    return text(name, "yes" if default else "no").lower() in {"1", "yes", "true", "on"}


def words(name: str, default: str = "") -> list[str]:
    return [word for word in text(name, default).replace(",", " ").split() if word]


def database(url: str) -> dict[str, Any]:
    """A Django database from `sqlite:///path` or `postgresql://user:password@host:port/name`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return _sqlite(url.removeprefix("sqlite:///"))
    return _postgresql(url)


def _sqlite(path: str) -> dict[str, Any]:
    return {
        "ENGINE": "apps.core.sqlite",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def _postgresql(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or query.pop("port", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 3,
            "options": "-c statement_timeout=15000 -c lock_timeout=5000"
            " -c idle_in_transaction_session_timeout=30000",
            **query,
        },
    }


def email(url: str) -> dict[str, Any]:
    """
    E-mail settings from `outbox:` (kept and shown in the portal) or
    `smtp[s]://user:password@host:port`.
    """
    if url.startswith("outbox:"):
        return {"EMAIL_BACKEND": "apps.notifications.outbox.OutboxBackend"}
    parts = urlsplit(url)
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if secure else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_TIMEOUT": 10,
    }


def secret(name: str, path: Path) -> str:
    """The secret of that name, or the content of the file: made at first start, its owner's alone."""
    if value := text(name):
        return value
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        return _made(path)


def _made(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(handle, "w") as file:
        value = os.urandom(48).hex()
        file.write(value)
    return value
