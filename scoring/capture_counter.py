"""Counts that outlive a killed process: two numbers in a file that is mapped into memory."""

import mmap
import os
import struct
from pathlib import Path

_LAYOUT = struct.Struct("<QQ")


class CaptureCounter:
    """
    `answered`: rows handed to capture; `settled`: rows sealed or counted as dropped.

    The difference is what open segments must hold; what they hold less after a kill is lost.
    The kernel keeps the page when the process dies; after a power cut the count is unknown.
    """

    def __init__(self, path: Path) -> None:
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(number, _LAYOUT.size)
        self._map = mmap.mmap(number, _LAYOUT.size)
        os.close(number)

    def unsettled(self) -> int:
        answered, settled = _LAYOUT.unpack_from(self._map)
        return max(0, answered - settled)

    def reset(self) -> None:
        _LAYOUT.pack_into(self._map, 0, 0, 0)

    def write(self, answered: int, settled: int) -> None:
        _LAYOUT.pack_into(self._map, 0, answered, settled)
