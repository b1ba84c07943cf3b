"""What is lost of the passes: files that are damaged, and texts that they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boxloop.base.objects import find, place
from boxloop.record.causes import kept_causes, read_causes
from boxloop.record.passes import all_passes, damaged

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.record.causes import Causes


MOST = 3  # texts that are named one by one
Part = tuple[str, str]  # such as ("study", "study/models.py")


def lost_parts(project: Project, past: dict) -> dict[Part, str]:
    """Return which texts that a pass keeps are missing or damaged, each with its hash."""
    return {part: name for part, name in _texts(past).items() if find(project, name) is None}


def _texts(past: dict) -> dict[Part, str]:
    """Return the hash of each text that a pass was made from, and of what it had measured."""
    kept = kept_causes(past)
    if kept is None:
        return {}
    texts: dict[Part, str] = {("settings", "study.toml"): kept["settings"]}
    texts |= {("study", name): text for name, text in kept["study"].items()}
    texts |= {("notebooks", name): text for name, text in kept["notebooks"].items()}
    texts |= {("answers", "answers"): kept["answers"]}
    predictions = past.get("predictions")
    measured = predictions.get("measured") if isinstance(predictions, dict) else None
    if isinstance(measured, str) and measured:
        texts |= {("predictions", "list of what was measured"): measured}
    return texts


def recorded_files(project: Project) -> list[Path]:
    """Return the files of the passes that came with the template, and of their texts."""
    found = []
    for past in all_passes(project):
        if past.get("recorded") and kept_causes(past) is not None:
            found.append(project.passes / f"{past['number']:03d}.json")
            found += [place(project, name) for name in _texts(past).values()]
    return [path for path in dict.fromkeys(found) if path.is_file()]


def readable_causes(project: Project, one: dict, two: dict) -> tuple[list, list[str]]:
    """Return the causes of two passes without what is lost of either, and the names of that.

    None for a pass that keeps no record of them.
    """
    lost = lost_parts(project, one) | lost_parts(project, two)
    found = [_without(project, past, {*lost}) for past in (one, two)]
    return found, sorted(name for _, name in lost)


def _without(project: Project, past: dict, lost: set[Part]) -> Causes | None:
    kept = kept_causes(past)
    if kept is None:
        return None
    settings, answers = (part in {p for p, _ in lost} for part in ("settings", "answers"))
    of = {
        part: {name: text for name, text in kept[part].items() if (part, name) not in lost}
        for part in ("study", "notebooks")
    }
    return read_causes(project, kept | of, settings=not settings, answers=not answers)


def losses_of_passes(project: Project) -> list[str]:
    """Return a sentence for each file of a pass that is damaged, and each text that is lost."""
    texts: dict[str, tuple[str, list[str]]] = {}
    for past in all_passes(project):
        for (_, what), name in lost_parts(project, past).items():
            texts.setdefault(name, (what, []))[1].append(str(past["number"]))
    said = [_lost(project, name, *texts[name]) for name in texts]
    if len(said) > MOST:
        passes = sorted({number for _, numbers in texts.values() for number in numbers}, key=int)
        said = [*said[:MOST], _many(project, len(said) - MOST, passes)]
    return [*damaged(project), *said]


def _lost(project: Project, name: str, what: str, numbers: list[str]) -> str:
    path = place(project, name)
    how = "damaged" if path.exists() else "missing"
    return (
        f"{project.relative(path.parent)}/{name[:12]}….z64 is {how}, {what} of "
        f"{_passes(numbers)}: restore it from your last commit."
    )


def _many(project: Project, count: int, numbers: list[str]) -> str:
    folder = project.relative(place(project, "x").parent)
    return (
        f"{count} more texts of {_passes(numbers)} are damaged or missing in {folder}: restore "
        "that folder from your last commit."
    )


def _passes(numbers: list[str]) -> str:
    return f"pass {numbers[0]}" if len(numbers) == 1 else f"passes {', '.join(numbers)}"
