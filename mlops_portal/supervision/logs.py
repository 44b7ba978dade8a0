"""A program's output in a file that is put aside when it has grown large enough."""

import os
from contextlib import suppress
from io import FileIO
from pathlib import Path

LARGEST_BYTES = 10 * 1024**2
KEPT_FILES = 3


class RotatedFile:
    """`web.log`, with `web.log.1` (newest) to `web.log.3` behind it."""

    def __init__(self, path: Path, *, largest: int = LARGEST_BYTES, kept: int = KEPT_FILES) -> None:
        self._path, self._largest, self._kept = path, largest, kept
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        self._file = self._open()

    def write(self, chunk: bytes) -> None:
        """
        Append, without a buffer of ours, so that a killed supervisor loses no line.

        On a full disk lines are lost: a program that waits for its log would be worse.
        """
        with suppress(OSError):
            self._file.write(chunk)
            if self._file.tell() > self._largest:
                self._rotate()

    def close(self) -> None:
        self._file.close()

    def _open(self) -> FileIO:
        return FileIO(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640), "ab")

    def _rotate(self) -> None:
        self._file.close()
        names = [
            self._path,
            *(self._path.with_name(f"{self._path.name}.{n}") for n in range(1, self._kept + 1)),
        ]
        for older, newer in zip(reversed(names[1:]), reversed(names[:-1]), strict=True):
            if newer.exists():
                newer.replace(older)
        self._file = self._open()
