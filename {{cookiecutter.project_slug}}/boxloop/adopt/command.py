"""Take in a stranger's table: understand it, copy it to data/raw, write study.toml."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxloop.adopt import by_reference, held, hints, plan, refusals, sources, study_toml, tails
from boxloop.adopt.error_columns import error_columns
from boxloop.adopt.roles import Guess, as_understood, guess_roles
from boxloop.base.errors import UserError
from boxloop.base.files import sha256, write_text, written_whole
from boxloop.measure.kinds import SEVERAL, TaskKind
from boxloop.measure.task import Task
from boxloop.split.division import exploration
from boxloop.table.column import describe
from boxloop.table.plain import plain
from boxloop.table.read import TAKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boxloop.base.places import Project
    from boxloop.settings.load import Settings
    from boxloop.table.read import Catalogue


# The options that name columns, and what `guess_roles` calls them.
NAMING, NAMES = ("--target", "--id", "--group", "--time"), ("target", "ident", "group", "time")
UNSEEN = "not looked at"


@dataclass(frozen=True)
class Adopted:
    """What `adopt` did.

    Attributes
    ----------
    roles : dict of boxloop.adopt.roles.Guess
    notes : list of str, one sentence each
    table : Path of the table in the project
    backup : Path of the former study.toml, or None
    """

    roles: dict
    notes: list
    table: Path
    backup: Path | None


@dataclass(frozen=True)
class _Table:
    """A table, and how its columns were understood."""

    frame: pd.DataFrame
    notes: list
    kind: TaskKind
    target: str
    time: str | None
    labels: pd.Series
    roles: dict
    positive: str | None
    why_positive: str | None
    classes: tuple[str, ...] = ()  # of several


def adopt(
    project: Project,
    files: Path | Sequence[Path],
    *,
    target: str | Sequence[str] | None = None,
    ident: Any = None,
    group: Any = None,
    time: str | None = None,
    deployment: Path | None = None,
    positive: str | None = None,
    ignore: Sequence[str] = (),
    transform: str | None = None,
    table: str | None = None,
    class_from: str | None = None,
    force: bool = False,
) -> Adopted:
    """Take in a table; nothing is written before all of it is understood.

    Parameters
    ----------
    project : boxloop.base.places.Project
        Its study.toml may be the template's, which cannot be run yet.
    files, deployment : Path
        The labelled table, or several files that become one, and perhaps one of unlabelled objects.
    target, ident, group, time, positive, ignore, transform, table, class_from, force
        What stands behind the options of the command. Several targets are refused.

    Raises
    ------
    UserError
        If a table cannot be read or would be refused by a study, or study.toml would be lost.
    """
    options = {"--id": ident, "--group": group, "--time": time, "--positive": positive}
    options |= {"--transform": transform, "--deployment": deployment and str(deployment)}
    options |= {"--table": table, "--class-from": class_from}
    paths = [files] if isinstance(files, str | Path) else list(files)
    asked = held.Asked(tuple(map(str, paths)), options, tuple(dict.fromkeys(ignore)))
    asked = asked.of_one(target) if target else asked
    study = _former(project, force=force)["study"]
    with tempfile.TemporaryDirectory(prefix="boxloop-", ignore_cleanup_errors=True) as folder:
        one = asked.options.get("--target")
        source = sources.read(paths, Path(folder), target=one, table=table, class_from=class_from)
        return _taken_in(project, study, source, asked.of_one(source.target), deployment)


def _taken_in(
    project: Project, study: dict, source: Any, asked: held.Asked, deployment: Any
) -> Adopted:
    """Understand a table, copy its file and write study.toml."""
    path, transform = source.path, asked.options["--transform"]
    table = _understand(source, asked, refusals.kind_of_task(study.get("task", "regression")))
    far = by_reference.far(deployment, list(source.catalogue.frame.columns))
    others = far.catalogue if far else None
    if deployment and not far:
        others = sources.unlabelled(deployment, source)
    notes = table.notes + _notes(table, deployment, others, transform) + (far.notes if far else [])
    near = None if far else deployment
    places = {file: _place(project, file) for file in filter(None, (path, near))}
    facts = _facts(study, table) | _files(project, places, path, near)
    facts |= sources.facts(source, others) | (far.facts(project) if far else {})
    former = project.settings_file.read_text(encoding="utf-8")
    facts["release"] = study_toml.release_of(former)
    text, roles = _written(path, table, facts | {"transform": transform}, asked)
    for file, place in places.items():
        if not place.exists():
            written_whole(place, lambda part, file=file: shutil.copyfile(file, part))
    if far:
        far.keep(project)
    backup = _backup(project)
    write_text(project.settings_file, text)
    return Adopted(roles, notes, places[path], backup)


def _understand(source: Any, asked: held.Asked, kind: Any):
    """Return a `_Table` of which the roles mend what can be mended, or refuse it."""
    refusals.transform_fits(kind, asked.options["--transform"])
    path, catalogue = source.path, source.catalogue
    columns = {option: _here(asked.options[option], catalogue.frame) for option in NAMING}
    ignore = [_here(name, catalogue.frame) for name in asked.ignore]
    refusals.columns_are_there(path, catalogue.frame, columns, ignore=ignore)
    target, *_, time = columns.values()
    guessed = _roles(catalogue, ignore, dict(zip(NAMES, columns.values(), strict=True)))
    understood = as_understood(catalogue.frame, guessed)
    labels = refusals.classes_or_numbers(path, understood, target, kind)
    refusals.there_are_inputs(path, guessed)
    interest = refusals.interest(path, target, labels, kind, asked.options["--positive"])
    frame, notes = plain(understood), list(catalogue.notes)
    table = _Table(frame, notes, kind, target, time, labels, guessed, *interest)
    way = {"target": target, "in_time": _split(table)["strategy"] == "time"}
    roles = held.mended(frame, guessed, **way)
    refusals.there_are_inputs(path, roles)
    notes += held.not_weighing(guessed, roles, target)
    table = replace(table, roles=roles, notes=notes)
    several = kind.name == SEVERAL.name and asked.options["--positive"] is None
    names = hints.several(labels) if several else ()
    return _of_classes(replace(table, classes=names), table) if names else table


def _of_classes(table: Any, one: Any):
    """Return the table as a question of several classes, or that of `one` where too few remain."""
    asked = replace(table, kind=SEVERAL, positive=None, why_positive=None)
    nowhere = {"table": "-", "sha256": "", "deployment": None}
    settings = _usual(asked, _facts({}, asked) | nowhere)
    rows = held.usable(asked.frame, settings)
    names, enough = plan.with_enough(rows, settings), plan.fewest_of_a_class(len(rows))
    by = _split(asked)["strategy"]
    note = hints.too_few_rows(asked.labels, asked.classes, names, enough, by=by)
    if len(names) >= plan.FEWEST_CLASSES:
        return replace(asked, classes=tuple(names), notes=[*asked.notes, *note])
    why = "the class of interest: of the two with rows enough the rarer; all others are the rest"
    found = {"positive": names[1], "why_positive": why} if len(names) == 2 else {}
    return replace(one, classes=(), notes=[*one.notes, *note], **found)


def _here(name: Any, frame: pd.DataFrame) -> Any:
    """Return the name that a column has in the project."""
    return f"{name}_" if name in TAKEN and name not in frame else name


def _roles(catalogue: Catalogue, ignore: Sequence[str], named: dict) -> dict:
    """Return a `Guess` for every column; those that are to be ignored have no part in it."""
    if not ignore:
        return guess_roles(catalogue, **named)
    frame, out = catalogue.frame, dict.fromkeys(ignore, "you named it with --ignore")
    for found in error_columns(frame, {*ignore, *filter(None, named.values())}):
        out |= {
            name: f"an error of {base}, which is not used"
            for name, base in found.items()
            if base in ignore
        }
    guessed = guess_roles(replace(catalogue, frame=frame.drop(columns=list(out))), **named)
    left = {name: Guess("ignored", why, seen=UNSEEN) for name, why in out.items()}
    return {name: (guessed | left)[name] for name in frame.columns}


def _notes(table: Any, deployment: Any, found: Any, transform: str | None) -> list[str]:
    """Return what is worth knowing of a table, and of unlabelled objects, which may be refused."""
    in_time = _split(table)["strategy"] == "time"
    notes = hints.of_columns(table.labels, table.roles)
    notes += hints.of_size(table.roles, len(table.labels))
    notes += hints.of_extremes(table.frame, table.roles)
    notes += held.left_out(table.frame, table.roles, table.target, in_time=in_time)
    notes += tails.of_inputs(table.frame, table.roles)
    if deployment:
        others = plain(found.frame)
        refusals.deployment_has_inputs(deployment, others, table.frame, table.roles)
        notes += hints.of_deployment(deployment, others, table.frame, table.roles)
    if table.kind.has_classes:
        return notes + hints.of_classes(table.labels, table.positive, table.classes)
    return notes + hints.of_target(table.target, table.frame, table.roles, transform=transform)


def _facts(study: Any, table: Any) -> dict:
    """Return what study.toml says of the study; words of a person are taken over."""
    facts = {
        "title": study.get("title", "My study"),
        "author": study.get("author", ""),
        "question": study.get("question") or "TODO: one sentence that ends with a question mark",
        "task": table.kind.name,
        "target": table.target,
        "unit": table.roles[table.target].unit,
        "positive": table.positive,
        "why_positive": table.why_positive,
        "classes": list(table.classes) if table.kind.several else None,
        "rows": len(table.frame),
    }
    if table.kind.cut and table.kind.has_probabilities:  # how well a class is told decides, not
        words = f"{table.kind.cut.words}; 04 proposes the best F1"  # how rare it is
        facts["working_point"] = (table.kind.cut.usual, words)
    return facts


def _files(project: Project, places: Any, path: Path, deployment: Any):
    """Return what study.toml says of the files."""
    facts = {"table": project.relative(places[path]), "sha256": sha256(path)}
    if not deployment:
        return facts | {"deployment": None, "deployment_sha256": None}
    there = project.relative(places[deployment])
    return facts | {"deployment": there, "deployment_sha256": sha256(deployment)}


def _written(path: Path, table: Any, facts: Any, asked: held.Asked) -> tuple[str, dict]:
    """Return the text of study.toml, with a split by which the table can be divided, and roles.

    What was seen of a column is told of the rows that 01 and 02 may look at: what the test rows
    hold is nobody's business before 08 opens them.
    """
    split, settings = _split(table), _usual(table, facts)
    held.refuse(path, table.frame, settings, asked)
    rows = held.usable(table.frame, settings)
    Task(settings).refuse_untransformed(rows)
    split |= plan.choose(path.name, rows, settings)
    settings = _validated(study_toml.compose(facts, table.roles, split=split))
    sample = exploration(rows, settings)
    roles = {
        name: replace(guess, seen=describe(sample[name]) if guess.seen != UNSEEN else UNSEEN)
        for name, guess in held.seen_in(sample, table.roles, table.target).items()
    }
    refusals.there_are_inputs(path, roles)
    return study_toml.compose(facts, roles, split=split), roles


def _usual(table: Any, facts: Any):
    """Return the settings of a table, with the usual first look and the usual folds."""
    split = _split(table) | {"exploration": 0.2, "folds": 5}
    return _validated(study_toml.compose(facts, table.roles, split=split))


def _former(project: Project, *, force: bool) -> dict:
    """Return the study.toml that is there as a dict, or refuse to replace it."""
    name = project.settings_file.name
    try:
        text = project.settings_file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = (
            f"{name} is not valid TOML ({error}): "
            "mend it, so that its title and task can be taken over."
        )
        raise UserError(msg) from error
    if not isinstance(content.get("data"), dict) or not isinstance(content.get("study"), dict):
        task = _task_of(content)
        msg = (
            f"{name} belongs to a worked example, whose chapters speak of its own columns: convert "
            "it with `cookiecutter gh:OWNER/cookiecutter-boxloop start_from=own-data "
            f"task={task}`, and adopt the table in that project; what you wrote can go there."
        )
        raise UserError(msg)
    if not force and not study_toml.is_untouched(text):
        msg = f"{name} was edited: add --force to write a new one, a copy of yours is kept."
        raise UserError(msg)
    return content


def _task_of(content: dict) -> str:
    """Return the task that a study.toml names, whatever else is in it."""
    study = content.get("study")
    return str(study.get("task", "regression")) if isinstance(study, dict) else "regression"


def _place(project: Project, source: Path) -> Path:
    """Return where a table belongs in data/raw; another file of that name is never replaced."""
    source = source.resolve()
    if project.raw.resolve() in source.parents:
        return project.raw / source.relative_to(project.raw.resolve())
    place = project.raw / source.name
    if place.exists() and sha256(place) != sha256(source):
        msg = (
            f"{project.relative(place)} is there and holds another table: "
            f"rename {source.name}, or move the other one away."
        )
        raise UserError(msg)
    return place


def _split(table: Any) -> dict:
    """Return the strategy by which rows are divided, and why."""
    roles, time = table.roles, table.time
    group = next((name for name, guess in roles.items() if guess.role == "group"), None)
    time = time or (None if group else next((n for n, g in roles.items() if g.divides), None))
    if time and not (group and roles[group].reason == "you named it"):
        return {"strategy": "time", "why": f"What is later in {time} is never trained on."}
    if group:
        return {"strategy": "group", "why": f"Rows with the same {group} stay on one side."}
    others = 'Others are "group" and "time".'
    if table.kind.has_classes:
        why = "Each part has the same share of every class."
        return {"strategy": "stratified", "why": f"{why} {others}"}
    why = "No group and no time was named: rows count as independent."
    return {"strategy": "random", "why": f"{why} {others}"}


def _validated(text: str) -> Settings:
    """Return the settings in what is about to be written."""
    from boxloop.settings.load import Settings

    return Settings.model_validate(tomllib.loads(text))


def _backup(project: Project) -> Path | None:
    """Keep a copy of a study.toml that a person has written in, and return its path, or None."""
    if study_toml.is_untouched(project.settings_file.read_text(encoding="utf-8")):
        return None
    number = 1
    while (path := project.root / f"study.backup-{number}.toml").exists():
        number += 1
    written_whole(path, lambda part: shutil.copyfile(project.settings_file, part))
    return path
