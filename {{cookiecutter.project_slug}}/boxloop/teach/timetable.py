"""When what is taught: two days, one day and half a day, by the minutes that notebooks name."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boxloop.teach.course import Lesson

START, LUNCH = 9 * 60, 12 * 60  # minutes since midnight
BREAK, LUNCH_BREAK, LONGEST = 15, 60, 80  # minutes; the last without a break
TOLD = 5  # minutes in which a chapter is told and not worked through
# What is given up last where time is short: the division, what errors say, what breaks a model.
FIRST = ("03", "05", "06", "02", "01", "04", "07", "08")
# By form: the minutes of teaching on each day, without breaks, and by how much longer all takes
# than the notebooks say, for there is time to talk.
FORMS = {
    "Two days": ((330, 330), 1.5),
    "One day": ((330,), 1.0),
    "Half a day": ((165,), 1.0),
}
WITH = 2  # exercises that a chapter is worked through with, before others get more


MADE_FROM = (
    "Made by `boxloop workshop` from the minutes that the notebooks name: change them there, "
    "and build again. A chapter that is told in short is one that students read later."
)


@dataclass(frozen=True)
class Item:
    """One line of a timetable; `chapter` is none where the time is the room's own."""

    minutes: int
    what: str
    chapter: str | None = None


def chosen(lessons: list[Lesson], budget: int) -> list[Item]:
    """Return what fits into some minutes, in the order of the loop.

    Every chapter is told. By their weight, see `FIRST`, chapters are worked through with two
    exercises as long as there is time, and then further exercises are taken.
    """
    order = sorted(lessons, key=lambda one: _weight(one.name))
    read, taken = set(), set()
    left = budget - sum(min(TOLD, one.read) for one in lessons)
    for one in order:
        price = one.read - min(TOLD, one.read) + sum(e.minutes for e in one.exercises[:WITH])
        if price <= left:
            left -= price
            read.add(one.name)
            taken |= {e.number for e in one.exercises[:WITH]}
    for nth in range(WITH, max((len(one.exercises) for one in lessons), default=1)):
        for one in order:
            for exercise in one.exercises[nth : nth + 1] if one.name in read else ():
                if exercise.minutes <= left:
                    left -= exercise.minutes
                    taken.add(exercise.number)
    items = []
    for one in lessons:
        told = "" if one.name in read else ", told in short"
        minutes = one.read if one.name in read else min(TOLD, one.read)
        items.append(Item(minutes, f"{one.title}{told}", one.name))
        items += [
            Item(e.minutes, f"Exercise {e.number}{f' · {e.title}' if e.title else ''}", one.name)
            for e in one.exercises
            if e.number in taken
        ]
    return items


def _weight(name: str) -> int:
    return FIRST.index(name[:2]) if name[:2] in FIRST else len(FIRST)


def days(items: list[Item], budgets: tuple[int, ...]) -> list[list[Item]]:
    """Return the items of each day: no chapter is cut, and what time is left is the room's own."""
    found: list[list[Item]] = [[]]
    share = sum(item.minutes for item in items) / len(budgets)
    blocks = [[i for i in items if i.chapter == name] for name in dict.fromkeys(
        item.chapter for item in items)]  # fmt: skip
    for block in blocks:
        length = sum(item.minutes for item in block)
        so_far = sum(item.minutes for item in found[-1])
        if len(found) < len(budgets) and found[-1] and so_far + length / 2 > share:
            found.append([])
        found[-1] += block
    for day, budget in zip(found, budgets, strict=False):
        left = budget - sum(item.minutes for item in day)
        if left >= 2 * BREAK:
            day.append(Item(left, "Work of your own: what is left of the exercises, your own data"))
    return found


def clock(items: list[Item]) -> list[tuple[int, Item]]:
    """Return when each item begins, in minutes since midnight, breaks among them."""
    found, now, since = [], START, 0
    left = sum(item.minutes for item in items)
    fed = left < LUNCH - START + LUNCH_BREAK  # half a day needs none
    for whole in items:
        item: Item | None = whole
        while item is not None:
            due = _break_is_due(item, since, left)
            if not fed and now >= (LUNCH - BREAK if due else LUNCH):  # no break and lunch at once
                found.append((now, Item(LUNCH_BREAK, "Lunch")))
                now, since, fed = now + LUNCH_BREAK, 0, True
            elif due:
                found.append((now, Item(BREAK, "Break")))
                now, since = now + BREAK, 0
                continue
            # What is longer than a room can sit goes on after the break.
            room = LONGEST if item.chapter else LONGEST - since
            part = item.minutes if left <= room + BREAK else min(item.minutes, room)
            found.append((now, replace(item, minutes=part)))
            now, since, left = now + part, since + part, left - part
            rest = item.minutes - part
            item = replace(item, minutes=rest) if rest else None
    return found


def _break_is_due(item: Item, since: int, left: int) -> bool:
    """Return whether the room has sat too long, and it is not just before the end.

    Work of its own may be parted anywhere, so that it begins where half an hour of it fits.

    Parameters
    ----------
    item : Item
        What comes next.
    since, left : int
        Minutes since the last break, and to the end of the day without breaks.
    """
    whole = min(item.minutes, LONGEST) if item.chapter else min(item.minutes, 2 * BREAK)
    return bool(since) and since + whole > LONGEST and left > BREAK


def timetable_text(lessons: list[Lesson]) -> str:
    """Return ``TIMETABLE.md``: the three forms of the course."""
    lines = [
        "# Timetable",
        "",
        MADE_FROM,
    ]
    for form, (budgets, slower) in FORMS.items():
        plan = days(chosen(_slowed(lessons, slower), sum(budgets)), budgets)
        lines += ["", f"## {form}"]
        for number, day in enumerate(plan, 1):
            lines += ["", f"### Day {number}"] if len(plan) > 1 else []
            lines += ["", "| from | minutes | what |", "|---|---|---|"]
            lines += [f"| {_time(at)} | {i.minutes} | {_cell(i.what)} |" for at, i in clock(day)]
            end = max((at + item.minutes for at, item in clock(day)), default=START)
            lines += ["", f"It ends at {_time(end)}."]
    return "\n".join(lines) + "\n"


def _slowed(lessons: list[Lesson], factor: float) -> list[Lesson]:
    """Return chapters and exercises that take so many times as long, in steps of five minutes."""
    if factor == 1:
        return lessons

    def longer(minutes: int) -> int:
        return 5 * round(minutes * factor / 5)

    return [
        replace(
            one,
            read=longer(one.read),
            exercises=[replace(e, minutes=longer(e.minutes)) for e in one.exercises],
        )
        for one in lessons
    ]


def _time(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
