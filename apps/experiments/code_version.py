"""Which code trains: the commit of the checkout, or the release that the portal was installed from."""

import subprocess
from functools import cache
from pathlib import Path

from django.conf import settings

UNKNOWN = "unknown"
RELEASE_FILE = "RELEASE"
CHANGED = "+changed"


@cache
def commit() -> str:
    """
    The Git commit, with "+changed" where tracked files differ from it; else what the file RELEASE
    says; else "unknown".
    """
    folder = Path(settings.BASE_DIR)
    release = folder / RELEASE_FILE
    if release.is_file():
        return release.read_text(encoding="utf-8").strip()[:64] or UNKNOWN
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return UNKNOWN
    return head + (CHANGED if _git(folder, "status", "--porcelain", "--untracked-files=no") else "")


def _git(folder: Path, *arguments: str) -> str:
    """What Git says; nothing where there is no Git or no repository of the portal's own."""
    if not (folder / ".git").exists():
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - wherever this system has it
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
