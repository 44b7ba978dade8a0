"""
The package of a release: stored file by file, known by the digest of its manifest.

Two digests name it. `folder` is the storage's name for the files together with manifest.json;
`package_digest` is the manifest's own, which the approval binds and the scoring server checks.
"""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.approvals.manifest import Release as BoundRelease
from apps.approvals.models import Proposal
from apps.core import canonical, storage
from apps.core.errors import WrongState
from apps.core.said import of_error
from apps.deployments import endpoints, places
from apps.deployments.models import Release
from scoring import manifest

ALTERED = "altered"


def digest_now(release: Release) -> str:
    """
    The package's digest, made anew from the stored bytes; `altered` and what is wrong where they
    are no longer what the manifest says.
    """
    folder = str(release.package.get("folder", ""))
    try:
        files = {name: entry["sha256"] for name, entry in storage.manifest(folder).items()}
        document = json.loads(storage.local_path(files.pop(manifest.NAME)).read_bytes())
        stated = {name: entry["sha256"] for name, entry in document["files"].items()}
        wrong = [name for name, digest in files.items() if not _is_whole(digest)]
    except (storage.NotStored, KeyError, ValueError, OSError):
        return f"{ALTERED}: incomplete"
    if wrong or files != stated:
        return f"{ALTERED}: {', '.join(sorted(wrong)) or manifest.NAME}"
    return manifest.manifest_digest(document)


def bound_now(proposal: Proposal) -> BoundRelease | None:
    """What the release adds to the proposal's bound inputs as it is now."""
    release = Release.objects.select_related("version__model").filter(proposal=proposal).first()
    if release is None:
        return None
    return BoundRelease(digest_now(release), endpoints.kind_for(release.version.model))


def on_disk(release: Release) -> Path:
    """
    The package as a folder of this machine, every file checked. Raises WrongState where its bytes
    are not those of its digest.
    """
    target = places.package(release.package_digest)
    with _alone(target):
        if not _is_good(target, release.package_digest):
            shutil.rmtree(target, ignore_errors=True)
            storage.local_folder(str(release.package["folder"]), target)
            try:
                manifest.verify(target, release.package_digest)
            except manifest.ManifestRefused as refused:
                shutil.rmtree(target, ignore_errors=True)
                raise WrongState(of_error(refused)) from None
    return target


@contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Two endpoints of one package do not write it at once."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with target.with_name(f"{target.name}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_good(target: Path, digest: str) -> bool:
    try:
        manifest.verify(target, digest)
    except (manifest.ManifestRefused, OSError):
        return False
    return True


def _is_whole(digest: str) -> bool:
    return canonical.file_digest(storage.local_path(digest)) == digest
