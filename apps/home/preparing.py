"""Make an installation ready to start: tables, static files, permissions, the demo, the first link."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from apps.accounts import invitations
from apps.audit import checkpoints, sealing
from apps.core import declared
from apps.home import database_roles
from apps.projects import members


def prepare(say: Callable[[str], Any]) -> None:
    """Do what is needed, which may be nothing, and say what whoever started it should know."""
    if _has_migrations_to_run():
        say("Bringing the database up to date …")
        call_command("migrate", interactive=False, verbosity=0)
    _catch_up_with_the_log()
    members.derive_all_permissions()
    _collect_static_files(say)
    if settings.DEMO:
        for seed in declared.resolved("demo", "home.demo"):
            seed()
    database_roles.limit()
    if link := invitations.first_link():
        say(f"The first administrator's link, good once and for 24 hours:\n\n    {link}\n")


def _has_migrations_to_run() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _catch_up_with_the_log() -> None:
    """
    Seal and sign what was written before the last stop. The relay would, but it starts after this,
    and with an unsealed event of yesterday neither the demo nor the first link could be made.
    """
    while sealing.seal_pending():
        pass
    checkpoints.sign_when_due()


def _collect_static_files(say: Callable[[str], Any]) -> None:
    """
    Collecting hashes and compresses every file, so it is left out where none of them changed, and
    where an image has brought them and nobody may write.
    """
    if settings.STATIC_ROOT.is_dir() and not os.access(settings.STATIC_ROOT, os.W_OK):
        return
    stamp = settings.VAR_DIR / "run" / "static-files"
    digest = _static_digest()
    if settings.STATIC_ROOT.is_dir() and stamp.exists() and stamp.read_text() == digest:
        return
    say("Collecting the static files …")
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest)


def _static_digest() -> str:
    """Of names, sizes and times: reading thousands of files would take longer than collecting some."""
    digest = hashlib.sha256(str(settings.STATIC_ROOT).encode())
    for path in _static_files():
        found = path.stat()
        digest.update(f"{path} {found.st_size} {found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _static_files() -> Iterator[Path]:
    folders = [Path(folder) for folder in settings.STATICFILES_DIRS]
    folders += [Path(config.path) / "static" for config in apps.get_app_configs()]
    for folder in folders:
        yield from sorted(path for path in folder.rglob("*") if path.is_file())
