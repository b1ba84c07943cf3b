"""Take in a stranger's table: understand it, copy it to data/raw, and write the study.toml that says what was understood."""

import shutil
import tomllib
from dataclasses import dataclass
from pathlib import Path

from boxloop.adopt import hints, plan, refusals, study_toml
from boxloop.adopt.roles import guess_roles
from boxloop.base.errors import UserError
from boxloop.base.files import sha256, write_text, written_whole
from boxloop.split.division import measured
from boxloop.table.read import TAKEN, in_project, read_catalogue

RARE = 0.1  # a class of interest with a smaller share is cut where it is likelier than by chance


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


def adopt(
    project,
    path,
    *,
    target,
    ident=None,
    group=None,
    time=None,
    deployment=None,
    positive=None,
    force=False,
):
    """Take in a table; nothing is written before all of it is understood.

    Parameters
    ----------
    project : boxloop.base.places.Project
        Its study.toml may be the template's, which cannot be run yet.
    path, deployment : Path
        The labelled table, and perhaps one of unlabelled objects.
    target, ident, group, time, positive : str
        Columns, and the class of interest.
    force : bool
        Replace a study.toml that a person has edited; a copy of it is kept in any case.

    Raises
    ------
    UserError
        If a table cannot be read, a column is not there or does not suit the task, or study.toml
        would be lost.
    """
    before = _former(project, force=force)
    catalogue = in_project(read_catalogue(path))
    notes = list(catalogue.notes)
    target, ident, group, time = (
        f"{name}_" if name in TAKEN and name not in catalogue.frame else name
        for name in (target, ident, group, time)
    )
    refusals.columns_are_there(
        path, catalogue.frame, {"--target": target, "--id": ident, "--group": group, "--time": time}
    )
    task = before["study"].get("task", "regression")
    labels = refusals.classes_or_numbers(path, catalogue.frame, target, task)
    roles = guess_roles(catalogue, target=target, ident=ident, group=group, time=time)
    refusals.there_are_inputs(path, catalogue.frame, roles)
    notes += hints.of_columns(labels, roles)
    others = in_project(read_catalogue(deployment)).frame if deployment else None
    if others is not None:
        refusals.deployment_has_inputs(deployment, others, roles)
        notes += hints.of_deployment(deployment, others, catalogue.frame, roles)
    places = {source: _place(project, source) for source in filter(None, (path, deployment))}
    interest = refusals.interest(path, labels, task, positive)
    notes += (
        hints.of_target(target, catalogue.frame, roles)
        if task == "regression"
        else hints.of_classes(labels, interest[0])
    )
    facts = _understood(before["study"], task, roles[target], labels, interest)
    facts |= {"target": target, "rows": len(catalogue.frame)}
    for kind, source in {"table": path, "deployment": deployment}.items():
        facts[kind] = project.relative(places[source]) if source else None
        facts["sha256" if kind == "table" else "deployment_sha256"] = (
            sha256(source) if source else None
        )
    split = _split(roles, task, time)
    settings = _validated(
        study_toml.compose(facts, roles, split=split | {"exploration": 0.2, "folds": 5})
    )
    split |= plan.choose(path.name, _usable(catalogue.frame, settings), settings)
    text = study_toml.compose(facts, roles, split=split)
    for source, place in places.items():
        if not place.exists():
            written_whole(place, lambda part, source=source: shutil.copyfile(source, part))
    backup = _backup(project)
    write_text(project.settings_file, text)
    return Adopted(roles, notes, places[path], backup)


def _understood(study, task, target, labels, interest):
    """Return what study.toml says of the study: its own words are taken over from the one before."""
    positive, why = interest
    facts = {
        "title": study.get("title", "My study"),
        "author": study.get("author", ""),
        "question": study.get("question") or "TODO: one sentence that ends with a question mark",
        "task": task,
        "unit": target.unit,
        "positive": positive,
        "why_positive": why,
    }
    if task == "classification" and (share := float((labels == positive).mean())) < RARE:
        facts["working_point"] = (
            f"{share:.2g}",
            "a rare class is selected where it is likelier than by chance",
        )
    return facts


def _former(project, *, force):
    """Return the study.toml that is there as a dict, or refuse to replace it."""
    name = project.settings_file.name
    try:
        text = project.settings_file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        msg = f"{name} is not valid TOML ({error}): mend it, so that its title and task can be taken over."
        raise UserError(msg) from error
    if not isinstance(content.get("data"), dict) or not isinstance(content.get("study"), dict):
        msg = f"{name} belongs to a worked example: make a project with start_from = own-data and adopt the table there."
        raise UserError(msg)
    if not force and not study_toml.is_untouched(text):
        msg = f"{name} was edited: add --force to write a new one, a copy of yours is kept."
        raise UserError(msg)
    return content


def _place(project, source):
    """Return where a table belongs in data/raw; a file of that name with another content is never replaced."""
    source = source.resolve()
    if project.raw.resolve() in source.parents:
        return project.raw / source.relative_to(project.raw.resolve())
    place = project.raw / source.name
    if place.exists() and sha256(place) != sha256(source):
        msg = f"{project.relative(place)} is there and holds another table: rename {source.name}, or move the other one away."
        raise UserError(msg)
    return place


def _split(roles, task, time):
    group = next((name for name, guess in roles.items() if guess.role == "group"), None)
    if time and not (group and roles[group].reason == "you named it"):
        return {"strategy": "time", "why": f"What is later in {time} is never trained on."}
    if group:
        return {"strategy": "group", "why": f"Rows with the same {group} stay on one side."}
    if task == "regression":
        return {
            "strategy": "random",
            "why": 'No group and no time was named: rows count as independent. Others are "group" and "time".',
        }
    return {
        "strategy": "stratified",
        "why": 'Each part has the same share of every class. Others are "group" and "time".',
    }


def _usable(frame, settings):
    """Return the rows that have a target and what the split needs."""
    needed = [
        settings.study.target,
        settings.only("group"),
        settings.only("time") if settings.split.strategy == "time" else None,
    ]
    return (
        measured(frame, settings)
        .dropna(subset=[name for name in needed if name])
        .reset_index(drop=True)
    )


def _validated(text):
    """Return the settings in what is about to be written."""
    from boxloop.settings.load import Settings

    return Settings.model_validate(tomllib.loads(text))


def _backup(project):
    """Keep a copy of a study.toml that a person has written in, beside it, and return its path; None of one that nobody has touched."""
    if study_toml.is_untouched(project.settings_file.read_text(encoding="utf-8")):
        return None
    number = 1
    while (path := project.root / f"study.backup-{number}.toml").exists():
        number += 1
    written_whole(path, lambda part: shutil.copyfile(project.settings_file, part))
    return path
