"""What a pass was made from: settings, science, code cells, answers, and the hashes of the data.

Texts are kept by content (`boxloop.base.objects`); raw data are hashed, not kept.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, read_cache
from boxloop.base.objects import get, get_json, put, put_json
from boxloop.base.provenance import version
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.file import is_inside, read_notebook
from boxloop.notebooks.folder import NAME
from boxloop.notebooks.graph import makers
from boxloop.notebooks.science import answers_kept, code_kept, prose_hash
from boxloop.record.facts import machinery_now

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.notebooks.graph import Chapter


# Of the packages, those whose numbers are the loop's.
PACKAGES = ("numpy", "pandas", "scipy", "scikit-learn")


@dataclass
class Causes:
    """What the numbers of one pass come from.

    Attributes
    ----------
    settings : str
        The text of study.toml.
    study : dict
        The text of each file ``study/**/*.py``, by its path from the root.
    notebooks : dict
        Of each chapter ``{"needs": [], "makes": [], "cells": [{"id", "tags", "source"}]}``, its
        code cells.
    answers : dict
        The text of each answer, by its id.
    prose : dict
        Of each chapter the hash of its Markdown that is no answer.
    parameters : dict
        Of each chapter the parameters that it was given.
    data : dict
        The sha256 of each raw file that a chapter used, by its path from the root.
    made : list of str
        Those of the raw files that a chapter makes: they follow from the rest.
    machinery : str
        A hash of ``boxloop/``.
    packages : dict
        Versions of the packages that compute.
    """

    settings: str = ""
    study: dict[str, str] = field(default_factory=dict)
    notebooks: dict[str, dict] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    prose: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, dict] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    machinery: str = ""
    packages: dict[str, str] = field(default_factory=dict)


def causes_now(project: Project, chapters: list[Chapter], parameters: dict) -> Causes:
    """Return the causes as they are now, of results that are current.

    Raises
    ------
    OSError
        If a file cannot be read.
    UserError
        If a notebook is damaged.
    """
    notebooks = {chapter.name: read_notebook(chapter.path) for chapter in chapters}
    data, made = _data(project, chapters)
    return Causes(
        settings=_text(project.settings_file),
        study={project.relative(p): _text(p) for p in sorted(project.study.rglob("*.py"))},
        notebooks={name: code_kept(notebook) for name, notebook in notebooks.items()},
        answers=_answers(project),
        prose={name: prose_hash(notebook) for name, notebook in notebooks.items()},
        parameters={name: given for name, given in sorted(parameters.items()) if given},
        data=data,
        made=made,
        machinery=fingerprint(machinery_now()),
        packages={name: found for name in PACKAGES if (found := version(name))},
    )


def _text(path: Any) -> str:
    return path.read_bytes().decode("utf-8-sig", errors="replace").replace("\r\n", "\n")


def _answers(project: Project) -> dict[str, str]:
    with suppress(UserError):  # a question that is not asked as it should be is told of elsewhere
        return answers_kept(read_answers(project))
    return {}


def _data(project: Project, chapters: list[Chapter]) -> tuple[dict, list]:
    """Return the hashes of the raw files that chapters took down, and which of them they make."""
    found: dict[str, str] = {}
    for chapter in chapters:
        facts = read_cache(project.station(chapter.name) / "station.json")
        for part in ("needs", "makes", "outside", "declared"):
            hashes = facts.get(part) if isinstance(facts, dict) else None
            found |= hashes if isinstance(hashes, dict) else {}
    raw = f"{project.relative(project.raw)}/"
    data = {
        name: value
        for name, value in sorted(found.items())
        if name.startswith(raw) and not name.endswith("README.md")
    }
    return data, [name for name in data if makers(name, chapters)]


def keep(project: Project, causes: Causes) -> dict[str, Any]:
    """Keep the texts of `causes`, and return what a pass holds of them."""
    found = asdict(causes)
    found["settings"] = put(project, causes.settings)
    found["study"] = {name: put(project, text) for name, text in causes.study.items()}
    found["notebooks"] = {n: put_json(project, code) for n, code in causes.notebooks.items()}
    found["answers"] = put_json(project, causes.answers)
    return found


def causes_of(project: Project, past: dict) -> Causes | None:
    """Return the causes that a pass keeps, or None where it keeps none.

    Raises
    ------
    UserError
        If a text is missing or damaged.
    """
    kept = kept_causes(past)
    return None if kept is None else read_causes(project, kept)


def kept_causes(past: dict) -> dict | None:
    """Return what a pass holds of its causes, as `keep` gave it, or None."""
    kept = past.get("causes")
    return kept if _is_right(kept) else None


def read_causes(
    project: Project, kept: dict, *, settings: bool = True, answers: bool = True
) -> Causes:
    """Return the causes whose texts `kept` refers to; without settings or answers where told.

    Raises
    ------
    UserError
        If a text is missing or damaged.
    """
    notebooks = {name: get_json(project, code) for name, code in kept["notebooks"].items()}
    texts = {
        "settings": get(project, kept["settings"]) if settings else "",
        "study": {name: get(project, text) for name, text in kept["study"].items()},
        "notebooks": notebooks,
        "answers": get_json(project, kept["answers"]) if answers else {},
    }
    return Causes(**kept | texts)


def _is_right(kept: Any) -> TypeGuard[dict]:
    """Return whether what a pass holds of its causes has the shape that `keep` gave it."""
    if not isinstance(kept, dict) or kept.keys() != asdict(Causes()).keys():
        return False
    texts = (kept["settings"], kept["answers"], kept["machinery"])
    tables = [kept[key] for key in ("study", "notebooks", "prose", "data", "packages")]
    return (
        all(isinstance(text, str) for text in texts)
        and all(isinstance(table, dict) for table in [*tables, kept["parameters"]])
        and all(isinstance(value, str) for table in tables for value in table.values())
        and all(isinstance(given, dict) for given in kept["parameters"].values())
        and isinstance(kept["made"], list)
        and all(NAME.fullmatch(name) for name in kept["notebooks"])
        and all(is_inside(name) for name in kept["study"])
    )
