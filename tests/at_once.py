"""
Many calls at once, from processes of their own, as the workers of a web server make them.

Threads of one process share its locks (on SQLite the portal lines its writers up); what the
database alone keeps apart, only several processes show.
"""

import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any

from django.db import connections

FORK = multiprocessing.get_context("fork")
PROCESSES, THREADS = 8, 2
ROUNDS = int(os.environ.get("RACE_ROUNDS", "0"))
"""How often a race is run; 0: a few times, as each test says. The promised numbers take minutes."""

Call = Callable[[], object]


def rounds(few: int) -> range:
    return range(ROUNDS or few)


def answers(calls: Sequence[Call], *, processes: int = PROCESSES, threads: int = THREADS) -> Counter[str]:
    """
    What the calls answered, counted; an exception counts under its name and words.

    All processes start together, and each makes its share of the calls, some at a time.
    """
    connections.close_all()
    start, told = FORK.Barrier(processes), FORK.SimpleQueue()
    shares = [calls[number::processes] for number in range(processes)]
    started = [FORK.Process(target=_work, args=(share, threads, start, told)) for share in shares]
    try:
        for process in started:
            process.start()
        for process in started:
            process.join(timeout=60)
        assert {process.exitcode for process in started} == {0}, "A process of the race was lost."
        found = sum((told.get() for _ in started), Counter[str]())
    finally:
        for process in started:
            process.kill()
    assert found.total() == len(calls)
    return found


def _work(share: Sequence[Call], threads: int, start: Barrier, told: Any) -> None:
    start.wait(timeout=30)
    with ThreadPoolExecutor(threads) as pool:
        told.put(Counter(pool.map(_answer, share)))


def _answer(call: Call) -> str:
    try:
        return str(call())
    except Exception as fault:  # noqa: BLE001 - what went wrong is the answer
        return f"{type(fault).__name__}: {fault}"
