"""Identifiers that sort by the time they were made: UUID version 7 (RFC 9562)."""

import os
import time
from collections.abc import Callable


def generator(clock: Callable[[], int] = time.time_ns) -> Callable[[], str]:
    """
    A function that gives identifiers, each later in order than the one before.

    48 bits of milliseconds, 12 bits of the fraction (RFC 9562, 6.2, method 3), 62 random bits
    drawn once: two from one generator differ in the time part, which never stands still, two
    from different ones in the random part.
    """
    tail = 0b10 << 62 | int.from_bytes(os.urandom(8), "big") >> 2
    end = f"-{tail >> 48:04x}-{tail & 0xFFFFFFFFFFFF:012x}"
    last = 0

    def make() -> str:
        nonlocal last
        # A millisecond has 4096 steps, so a step is 10^6/4096 ns = 15625/64 ns.
        stamp = clock() * 64 // 15625
        last = stamp if stamp > last else last + 1
        head = f"{last >> 12:012x}"
        return f"{head[:8]}-{head[8:]}-7{last & 0xFFF:03x}{end}"

    return make
