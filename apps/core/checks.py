"""What a production installation refuses to start with."""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

SHORTEST_SECRET = 50
_WEAK = {"", "guest", "postgres", "password", "changeme", "secret", "admin"}
_LOCAL_BROKERS = {"filesystem", "memory"}


@register(Tags.security)
def production(**kwargs: Any) -> list[CheckMessage]:
    """One error for each setting that is fit for a laptop alone; none outside production."""
    if not settings.PRODUCTION:
        return []
    return [
        Error(sentence, hint=hint, id=f"portal.E{number:03}")
        for number, (is_wrong, sentence, hint) in enumerate(_RULES, start=1)
        if is_wrong()
    ]


def _has_weak_secret() -> bool:
    secret = str(settings.SECRET_KEY)
    return len(secret) < SHORTEST_SECRET or len(set(secret)) < 8 or secret.startswith("django-insecure")


def _takes_any_host() -> bool:
    return not settings.ALLOWED_HOSTS or any(host.strip() in {"*", "."} for host in settings.ALLOWED_HOSTS)


def _has_sqlite() -> bool:
    return "sqlite" in settings.DATABASES["default"]["ENGINE"]


def _has_open_database() -> bool:
    database = settings.DATABASES["default"]
    return not _has_sqlite() and str(database.get("PASSWORD", "")) in _WEAK


def _has_local_broker() -> bool:
    return urlsplit(settings.BROKER_URL).scheme in _LOCAL_BROKERS


def _has_open_broker() -> bool:
    return not _has_local_broker() and (urlsplit(settings.BROKER_URL).password or "") in _WEAK


def _is_not_encrypted() -> bool:
    return urlsplit(settings.PORTAL_URL).scheme != "https"


_RULES: tuple[tuple[Callable[[], bool], str, str], ...] = (
    (
        lambda: bool(settings.DEBUG),
        "DEBUG shows the portal's insides to everybody.",
        "Leave DEBUG unset.",
    ),
    (
        _has_weak_secret,
        "SECRET_KEY is too short or not random: whoever guesses it signs in as anybody.",
        f"Set it to at least {SHORTEST_SECRET} random characters.",
    ),
    (
        _takes_any_host,
        "ALLOWED_HOSTS lets any name through.",
        "List the names that people use, for example mlops.example.org.",
    ),
    (
        _has_sqlite,
        "SQLite is for one machine and a small team, and cannot keep the event log from being changed.",
        "Set DATABASE_URL to a PostgreSQL.",
    ),
    (
        _has_open_database,
        "The database has no password, or one that everybody tries first.",
        "Give its user a password in DATABASE_URL.",
    ),
    (
        _has_local_broker,
        "A broker in a folder reaches one machine alone.",
        "Set BROKER_URL to a Redis or RabbitMQ.",
    ),
    (
        _has_open_broker,
        "The broker has no password, or one that everybody tries first.",
        "Give its user a password in BROKER_URL.",
    ),
    (
        lambda: bool(settings.DEMO),
        "DEMO makes people whose passwords are known.",
        "Leave DEMO unset.",
    ),
    (
        _is_not_encrypted,
        "PORTAL_URL is not https: sessions and tokens would travel in the open.",
        "Put a proxy with a certificate in front and set PORTAL_URL to its https address.",
    ),
)


def refusals() -> Iterator[str]:
    """What a server that is about to start should say before it does not."""
    for error in production():
        yield f"{error.msg} {error.hint}"
