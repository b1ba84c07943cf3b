"""The model in a release, with all that a prediction needs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.door import held_open
from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, read_table, sha256
from boxloop.base.places import import_study
from boxloop.predict.layout import BUNDLE, ERROR_SCALE, FACTS, INTERVALS, MODEL

if TYPE_CHECKING:
    from boxloop.parcel.subject import Subject

SETTINGS = "study.toml"
WIDTHS = {"half_width", "per_scale", "reach"}  # one of them says how wide intervals are


def write(folder: Path, subject: Subject) -> None:
    """Copy ``results/08_release/model`` to ``model/``; make it where 08 has not kept that of today.

    Notebooks are their author's, and one that is older keeps none; or the settings have changed
    since, such as whether data are shared.

    Raises
    ------
    UserError
        If the model is missing, or is no model.
    """
    source, target = subject.project.station("08_release") / BUNDLE, folder / BUNDLE
    if not _is_of_today(source, subject):
        _make(target, subject)
        return
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and not path.is_symlink() and not path.name.startswith("."):
            shutil.copyfile(path, target / path.name)


def _is_of_today(source: Path, subject: Subject) -> bool:
    """Return whether a bundle is of today's model and settings."""
    facts, root = read_cache(source / FACTS), subject.project.root
    made = facts.get("model_hash") if isinstance(facts, dict) else None
    model = subject.project.station("04_train") / MODEL
    pairs = (source / SETTINGS, root / SETTINGS), (source / MODEL, model)
    there = all(path.is_file() for pair in pairs for path in pair)
    same = there and all(sha256(one) == sha256(two) for one, two in pairs)
    return same and made == subject.model_hash


def _make(target: Path, subject: Subject) -> None:
    from boxloop.predict import bundle

    given = sources(subject)
    import_study(subject.project)
    bundle.write(target, **given)


def sources(subject: Subject) -> dict[str, Any]:
    """Return what `boxloop.predict.bundle.write` makes the bundle of today of.

    Raises
    ------
    UserError
        If the model or a table is missing.
    """
    project = subject.project
    model, where = project.station("04_train") / MODEL, project.station("05_diagnose")
    paths = {name: project.interim / f"{name}.parquet" for name in ("train", "validation")}
    for path in (model, *paths.values()):
        if not path.is_file():
            msg = f"{project.relative(path)} is missing: `boxloop run --from 03` makes it again."
            raise UserError(msg)
    with held_open():
        tables = {name: read_table(path) for name, path in paths.items()}
    made_with = read_cache(project.station("04_train") / "machine.json")
    more = {"error_scale": where / ERROR_SCALE}
    said = read_cache(where / INTERVALS)
    more |= {"intervals": where / INTERVALS} if isinstance(said, dict) and WIDTHS & {*said} else {}
    known = {"root": project.root, "settings": subject.settings, "model": model}
    known |= {"made_with": made_with if isinstance(made_with, dict) else None}
    known |= {"model_hash": subject.model_hash, **tables}
    return known | {name: path for name, path in more.items() if path.is_file()}
