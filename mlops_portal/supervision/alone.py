"""
`python -m mlops_portal.supervision.alone web`: become one program of the portal.

For places that supervise by themselves, one container for each program for example: it is
started there exactly as here.
"""

import os
import sys

from mlops_portal.supervision import programs
from mlops_portal.supervision.installation import Installation


def main(arguments: list[str]) -> None:
    os.umask(0o027)
    here = Installation.from_environment()
    known = {program.name: program for program in programs.named(here)}
    if len(arguments) != 1 or arguments[0] not in known:
        sys.exit(f"Name one of: {', '.join(known)}")
    program = known[arguments[0]]
    os.chdir(here.base)
    os.execvpe(program.argv[0], list(program.argv), {**os.environ, **program.env})  # noqa: S606 - its purpose


if __name__ == "__main__":
    main(sys.argv[1:])
