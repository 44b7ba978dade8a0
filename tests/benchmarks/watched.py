"""
Runs a program and writes its largest resident memory (as the system counts it) to a file descriptor.

    python -S watched.py FD program argument…

A process of its own, small and with nothing loaded: what a program's parent holds when it
starts it counts as the program's memory.
"""

import os
import sys


def main(descriptor: int, argv: list[str]) -> int:
    pid = os.posix_spawnp(argv[0], argv, os.environ)
    _pid, status, usage = os.wait4(pid, 0)
    os.write(descriptor, str(usage.ru_maxrss).encode())
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
