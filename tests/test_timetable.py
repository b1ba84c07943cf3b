"""The course fits into its days: by the minutes that notebooks name, with breaks."""

import itertools

import pytest

from boxloop.teach.course import Exercise, Lesson
from boxloop.teach.timetable import BREAK, FORMS, LONGEST, Item, chosen, clock, days, timetable_text

NAMES = ("01_a", "02_b", "03_c", "04_d", "05_e", "06_f", "07_g", "08_h")


def course(read=20, minutes=10, each=2):
    """Return eight chapters with as many exercises each."""
    return [
        Lesson(name, name, read, [
            Exercise(name, f"{n}.{k}", "Title", minutes) for k in range(1, each + 1)
        ])
        for n, name in enumerate(NAMES, 1)
    ]  # fmt: skip


@pytest.mark.parametrize("budget", [45, 100, 165, 330, 1000])
@pytest.mark.parametrize("lessons", [course(), course(read=45, minutes=25, each=3)])
def test_what_is_chosen_fits(budget, lessons):
    """In the order of the loop, and every chapter is told at least."""
    items = chosen(lessons, budget)

    assert sum(item.minutes for item in items) <= budget
    assert list(dict.fromkeys(item.chapter for item in items)) == list(NAMES)


def test_where_time_is_short_the_division_comes_first():
    """03 and 05 are worked through in half a day, 08 is told."""
    named = [item.what for item in chosen(course(), 120)]

    assert {"Exercise 3.1 · Title", "Exercise 3.2 · Title"} <= set(named)
    assert "08_h, told in short" in named


def test_with_time_enough_all_is_taken():
    """No exercise is left out of a day that has room for it."""
    named = [item.what for item in chosen(course(), 320)]

    assert sum(name.startswith("Exercise") for name in named) == 16


@pytest.mark.parametrize("form", FORMS)
def test_a_day_has_breaks_and_ends_before_half_past_five(form):
    """Nobody sits longer than eighty minutes, but just before the end, and nothing overlaps."""
    budgets, _ = FORMS[form]
    for day in days(chosen(course(), sum(budgets)), budgets):
        lines, seated = clock(day), 0
        for (at, item), (following, _) in itertools.pairwise(lines):
            assert at + item.minutes == following
            seated = 0 if item.what in ("Break", "Lunch") else seated + item.minutes
            assert seated <= LONGEST
        assert seated + lines[-1][1].minutes <= LONGEST + BREAK
        assert lines[-1][0] + lines[-1][1].minutes <= 17.5 * 60


def test_two_days_share_the_chapters():
    """Each day has whole chapters."""
    budgets, _ = FORMS["Two days"]
    first, second = days(chosen(course(), sum(budgets)), budgets)
    one, two = ({item.chapter for item in day} - {None} for day in (first, second))

    assert not one & two
    assert len(one) == len(two) == 4


def test_the_page_names_three_forms():
    """In Markdown tables."""
    text = timetable_text(course())

    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Two days", "## One day", "## Half a day",
    ]  # fmt: skip
    assert "| 09:00 |" in text


def _names(*items):
    return [item.what for _, item in clock([Item(*one) for one in items])]


def test_a_break_is_where_it_helps():
    """Not just before lunch, nor before the last minutes, nor twice around one exercise."""
    morning = [(79, "a", "01"), (79, "b", "02"), (70, "c", "03"), (70, "d", "04")]
    assert _names(*morning) == ["a", "Break", "b", "Lunch", "c", "Break", "d"]

    assert _names((80, "a", "01"), (BREAK, "told", "02")) == ["a", "told"]
    assert _names((70, "a", "01"), (15, "b", "02"), (70, "own")) == ["a", "Break", "b", "own"]
    assert _names((40, "a", "01"), (120, "own")) == ["a", "own", "Break", "own"]
