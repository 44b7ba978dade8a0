"""The manifest of a package: its files' digests, and the one digest that stands for them all."""

import hashlib
import json
from pathlib import Path
from typing import Any

FORMAT = 1
NAME = "manifest.json"
_BLOCK = 1 << 20


class ManifestRefused(ValueError):
    """The folder does not hold what its digest says. The message is a sentence for people."""


def manifest_digest(manifest: dict[str, Any]) -> str:
    """SHA-256 in hexadecimal of the manifest's canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def describe(directory: Path, *, runtime: str) -> dict[str, Any]:
    """The manifest of the files that lie in `directory` now."""
    paths = sorted(path for path in directory.iterdir() if path.name != NAME)
    files = {path.name: {"sha256": _file_digest(path), "size": path.stat().st_size} for path in paths}
    return {"format": FORMAT, "runtime": runtime, "files": files}


def verify(directory: Path, digest: str) -> dict[str, Any]:
    """
    The manifest, after hashing every file again.

    Raises ManifestRefused when the manifest is not the one that `digest` names, when a file is
    changed, missing, unknown, or anything but a regular file.
    """
    manifest = _read(directory)
    if manifest_digest(manifest) != digest:
        raise ManifestRefused(
            f"The manifest in {directory.name} is not the one with the digest {digest[:12]}."
        )
    if manifest.get("format") != FORMAT:
        raise ManifestRefused(
            f"The package has the format {manifest.get('format')}; this runtime reads {FORMAT}."
        )
    _refuse_strangers(directory, manifest)
    for name, stated in manifest["files"].items():
        _check_file(directory / name, stated)
    return manifest


def _read(directory: Path) -> dict[str, Any]:
    path = directory / NAME
    if path.is_symlink() or not path.is_file():
        raise ManifestRefused(f"There is no manifest in {directory.name}.")
    try:
        manifest = json.loads(path.read_bytes())
    except ValueError:
        raise ManifestRefused(f"The manifest in {directory.name} is not JSON.") from None
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise ManifestRefused(f"The manifest in {directory.name} lists no files.")
    return manifest


def _refuse_strangers(directory: Path, manifest: dict[str, Any]) -> None:
    present = {path.name for path in directory.iterdir()} - {NAME}
    stated = set(manifest["files"])
    if unknown := sorted(present - stated):
        raise ManifestRefused(f"The package holds “{unknown[0]}”, which its manifest does not name.")
    if missing := sorted(stated - present):
        raise ManifestRefused(f"The package lacks “{missing[0]}”, which its manifest names.")


def _check_file(path: Path, stated: dict[str, Any]) -> None:
    if path.is_symlink() or not path.is_file():
        raise ManifestRefused(f"“{path.name}” is not a regular file.")
    if path.stat().st_size != stated["size"] or _file_digest(path) != stated["sha256"]:
        raise ManifestRefused(f"“{path.name}” was changed after it was packaged.")


def _file_digest(path: Path) -> str:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            sha.update(block)
    return sha.hexdigest()
