"""Toy tables: what a release holds where the rows may not be shared.

A toy table has the columns, kinds, gaps, words and groups of the real one, about its distributions
and rank correlations. `make_toy.py` draws it from `recipe.json`; what may be told in a recipe
stands in `boxloop.parcel.recipe`.
"""

from __future__ import annotations

import importlib
import tempfile
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from boxloop.base.door import held_open
from boxloop.base.errors import UserError
from boxloop.base.files import sha256, write_json, write_text
from boxloop.base.places import import_study
from boxloop.parcel.recipe import FEWEST, NAMES, recipe_of
from boxloop.predict.layout import TOY

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.parcel.subject import Subject
    from boxloop.settings.load import Settings

MOST_ROWS = 10_000_000  # of a toy table that somebody else has described
NO_TABLES = ("README.md", ".gitignore")  # of data/raw
_SIMULATED = '''"""Make the tables of this study once more: its simulator is in study/."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from study import data  # noqa: E402  # found by the line above

if __name__ == "__main__":
    for path in data.prepare(ROOT / "data" / "raw"):
        print(path)
'''
_README = """# Toy tables
The rows of this study are not shared. These have the same columns, and nobody has measured them.

`python make_toy.py` makes them once more from `recipe.json`, and needs numpy and pandas alone.

- Every number of a recipe is made of {fewest} {things} or more: medians of blocks, words and
  numbers that so many share, shares, and rank correlations. The sealed test rows add nothing to it.
- Distributions column by column and rank correlations are about those of the real table, and so
  is how well the target can be told from the inputs where that is a matter of more and less.
- What is not kept: bends and exceptions beyond that, and what rare words say.

So the loop runs on them, and its numbers say nothing about the world.
"""
_README_SIMULATED = """# The tables of this study
They are simulated: `python toy/make_toy.py` makes them in data/raw, as the first chapter does.
"""


def write(folder: Path, subject: Subject) -> list[str]:
    """Write `toy/` into a release whose rows are not shared; nothing where they are.

    A ``study.toml`` that is there already points to the toy tables afterwards.

    Parameters
    ----------
    folder : Path
        The release.
    subject : boxloop.parcel.subject.Subject

    Returns
    -------
    list of str
        What is to be said; empty where all is as it should be.

    Raises
    ------
    UserError
        If there are too few rows, or the study's own code does not make its tables.
    """
    settings, place = subject.settings, folder / TOY
    if settings.release.share_data:
        return []
    if settings.data is None:
        _refuse_what_is_not_simulated(subject.project)
        write_text(place / "README.md", _README_SIMULATED)
        write_text(place / "make_toy.py", _SIMULATED)
        return []
    from boxloop.parcel import make_toy

    recipe = recipe_of(subject.project, settings)
    things = "groups" if settings.only("group") else "rows"
    write_text(place / "README.md", _README.format(fewest=FEWEST, things=things))
    code = files("boxloop.parcel").joinpath("make_toy.py").read_text(encoding="utf-8")
    write_text(place / "make_toy.py", code)
    write_json(place / "recipe.json", recipe)
    make_toy.main(place)
    if (study := folder / "study.toml").is_file():
        write_text(study, study_toml(study.read_text(encoding="utf-8"), folder))
    lacking = _not_made(subject.project, settings)
    if lacking:
        about = (place / "README.md").read_text(encoding="utf-8").rstrip()
        write_text(place / "README.md", "\n\n".join([about, *lacking]) + "\n")
    return lacking


def makers() -> list[str]:
    """Return the texts that ``make_toy.py`` of a release may have."""
    drawn = files("boxloop.parcel").joinpath("make_toy.py").read_text(encoding="utf-8")
    return [drawn, _SIMULATED]


def made(recipe: dict) -> dict[str, str]:
    """Return by file what the tables of somebody's recipe are, made by the code that is here.

    Raises
    ------
    UserError
        If the recipe is damaged, or asks for more rows than a toy has.
    """
    import numpy as np

    from boxloop.parcel import make_toy

    found = {}
    try:
        for number, table in enumerate(recipe.get("tables", [])):
            _refuse_many(table)
            rng = np.random.default_rng([recipe["seed"], number])
            text = make_toy.make(table, rng).to_csv(index=False, lineterminator="\n")
            found[Path(table["file"]).name] = text
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        msg = "toy/recipe.json is no recipe of toy tables."
        raise UserError(msg) from error
    return found


