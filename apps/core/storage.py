"""
Content-addressed storage: what is put in once is never changed and is found by its sha256.

Single files lie at `objects/ab/cdef…`; a folder is a manifest {"format": 1, "files": {name:
{"sha256", "size"}}} whose own digest names it.
"""

import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import fsspec
from django.conf import settings

from apps.core import canonical
from apps.core.said import revived


class NotStored(LookupError):
    """Nothing is stored under that digest."""


@cache
def _root(url: str) -> tuple[Any, str]:
    filesystem, path = fsspec.core.url_to_fs(url)
    return filesystem, path.rstrip("/")


def _place(digest: str) -> tuple[Any, str]:
    filesystem, root = _root(settings.STORAGE_URL)
    return filesystem, f"{root}/objects/{digest[:2]}/{digest[2:]}"


def has(digest: str) -> bool:
    filesystem, path = _place(digest)
    return bool(filesystem.exists(path))


def put_file(source: Path) -> str:
    """Store a file's bytes; the same bytes are stored once. Returns the digest."""
    digest = canonical.file_digest(source)
    filesystem, path = _place(digest)
    if not filesystem.exists(path):
        filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        _upload(filesystem, source, path)
    return digest


def _upload(filesystem: Any, source: Path, path: str) -> None:
    # Under another name first, so that a half-written file is never found by its digest.
    partial = f"{path}.{os.getpid()}.{os.urandom(4).hex()}.part"
    try:
        filesystem.put_file(str(source), partial)
        filesystem.mv(partial, path)
    finally:
        if filesystem.exists(partial):
            filesystem.rm_file(partial)


def put_bytes(content: bytes) -> str:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return put_file(Path(file.name))


def put_document(document: Any) -> str:
    """Store a document as canonical JSON."""
    return put_bytes(canonical.encode(document))


def put_folder(folder: Path) -> str:
    """Store every file below the folder and the manifest that names them. Returns the manifest's digest."""
    files = {
        str(path.relative_to(folder)): {"sha256": put_file(path), "size": path.stat().st_size}
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }
    return put_document({"format": 1, "files": files})


def open_stored(digest: str) -> BinaryIO:
    filesystem, path = _place(digest)
    try:
        return filesystem.open(path, "rb")
    except FileNotFoundError:
        raise NotStored(digest) from None


def read_bytes(digest: str) -> bytes:
    with open_stored(digest) as file:
        return file.read()


def read_document(digest: str) -> Any:
    """What `put_document` was given, with what was said in it ready to be told again."""
    return revived(json.loads(read_bytes(digest)))


def manifest(digest: str) -> dict[str, dict[str, Any]]:
    """The files of a stored folder: name → {"sha256", "size"}."""
    files: dict[str, dict[str, Any]] = read_document(digest)["files"]
    return files


def read_from_folder(digest: str, name: str) -> bytes:
    """One file of a stored folder. Raises NotStored where it has no such file."""
    try:
        return read_bytes(manifest(digest)[name]["sha256"])
    except KeyError:
        raise NotStored(f"{digest}/{name}") from None


def local_file(digest: str, to: Path) -> Path:
    """A copy of the stored file at `to`; made by link where the storage is a local folder."""
    filesystem, path = _place(digest)
    if not filesystem.exists(path):
        raise NotStored(digest)
    to.parent.mkdir(parents=True, exist_ok=True)
    if to.exists():
        to.unlink()
    filesystem.get_file(path, str(to))
    return to


def local_folder(digest: str, to: Path) -> Path:
    """The stored folder, as files below `to`."""
    for name, entry in manifest(digest).items():
        target = (to / name).resolve()
        if not target.is_relative_to(to.resolve()):
            raise NotStored(f"{digest}/{name}")
        local_file(entry["sha256"], target)
    return to


def local_path(digest: str) -> Path:
    """Where to read the bytes without a copy: the object itself, or a cached copy of a remote one."""
    filesystem, path = _place(digest)
    if "file" in (filesystem.protocol if isinstance(filesystem.protocol, tuple) else (filesystem.protocol,)):
        if not Path(path).exists():
            raise NotStored(digest)
        return Path(path)
    cached = settings.WORK_DIR / "cache" / digest
    if not cached.exists():
        partial = local_file(digest, cached.with_suffix(f".{os.getpid()}.part"))
        shutil.move(partial, cached)
    return cached
