"""Order, branches and skipping, without notebooks: who runs when, and who is told what."""

import threading
import time
from types import SimpleNamespace

import pytest

from boxloop.notebooks.graph import Chapter
from boxloop.run.schedule import go

# Two branches of 02: 03, which 05 needs, and 04; 06 needs both.
NEEDS = {"01": [], "02": ["01"], "03": ["02"], "04": ["02"], "05": ["03"], "06": ["05", "04"]}
CHAPTERS = [
    Chapter(name, None, tuple(f"{need}.txt" for need in needs), (f"{name}.txt",), {}, {})
    for name, needs in NEEDS.items()
]
WAIT = 10  # seconds, for what comes at once


def turn(work, *, current=(), jobs=1):
    """Go round, and return in order what was begun and what was told."""
    told = []

    def begin(chapter):
        told.append(("work", chapter.name))
        return work(chapter.name)

    go(
        CHAPTERS,
        CHAPTERS,
        is_current=lambda chapter: chapter.name in current,
        work=begin,
        current=lambda name: told.append(("current", name)),
        lost=lambda name, needed: told.append(("lost", name, needed)),
        jobs=jobs,
    )
    return told


def test_one_at_a_time_is_the_order_of_the_loop():
    """Ten times the same, and never two at once: nobody compares runs that differ by chance."""
    alone = threading.Lock()

    def work(name):
        assert alone.acquire(blocking=False)
        time.sleep(0.001)
        alone.release()

    for _ in range(10):
        assert turn(work) == [("work", name) for name in NEEDS]


def test_a_failure_leaves_out_what_waits_for_it_and_says_for_what():
    """04 is another branch and runs; 06 waits for 05, which was itself left out."""
    told = turn(lambda name: "too hot" if name == "03" else None, current=["01"])

    assert told == [
        ("current", "01"),
        ("work", "02"),
        ("work", "03"),
        ("work", "04"),
        ("lost", "05", ["03"]),
        ("lost", "06", ["05"]),
    ]


def test_all_names_that_a_chapter_waited_for_are_told():
    """Both branches failed."""
    told = turn(lambda name: "too hot" if name in ("04", "05") else None)

    assert told[-1] == ("lost", "06", ["04", "05"])


def test_branches_run_side_by_side_and_no_more_than_allowed():
    """03 and 04 meet in the middle: neither could alone."""
    meeting, now, most = threading.Barrier(2), [], []

    def work(name):
        now.append(name)
        most.append(len(now))
        if name in ("03", "04"):
            meeting.wait(WAIT)
        now.remove(name)

    assert len(turn(work, jobs=2)) == len(NEEDS)
    assert max(most) == 2


def test_a_chapter_begins_after_all_that_it_needs():
    """Also where that takes longer than the rest of the loop."""
    ended = []

    def work(name):
        assert set(NEEDS[name]) <= set(ended)
        time.sleep(0.2 if name == "04" else 0)
        ended.append(name)

    turn(work, jobs=4)
    assert len(ended) == len(NEEDS)


def test_ctrl_c_does_not_wait_for_what_runs(monkeypatch):
    """Whoever stops a run ends the kernels next; a thread that waits for one is not waited for."""
    stuck = threading.Event()

    def hear(chapter):  # in the thread in which the person's Ctrl-C arrives
        if chapter.name == "04":
            raise KeyboardInterrupt
        return False

    begun = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            go(
                CHAPTERS,
                CHAPTERS,
                is_current=hear,
                work=lambda chapter: stuck.wait(WAIT) if chapter.name == "03" else None,
                current=None,
                lost=None,
                jobs=2,
            )
        assert time.monotonic() - begun < WAIT / 2
    finally:
        stuck.set()


def test_a_fault_of_the_machinery_is_not_swallowed():
    """A thread that dies would leave the loop waiting for ever."""

    def work(name):
        raise ZeroDivisionError(name)

    with pytest.raises(ZeroDivisionError, match="01"):
        turn(work, jobs=2)


def test_chapters_that_wait_for_each_other_are_refused():
    """Not waited for: `read_loop` has a sentence, and behind it nothing may hang."""
    circle = [SimpleNamespace(name=a, needs=(b,), all_makes=(a,)) for a, b in ("ab", "ba")]

    with pytest.raises(ValueError, match="cycle"):
        go(circle, circle, is_current=None, work=None, current=None, lost=None)