def _refuse_many(table: dict) -> None:
    """Refuse a table of more rows than fit into memory, before any of them is made."""
    sizes = [(int(size), int(many)) for part in table["parts"] for size, many in part["sizes"]]
    if sum(max(size, 1) * max(many, 0) for size, many in sizes) > MOST_ROWS:
        raise ValueError


def sentence(settings: Settings) -> str:
    """Return what the data card says of it; nothing where the rows are shared."""
    if settings.release.share_data:
        return ""
    if settings.data is None:
        return "The tables are simulated and not in the release: `toy/make_toy.py` makes them."
    things = "groups" if settings.only("group") else "rows"
    return (
        "The rows are not shared: the tables in `toy/` have the same columns, about the same "
        "distributions and rank correlations, and are drawn from a recipe of which no number is "
        f"made of fewer than {FEWEST} {things}."
    )


def study_toml(text: str, folder: Path) -> str:
    """Return a ``study.toml`` that points to the toy tables in the `toy/` of a release.

    Parameters
    ----------
    text : str
        That of the study.
    folder : Path
        The release, with its toy tables; without any the text stays as it is.

    Raises
    ------
    UserError
        If the table ``[data]`` is written in a way that this cannot follow.
    """
    wanted = tomllib.loads(text)
    if "data" not in wanted or not (folder / TOY / NAMES["labelled"]).is_file():
        return text
    told = {}
    for key, name in (("table", "labelled"), ("deployment", "deployment")):
        if (path := folder / TOY / NAMES[name]).is_file():
            told[key] = f"{TOY}/{path.name}"
            told["sha256" if key == "table" else "deployment_sha256"] = sha256(path)
    wanted["data"] = told
    found = _with_data(text, told)
    if tomllib.loads(found) != wanted:
        msg = "study.toml: write [data] as `boxloop adopt` does, with one key on each line."
        raise UserError(msg)
    return found


def _with_data(text: str, told: dict[str, str]) -> str:
    """Return the text with another content of ``[data]``, and without tables inside of that."""
    kept, inside = [], False
    for line in text.splitlines():
        head = line.strip().partition("#")[0].replace(" ", "").rstrip()
        if head.startswith("["):
            inside = head == "[data]" or head.startswith("[data.")
            if head == "[data]":
                kept += [line, *(f'{key} = "{value}"' for key, value in told.items()), ""]
        if not inside:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _refuse_what_is_not_simulated(project: Project) -> None:
    """Refuse a study whose tables its own code cannot make."""
    known = {path.name for path in project.raw.glob("*") if path.name not in NO_TABLES}
    made = _made_by(project)
    if not made or known - made:
        which = min(known - made, default="a table")
        msg = (
            f"study.data.prepare does not make {which} anew, and without share_data nobody could "
            "run the release: simulate it there, or set share_data = true under [release] in "
            "study.toml."
        )
        raise UserError(msg)


def _made_by(project: Project) -> set[str]:
    """Return the names of the tables that the study makes in an empty folder."""
    import_study(project)
    with tempfile.TemporaryDirectory() as folder, held_open():
        try:
            prepare = importlib.import_module("study.data").prepare
            found = {Path(path).name for path in prepare(Path(folder))}
        except Exception:  # noqa: BLE001  # no simulator, or one that needs what is not shared
            return set()
        return {name for name in found if (Path(folder) / name).is_file()}


def _not_made(project: Project, settings: Settings) -> list[str]:
    """Return a line on files of data/raw of which there is no toy."""
    data = settings.data
    known = {Path(one).name for one in (data.table, data.deployment) if one} if data else set()
    known |= {*NO_TABLES, *(data.sources if data else ())}
    rest = sorted(path.name for path in project.raw.glob("*") if path.name not in known)
    if not rest:
        return []
    names = ", ".join(f"data/raw/{name}" for name in rest)
    which = "it" if len(rest) == 1 else "one of them"
    return [f"Of {names} there is no toy: a loop that reads {which} does not run there."]
