"""Order, parallel branches and skipping: each chapter after those it needs, some at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from graphlib import TopologicalSorter
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from boxloop.notebooks.graph import upstream

if TYPE_CHECKING:
    from boxloop.notebooks.graph import Chapter


def go(
    chapters: list[Chapter],
    selected: list[Chapter],
    *,
    is_current: Callable,
    work: Callable,
    current: Callable,
    lost: Callable,
    jobs: int = 1,
) -> None:
    """Bring the selected chapters up to date, each after those it needs.

    Parameters
    ----------
    chapters, selected : list of Chapter
        The whole loop, and the part of it to look at, in order.
    is_current, work : callable
        Of a chapter, all it needs being through: whether it is current; run it, say how it failed.
    current, lost : callable
        Told the name of a chapter that was current; of one left out, and of what it waited for.
    jobs : int
        Chapters at a time; of those that are ready, the first of `selected`.
    """
    by_name, needs, sorter = _graph(chapters, selected)
    ready, running, failed, ended = set(), set(), set(), SimpleQueue()
    while sorter.is_active():
        ready.update(sorter.get_ready())
        if ready and len(running) < jobs:
            name = next(name for name in by_name if name in ready)
            ready.remove(name)
            if missing := sorted(needs[name] & failed):
                lost(name, missing)
                failed.add(name)
            elif is_current(by_name[name]):
                current(name)
            else:
                running.add(name)
                _start(work, by_name[name], ended)
                continue
        else:
            name, failure = _wait(ended)
            running.remove(name)
            failed.update([name] if failure else [])
        sorter.done(name)


def _graph(chapters: list[Chapter], selected: list[Chapter]) -> tuple:
    """Return the selected chapters by name, which of them each needs, and the order of these."""
    by_name = {chapter.name: chapter for chapter in selected}
    needs = {name: upstream(chapter, chapters) & set(by_name) for name, chapter in by_name.items()}
    sorter = TopologicalSorter(needs)
    sorter.prepare()
    return by_name, needs, sorter


def _start(work: Callable, chapter: Chapter, ended: Any) -> None:
    """Run one chapter in a thread that a run which is broken off need not wait for."""

    def body() -> None:
        try:
            ended.put((chapter.name, work(chapter)))
        except BaseException as error:  # noqa: BLE001  # goes on in the thread that waits
            ended.put((chapter.name, error))

    threading.Thread(target=body, name=chapter.name, daemon=True).start()


def _wait(ended: Any) -> tuple:
    """Return the next chapter that is through, and how it failed; raise what broke the run off.

    It waits so that Ctrl-C is heard on Windows too.
    """
    while True:
        try:
            name, failure = ended.get(timeout=0.2)
        except Empty:
            continue
        if isinstance(failure, BaseException):
            raise failure
        return name, failure
