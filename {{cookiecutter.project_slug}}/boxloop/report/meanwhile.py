"""A process that converts chapters while the next ones run: ``python -m boxloop.report.meanwhile``.

It reads the name of a chapter per line and answers each with one line. It tells of no fault: what
it has not kept, the page converts, and says what is wrong with it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

NICE = 10  # the notebooks come first


def main() -> None:
    """Keep the chapters of the project on the command line, in the order in which they come."""
    from boxloop.base.places import Project

    if hasattr(os, "nice"):
        os.nice(NICE)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what a library prints gets nowhere
    project = Project(Path(sys.argv[1]))
    with suppress(Exception):
        from boxloop.report import get_ready

        get_ready()
    for line in sys.stdin:
        with suppress(Exception):
            from boxloop.report.chapters import keep_chapter

            keep_chapter(project, line.strip())
        print(line.strip(), file=answers)


if __name__ == "__main__":
    main()
