"""
The database that the pages are asked on, filled in a process of its own.

SQLite: kept under var/bench/ until the tables or what fills it change.
PostgreSQL, where DATABASE_URL names a server: a database beside that one, dropped afterwards.
"""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from tests.benchmarks.harness import PEERS, ROOT

SCALE = float(os.environ.get("BENCH_SCALE") or 1)
"""0.01 is a hundredth of everything."""
FOLDER = PEERS / f"pages-{SCALE:g}"
NAME = "mlops_bench_pages"


@contextlib.contextmanager
def filled() -> Iterator[dict[str, dict[str, object]]]:
    """Points the environment at the filled database; gives the arguments of pages that need certain objects."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="mlops_portal.settings", VAR_DIR=str(FOLDER), DEBUG="no", PRODUCTION="no"
    )
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        with _beside(given) as url:
            os.environ["DATABASE_URL"] = url
            FOLDER.mkdir(parents=True, exist_ok=True)
            yield _fill()
        return
    os.environ["DATABASE_URL"] = f"sqlite:///{FOLDER}/portal.sqlite3"
    if not _is_current():
        shutil.rmtree(FOLDER, ignore_errors=True)
        FOLDER.mkdir(parents=True)
        _fill()
        (FOLDER / "made-for").write_text(_fingerprint())
    yield _objects()


def _fill() -> dict[str, dict[str, object]]:
    print("Filling the database; this takes some minutes.", file=sys.stderr)
    subprocess.run([sys.executable, "-m", "tests.benchmarks.pages_filling"], cwd=ROOT, check=True)
    return _objects()


def _objects() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads((FOLDER / "objects.json").read_text())
    return found


def _is_current() -> bool:
    with contextlib.suppress(OSError):
        return (FOLDER / "made-for").read_text() == _fingerprint()
    return False


def _fingerprint() -> str:
    files = [*ROOT.glob("apps/*/migrations/*.py"), *Path(__file__).parent.glob("pages_[rsf]*.py")]
    content = b"".join(path.read_bytes() for path in sorted(files))
    return f"{SCALE} {hashlib.sha256(content).hexdigest()}"


@contextlib.contextmanager
def _beside(url: str) -> Iterator[str]:
    _execute(url, f"DROP DATABASE IF EXISTS {NAME}", f"CREATE DATABASE {NAME}")
    try:
        yield urlunsplit(urlsplit(url)._replace(path=f"/{NAME}"))
    finally:
        _execute(url, f"DROP DATABASE {NAME} WITH (FORCE)")


def _execute(url: str, *statements: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with contextlib.closing(connection), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
