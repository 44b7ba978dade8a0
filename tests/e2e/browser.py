"""
The Chromium that the tests drive: the one that CHROMIUM names, the system's, or Playwright's own.

    python -m tests.e2e.browser     fetches Playwright's own where there is no other
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

NAMES = (
    "chromium-headless-shell",  # Chromium without the windows that nobody sees, which take half of its time.
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_installed(), args=["--no-sandbox"])
        yield browser
        browser.close()


def _installed() -> str | None:
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def _fetch() -> None:
    """Once: Playwright looks itself whether its own is there."""
    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return
    print("There is no Chromium here: Playwright fetches its own", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


if __name__ == "__main__" and _installed() is None:
    _fetch()
