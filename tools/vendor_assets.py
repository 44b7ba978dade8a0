"""Fetch the browser's assets from npm into static/vendor and pin them in static/vendor.lock.json.

python tools/vendor_assets.py            fetch what the lock names, refuse anything else
python tools/vendor_assets.py --update   fetch and write the lock anew (after changing PACKAGES)
python tools/vendor_assets.py --check    no network: do the files on disk match the lock?
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
LOCK = STATIC / "vendor.lock.json"
REGISTRY = "https://registry.npmjs.org"
# whitenoise's manifest storage follows these comments and fails when the map is not there.
SOURCE_MAP = re.compile(rb"(/\*|//)[#@] sourceMappingURL=[^\n*]*(\*/)?")


@dataclass(frozen=True, slots=True)
class Package:
    """What is taken from one npm package; the version of plotly.js is the one plotly.py names."""

    name: str
    version: str
    files: dict[str, str]


PACKAGES = (
    Package(
        "@tabler/core",
        "1.6.1",
        {
            "dist/css/tabler.min.css": "vendor/tabler.min.css",
            "dist/js/tabler.min.js": "vendor/tabler.min.js",
        },
    ),
    Package(
        "plotly.js-cartesian-dist-min",
        "4.1.1",
        {
            "plotly-cartesian.min.js": "vendor/plotly-cartesian.min.js",
            "LICENSE": "vendor/LICENSES/plotly.js.txt",
        },
    ),
    Package(
        "plotly.js",
        "4.1.1",
        {
            "dist/plotly.css": "vendor/plotly.css",
            "dist/plotly-locale-de.js": "vendor/plotly-locale-de.js",
        },
    ),
    Package("@tabler/icons", "3.51.0", {"LICENSE": "vendor/LICENSES/tabler-icons.txt"}),
)

ICON_NAMES = (
    "activity alert-circle alert-octagon alert-triangle api archive arrow-back-up arrow-down "
    "arrow-left arrow-right arrow-up arrows-left-right ban bell bolt box brain bug calendar "
    "calendar-time certificate chart-dots chart-histogram chart-line check checklist chevron-down "
    "chevron-left chevron-right circle circle-check circle-dashed circle-dot circle-x clipboard "
    "clipboard-check clock cloud-upload code columns copy cpu database device-desktop dots "
    "download droplet external-link eye eye-off file-text filter filter-off fingerprint flag flask "
    "folder folders gauge git-branch git-commit git-compare git-merge hand-stop heartbeat help "
    "history home hourglass id-badge inbox info-circle key keyboard language layers-linked link "
    "list-check list-details loader lock lock-open login logout mail menu-2 message minus moon "
    "packages pencil player-pause player-play player-skip-forward player-stop plus point "
    "progress-check refresh report robot rocket rotate rotate-clockwise route scale search send "
    "server settings shield shield-check shield-lock sitemap sort-ascending sort-descending "
    "square-check stack-2 sun table tag target thumb-down thumb-up timeline topology-star-3 trash "
    "trending-down trending-up upload user user-check user-question users variable versions "
    "volume-off wand webhook world x zoom-question"
)


def fetch(package: Package) -> bytes:
    bare = package.name.rsplit("/", 1)[-1]
    answer = httpx.get(
        f"{REGISTRY}/{package.name}/-/{bare}-{package.version}.tgz",
        follow_redirects=True,
        timeout=120,
    )
    answer.raise_for_status()
    return answer.content


def member(archive: tarfile.TarFile, path: str) -> bytes:
    found = archive.extractfile(f"package/{path}")
    if found is None:
        raise FileNotFoundError(path)
    return found.read()


def taken(package: Package, tarball: bytes) -> dict[str, bytes]:
    """The files of this package by their place under static/, source map comments removed."""
    with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
        files = {
            target: SOURCE_MAP.sub(b"", member(archive, source)).rstrip() + b"\n"
            for source, target in package.files.items()
        }
        if package.name == "@tabler/icons":
            files["icons.svg"] = sprite(archive)
    return files


def sprite(archive: tarfile.TarFile) -> bytes:
    """One SVG of <symbol>s, so that a page asks for one file and icons follow the text's colour."""
    symbols = [symbol(archive, name) for name in ICON_NAMES.split()]
    body = "\n".join(symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'.encode()


def symbol(archive: tarfile.TarFile, name: str) -> str:
    drawing = member(archive, f"icons/outline/{name}.svg").decode()
    inner = re.search(r"<svg[^>]*>(.*)</svg>", drawing, re.DOTALL)
    if inner is None:
        raise ValueError(f"{name} is not a drawing")
    shapes = re.sub(r"\s*\n\s*", "", inner.group(1))
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def read_lock() -> dict[str, dict[str, dict[str, str]]]:
    lock: dict[str, dict[str, dict[str, str]]] = json.loads(LOCK.read_text())
    return lock


def vendor(*, update: bool) -> None:
    """Fetch every package; without `update` a tarball that the lock does not know is refused."""
    packages: dict[str, dict[str, str]] = {}
    files: dict[str, bytes] = {}
    for package in PACKAGES:
        tarball = fetch(package)
        packages[package.name] = {"version": package.version, "sha256": digest(tarball)}
        files |= taken(package, tarball)
    if not update and read_lock()["packages"] != packages:
        raise SystemExit("npm's tarballs differ from static/vendor.lock.json; nothing was written.")
    for path, content in files.items():
        target = STATIC / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    sums = {path: {"sha256": digest(content)} for path, content in sorted(files.items())}
    LOCK.write_text(json.dumps({"packages": packages, "files": sums}, indent=2) + "\n")


def differing() -> list[str]:
    """The files on disk that are missing or are not what the lock says."""
    return [
        path
        for path, entry in read_lock()["files"].items()
        if not (STATIC / path).is_file() or digest((STATIC / path).read_bytes()) != entry["sha256"]
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if not options.check:
        vendor(update=options.update)
    if wrong := differing():
        raise SystemExit("Not as locked: " + ", ".join(wrong))
    sys.stdout.write("static/vendor matches its lock.\n")


if __name__ == "__main__":
    main()
