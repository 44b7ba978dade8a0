"""
Make an installation ready to start: tables, static files, permissions, the first link.

What did not change since the last start is not done again; a stamp in VAR_DIR says for which
files and which database it was done.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection

from apps.accounts import invitations
from apps.core import declared
from apps.projects import members

STAMPS = "stamps"


def prepare(say: Callable[[str], Any]) -> None:
    """Do what is needed and say what the person at the terminal should know."""
    _once("tables", _migrations_digest(), _migrate, say)
    _once("static", _static_digest(), _collect_static, say)
    if settings.DEMO:
        for seed in declared.resolved("demo", "home.demo"):
            seed()
    say(f"MLOps Portal: {settings.PORTAL_URL}")
    if link := invitations.first_link():
        say(f"First administrator (this link is good once, for 24 hours):\n  {link}")


def _once(name: str, digest: str, do: Callable[[], None], say: Callable[[str], Any]) -> None:
    stamp = settings.VAR_DIR / STAMPS / name
    if stamp.exists() and stamp.read_text() == digest:
        return
    say(f"Preparing the {name} …")
    do()
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)


def _migrate() -> None:
    call_command("migrate", interactive=False, verbosity=0)
    members.derive_all_permissions()


def _collect_static() -> None:
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)


def _migrations_digest() -> str:
    """Changes with the migrations, with the table of rights, and with the database that they are for."""
    folders = (Path(config.path) / "migrations" for config in apps.get_app_configs())
    files = (path for folder in folders for path in sorted(folder.glob("*.py")))
    where = connection.settings_dict
    names = [str(where[key]) for key in ("ENGINE", "HOST", "PORT", "NAME")]
    return _digest([*names, _identity()], [*files, Path(apps.get_app_config("projects").path) / "roles.py"])


def _identity() -> str:
    """Another file under the same name is another database: the old one was deleted, say."""
    path = Path(str(connection.settings_dict["NAME"]))
    return str(path.stat().st_ino) if connection.vendor == "sqlite" and path.exists() else ""


def _static_digest() -> str:
    return _digest([str(settings.STATIC_ROOT), str(settings.STATIC_ROOT.exists())], _static_files())


def _static_files() -> Iterator[Path]:
    folders = [Path(folder) for folder in settings.STATICFILES_DIRS]
    folders += [Path(config.path) / "static" for config in apps.get_app_configs()]
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.is_file())


def _digest(words: Iterable[str], files: Iterable[Path]) -> str:
    """Of names, sizes and times of the files: reading all of them would take seconds."""
    digest = hashlib.sha256("\n".join(words).encode())
    for path in files:
        found = path.stat()
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()
