"""The guides of a course: `SETUP.md` for everybody, `INSTRUCTOR.md` for who teaches."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from boxloop.teach.course import Exercise, Lesson

FIRST_LINE = (
    "> This is the student edition: begin with [SETUP.md](SETUP.md), then open "
    "`notebooks/01_scoping.ipynb`. The other days are in [TIMETABLE.md](TIMETABLE.md)."
)

TEXTS = Path(__file__).parents[1] / "templates" / "course"


def setup_text(folder: Path, edition: str) -> str:
    """Return ``SETUP.md`` of an edition."""
    constraints = " -c constraints.txt" if (folder / "constraints.txt").is_file() else ""
    text = _text("SETUP").replace("{constraints}", constraints)
    return text + (f"\n{_text('WORK')}" if edition == "student" else "")


def _text(name: str) -> str:
    return (TEXTS / f"{name}.md").read_text(encoding="utf-8")


def with_first_line(readme: str) -> str:
    """Return a README that sends students to their setup first."""
    title, _, rest = readme.partition("\n")
    return f"{title}\n\n{FIRST_LINE}\n{rest}"


def instructor_text(lessons: list[Lesson]) -> str:
    """Return ``INSTRUCTOR.md``: the room, the chapters with their minutes, and each exercise."""
    every = [one for lesson in lessons for one in lesson.exercises]
    lines = [
        _text("INSTRUCTOR"),
        "## The chapters",
        "",
        "| chapter | to read | exercises | in all |",
    ]
    lines += ["|---|---|---|---|"]
    for lesson in lessons:
        minutes = sum(one.minutes for one in lesson.exercises)
        names = ", ".join(f"{one.number} ({one.minutes})" for one in lesson.exercises) or "none"
        lines.append(f"| {lesson.title} | {lesson.read} | {names} | {lesson.read + minutes} |")
    read, work = sum(one.read for one in lessons), sum(one.minutes for one in every)
    lines += ["", f"{read} minutes to read and {work} of exercises: {read + work} in all."]
    for lesson in lessons:
        if lesson.exercises:
            lines += ["", f"## {lesson.title}"]
            for one in lesson.exercises:
                lines += ["", *_exercise(one)]
    return "\n".join(lines) + "\n"


def _exercise(one: Exercise) -> list[str]:
    title = f"### Exercise {one.number}{f' · {one.title}' if one.title else ''}"
    return [f"{title} ({one.minutes} min)", "", one.notes or "There are no notes yet."]
