"""Where the scoring servers leave their captured rows: sealed segments, one folder an hour."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from apps.deployments import places
from apps.deployments.models import Endpoint

OLD = timedelta(hours=2)
REFUSED = "refused"


def folder(endpoint: Endpoint) -> Path:
    return Path(places.spool(endpoint.name))


def sealed(endpoint: Endpoint) -> Iterator[Path]:
    """Sealed segments, oldest hour first; folders of hours long gone are swept on the way."""
    for hour in sorted(folder(endpoint).glob("*/*/*/*/*/*")):
        if not hour.is_dir() or hour.is_symlink():
            continue
        found = sorted(hour.glob("*.jsonl"))
        yield from found
        if not found and _is_old(hour):
            _sweep(hour)


def holds_sealed(endpoint: Endpoint) -> bool:
    return next(sealed(endpoint), None) is not None


def name_of(path: Path, endpoint: Endpoint) -> str:
    """The segment's name as its seal must say it."""
    return path.relative_to(folder(endpoint)).as_posix().removesuffix(".jsonl")


def set_aside(path: Path, endpoint: Endpoint) -> None:
    """Keep a refused segment as evidence, outside of what is looked through."""
    target = folder(endpoint).parent / REFUSED / path.relative_to(folder(endpoint))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        path.rename(target)


def _is_old(hour: Path) -> bool:
    try:
        begun = datetime.strptime("/".join(hour.parts[-4:]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
    except ValueError:
        return False
    return datetime.now(UTC) - begun > OLD


def _sweep(hour: Path) -> None:
    """The hour's folder and those above it that are empty then; the server makes its own anew."""
    with contextlib.suppress(OSError):
        for empty in (hour, *list(hour.parents)[:3]):
            empty.rmdir()
