"""
What must be done once before the programs start: migrations, static files, the first start's
bootstrap. Skipped when nothing has changed since it last went well.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from mlops_portal.supervision.installation import Installation

# What preparing looks at: when none of it has changed, it would do nothing.
_SOURCES = (
    "manage.py",
    "requirements.txt",
    "constraints.txt",
    "mlops_portal/**/*.py",
    "apps/**/*.py",
    "static/**/*",
    "locale/**/*.po",
)
_SETTINGS = ("DATABASE_URL", "STORAGE_URL", "DEMO", "STATIC_ROOT", "VAR_DIR")


def prepare(here: Installation) -> int:
    """Run `manage.py prepare` unless its stamp says that nothing has changed; its exit code."""
    stamp = here.run / "prepared"
    fingerprint = _fingerprint(here)
    if stamp.exists() and stamp.read_text() == fingerprint and _still_there(here):
        return 0
    code = subprocess.call([here.python, str(here.base / "manage.py"), "prepare"])  # noqa: S603 - our own
    if code == 0:
        stamp.write_text(fingerprint)
    return code


def _still_there(here: Installation) -> bool:
    """Somebody who removes the database wants a new one."""
    return bool(os.environ.get("DATABASE_URL")) or (here.var / "portal.sqlite3").exists()


def _fingerprint(here: Installation) -> str:
    """Names, sizes and times instead of contents: thousands of files in some milliseconds."""
    digest = hashlib.sha256()
    for name in _SETTINGS:
        digest.update(f"{name}={os.environ.get(name, '')}\n".encode())
    for path in sorted(_files(here.base)):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(base: Path) -> Iterator[Path]:
    for pattern in _SOURCES:
        yield from (path for path in base.glob(pattern) if path.is_file())
