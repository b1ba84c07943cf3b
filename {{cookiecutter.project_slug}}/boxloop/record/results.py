"""What everything else is rendered from: ``metrics.json``, ``checks.json``, ``verdict.json``.

They are made from what each notebook left, and made again whenever they are not that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, read_json, sha256, write_cache, write_json
from boxloop.notebooks.file import asked, code_cells, read_notebook
from boxloop.notebooks.folder import chapter_names
from boxloop.record import verdict
from boxloop.record.facts import validity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.checks.core import CheckUnit
    from boxloop.record.status import Row
    from boxloop.settings.load import Settings
    from boxloop.split.locked import Lock, Past


TINY = 1e-6  # a lower bound below this asks for more than nothing
NOT_ASKED = "No notebook asks it"  # so begins the row of a check that is missed
PREDICTORS = ("model", "reference", "trivial", "difference")
_HAVE_NOT_RUN = "has not run yet"
NOT_OF_TODAY = ("failed", "is out of date")  # what it left, or chapters after it, is of before


AT_HOME = "train_cv", "validation", "test"  # sets of the rows that the model is made for
# Chapters that keep what every cut of their sets would give: validation rows, and opened ones.
CUT = "05_diagnose", "08_release"


def headline_set(sets: dict) -> str | None:
    """Return the set that the headline speaks of: test once it was opened, else validation."""
    return next((name for name in ("test", "validation") if name in sets), None)


def _entry(name: str, sets: dict, chosen: str | None, unit: str) -> dict:
    from boxloop.measure.metrics import (
        METRICS,  # here, because every run looks whether the spine is good
    )

    metric = METRICS[name]
    values = sets.get(chosen, {}).get("metrics", {}).get(name, {})
    scale = (values.get("model") or {}).get("scale")
    mix = metric.mix_in_words(values.get("model"))
    return (
        ({"mix": mix} if mix else {})
        | {
            "name": name,
            "label": metric.titled(scale),
            "unit": metric.in_unit(unit, scale),
            "better": metric.better,
            "set": chosen,
        }
        | {key: values.get(key) for key in PREDICTORS}
    )


def _led(primary: dict, sets: dict, unit: str) -> dict:
    """Return the primary entry; where tails are heavy, with the robust one that leads it.

    Residuals of training rows out of fold tell of tails as well: they are more. The primary metric
    stays the one of study.toml, and criteria are judged by it.
    """
    from boxloop.measure.evidence import ROBUST

    seen = [sets.get(name, {}).get("metrics", {}).get(primary["name"], {}) for name in AT_HOME]
    judged = ("model", "reference", "difference")  # the trivial one has the tails of the target
    entries = [found[who] for found in (primary, *seen) for who in judged if found.get(who)]
    notes = [entry["note"] for entry in entries if "heavy_tails" in entry]
    if not notes:
        return primary
    robust = _entry(ROBUST, sets, primary["set"], unit)
    found = {"heavy_tails": True, "note": notes[0]}
    return primary | found | ({"robust": robust} if robust["model"] else {})


def measured(criterion: Any, sets: dict) -> float | None:
    """Return the number that a criterion asks for, or None where its set was not measured yet.

    ``value`` is the model's metric, ``low`` and ``high`` are the ends of its interval (None where
    it has none), ``difference_low`` is the lower end of the interval of its difference from the
    domain reference, ``gain`` that difference as a share of the reference's value (None where
    that is zero).
    """
    values = sets.get(criterion.set, {}).get("metrics", {}).get(criterion.metric)
    if not values:
        return None
    if criterion.quantity in ("value", "low", "high"):
        return values["model"].get(criterion.quantity)
    if criterion.quantity == "difference_low":
        return values["difference"]["low"]
    return verdict.gain(values)


def chapter_numbers(
    project: Project, criteria: Iterable, note: Callable[[Path], object] = lambda _: None
) -> dict[str, dict]:
    """Return by chapter the numbers that criteria ask of it, in the form of a set of rows.

    Parameters
    ----------
    project : Project
    criteria : iterable of Criterion
    note : callable, optional
        Told each file that is read. One that its chapter does not vouch for is passed over.
    """
    found = {}
    for name in sorted({one.set for one in criteria if one.of_chapter}):
        path, station = (project.station(name) / f"{part}.json" for part in ("numbers", "station"))
        facts, numbers = read_cache(station), read_cache(path)
        made = facts.get("makes") if isinstance(facts, dict) else None
        if not isinstance(made, dict) or not isinstance(numbers, dict):
            continue
        if path.is_file() and made.get(project.relative(path)) == sha256(path):
            note(path)
            found[name] = {"metrics": {one: {"model": said} for one, said in numbers.items()}}
    return found


def judge(criterion: Any, sets: Any) -> dict:
    """Return a criterion with the number measured and whether it is met (None: not measured)."""
    value = measured(criterion, sets)
    bound, holds = _bound(criterion)
    return {
        "name": criterion.name,
        "metric": criterion.metric,
        "set": criterion.set,
        "quantity": criterion.quantity,
        "bound": bound,
        "value": value,
        "met": None if value is None else bool(holds(value)),
    }


def _bound(criterion: Any) -> tuple:
    """Return what a criterion asks for in words, and the function that says whether it is so."""
    if (above := criterion.above) is not None:
        return f"above {above:g}", lambda value: value > above
    if (low := criterion.at_least) is not None:
        # A study.toml that was adopted before `above` was known asks for 1e-100.
        words = "above 0" if 0 < low < TINY else f"at least {low:g}"
        return words, lambda value: value >= low
    return f"at most {criterion.at_most:g}", lambda value: value <= criterion.at_most


def judge_all(settings: Settings, sets: Any, held: Lock | None = None) -> list[dict]:
    """Return the criteria that count, each with what was measured and whether it is met.

    Once the test set was opened these are the criteria that were locked then: one that was changed
    since says so (``now``), and one that was dropped since is not met.

    Parameters
    ----------
    settings : boxloop.settings.load.Settings
    sets : dict
    held : boxloop.split.locked.Lock, optional
    """
    from boxloop.settings.tables import Criterion
    from boxloop.split.locked import by_name, rule

    today = settings.study.criteria
    if held is None or held.bound is None:
        return [judge(criterion, sets) for criterion in today]
    written, rows = by_name(today), []
    for name, bound in held.bound.criteria.items():
        try:
            row = judge(Criterion.model_validate({"name": name, **bound}), sets)
        except (ValueError, KeyError):  # of a version that knew other criteria
            asks = {key: str(bound.get(key, "")) for key in ("metric", "set", "quantity")}
            row = {"name": name, **asks, "bound": rule(bound), "value": None, "met": None}
        if name not in written:
            row |= {"now": "dropped after the opening", "met": False}
        elif written[name] != bound:
            row["now"] = f"{rule(written[name])} after the opening"
        rows.append(row)
    return rows


def past_of(project: Project) -> Past:
    """Return what the ledger says; one that is damaged says nothing, and is told of elsewhere."""
    from boxloop.split.locked import Past
    from boxloop.split.seal import read_ledger

    try:
        return Past(read_ledger(project))
    except UserError:
        return Past([])


def held_to(past: Past, settings: Settings) -> Lock | None:
    """Return what the ledger holds the criteria of today to, None where nothing is locked."""
    from boxloop.split.locked import lock

    return lock(past, settings.study.criteria, settings.study.primary_metric)


def _locked(held: Lock | None, past: Past | None) -> dict:
    """Return what ``metrics.json`` says of the ledger: openings, and changes of criteria."""
    found: dict[str, Any] = {}
    if past is not None:
        count = len(past.counted) + past.uncounted
        found["openings"] = {"count": count, "words": past.words}
    if held is not None:
        found["lock"] = {
            "early": held.first.early,
            "before": len(held.before),
            "after": len(held.after),
            "sentences": held.sentences,
        }
    return found


def assemble_metrics(
    sets: dict, settings: Settings, past: Past | None = None, numbers: dict | None = None
) -> dict:
    """Return the content of ``metrics.json`` for the sets measured so far.

    Parameters
    ----------
    sets : dict
    settings : boxloop.settings.load.Settings
    past : boxloop.split.locked.Past, optional
        The ledger: it knows which criteria were locked when the test set was opened.
    numbers : dict, optional
        What criteria ask of chapters, see `chapter_numbers`.
    """
    study, held = settings.study, held_to(past, settings) if past else None
    chosen = headline_set(sets)
    primary = _entry(study.primary_metric, sets, chosen, study.unit)
    return {
        "primary": _led(primary, sets, study.unit),
        "secondary": [_entry(name, sets, chosen, study.unit) for name in study.secondary_metrics],
        "criteria": judge_all(settings, sets | (numbers or {}), held),
        **_locked(held, past),
        "sets": sets,
    }


def assemble_checks(
    rows: list[dict], settings: Settings, names: list[str], to_come: dict
) -> list[dict]:
    """Return the content of ``checks.json``: what was recorded, and what nobody asks.

    Each row has a weight; what an older chapter left without one gets that of its check, and is a
    note where there is no such check any more.

    Parameters
    ----------
    rows : list of dict
    settings : boxloop.settings.load.Settings
    names : list of str
        The chapters there are.
    to_come : dict
        Of the chapters that have left nothing yet: the ids of the checks that each asks.
    """
    from boxloop.checks import REGISTRY
    from boxloop.checks.waiver import under

    recorded = {row["id"] for row in rows}
    rows = [{"weight": _weight(row["id"], REGISTRY)} | row for row in rows]
    silent = [unit for unit in REGISTRY.values() if rows and unit.id not in recorded]
    asked_by_none = [_not_asked(unit, settings.study.task, names, to_come) for unit in silent]
    found = [under(row, settings.waivers) for row in filter(None, asked_by_none)]
    return sorted([*rows, *found], key=lambda row: (row["notebook"], row["id"]))


def _weight(check_id: str, registry: dict[str, CheckUnit]) -> str:
    return registry[check_id].weight if check_id in registry else "note"


def _not_asked(unit: CheckUnit, task: str, names: list[str], to_come: dict) -> dict | None:
    """Return the row of a check that nobody has asked, or None where that may still come.

    A check is missed once its notebook has run, so that one which an update brings, and no cell
    of an older notebook calls, does not vanish.
    """
    reason, call = {}, f'here.check("{unit.id}", ...)'
    fix = f"Call {call} in {unit.notebook}.ipynb, as that of a fresh project does."
    if unit.tasks and task not in unit.tasks:
        state, message = "not-applicable", "Not measured."
        tasks = " and ".join(sorted(unit.tasks))
        reason, fix = {"reason": f"This check is for {tasks}; the task here is {task}."}, unit.fix
    elif unit.notebook not in names:
        state, message = "unanswered", f"{NOT_ASKED}: there is no {unit.notebook}.ipynb."
        fix = f"Restore {unit.notebook}.ipynb, or call {call} in a notebook of yours."
    elif unit.notebook in to_come or any(unit.id in ids for ids in to_come.values()):
        return None
    else:
        state, message = "unanswered", f"{NOT_ASKED}: it belongs into {unit.notebook}."
    return {
        "id": unit.id,
        "notebook": unit.notebook,
        "state": state,
        "weight": unit.weight,
        "value": None,
        "threshold": unit.threshold,
        "detectable": None,
        "source": unit.source,
        "message": message,
        "fix": fix,
    } | reason


def _parts(project: Project, name: str) -> list:
    """Return content and hash of what a notebook left, checks first; none if it is another."""
    station = read_cache(project.station(name) / "station.json")
    made = station.get("makes") if isinstance(station, dict) else None
    found = []
    for part, kind in (("checks.json", list), ("metrics.json", dict)):
        path = project.station(name) / part
        known = made.get(project.relative(path)) if isinstance(made, dict) else None
        if known is None or not path.is_file() or sha256(path) != known:
            return []
        if not isinstance(content := read_cache(path), kind):
            return []
        found.append((content, known))
    return found


def merge(project: Project, settings: Settings, undone: list | None = None) -> None:
    """Make the three files of ``results/`` from what the chapters left.

    What a chapter left counts if its ``station.json`` vouches for it; one that is gone, or was
    broken off, has left nothing. Two notebooks may end at the same moment: whoever wrote looks
    whether something came in meanwhile, and merges again.

    Parameters
    ----------
    undone : pairs of str, optional
        For the verdict: a chapter that is not done, and what is wrong with it; by default those
        that have left nothing.
    """
    merged: tuple | None = None
    while merged != (merged := _left(project)):
        names, left = merged
        sets: dict[str, dict] = {}
        checks: list[dict] = []
        for (rows, _), (metrics, _) in left.values():
            checks += rows
            sets |= metrics.get("sets", {})
        to_come = {name: _asks(project, name) for name in names if name not in left}
        late = [[name, _HAVE_NOT_RUN] for name in to_come] if undone is None else undone
        numbers = chapter_numbers(project, settings.study.criteria)
        metrics = assemble_metrics(sets, settings, past_of(project), numbers)
        checks = assemble_checks(checks, settings, names, to_come)
        found = verdict.judge(checks, metrics, settings, undone=late)
        write_json(project.metrics_file, metrics)
        write_json(project.checks_file, checks)
        if found:
            write_json(project.verdict_file, found)
        else:
            project.verdict_file.unlink(missing_ok=True)
    write_cache(_stamp(project), [*_vouched(project, merged), late])


def _left(project: Project) -> tuple:
    """Return the names of the chapters, and by name what those left that have left something."""
    names = chapter_names(project)
    return names, {name: parts for name in names if (parts := _parts(project, name))}


def checks_left(project: Project, settings: Settings) -> list[dict]:
    """Return the rows of ``checks.json`` as they follow from what the chapters have left."""
    names, left = _left(project)
    rows = [row for (checks, _), _ in left.values() for row in checks]
    to_come = {name: _asks(project, name) for name in names if name not in left}
    return assemble_checks(rows, settings, names, to_come)


def metrics_left(project: Project, settings: Settings) -> dict:
    """Return the content of ``metrics.json`` as it follows from what the chapters have left."""
    sets: dict[str, dict] = {}
    for _, (metrics, _) in _left(project)[1].values():
        sets |= metrics.get("sets", {})
    numbers = chapter_numbers(project, settings.study.criteria)
    return assemble_metrics(sets, settings, past_of(project), numbers)


def _asks(project: Project, name: str) -> list[str]:
    """Return the ids of the checks that a chapter asks; a damaged one says so when it runs."""
    try:
        cells = code_cells(read_notebook(project.notebooks / f"{name}.ipynb"))
    except UserError:
        return []
    return [check_id for _, text in cells for check_id in asked(text)]


def _stamp(project: Project) -> Path:
    return project.report / "merged_from.json"


def _vouched(project: Project, left: tuple) -> list:
    """Return what the three files are made from, and what they hold."""
    names, parts = left
    known = [known for found in parts.values() for _, known in found]
    files = (project.metrics_file, project.checks_file, project.verdict_file)
    made = [path.is_file() and sha256(path) for path in files]
    ledger = project.ledger_file.is_file() and sha256(project.ledger_file)
    return [validity(project), names, known, made, ledger]


def refresh(project: Project, rows: list[Row] | None = None) -> bool:
    """Make the three files again unless they are what the chapters left; return whether needed.

    Parameters
    ----------
    rows : list of boxloop.record.status.Row, optional
        How it stands with the chapters; found out by default.
    """
    left = _left(project)
    if not left[1]:
        return False  # where nothing was left, there is nothing that could be made
    if rows is None:
        from boxloop.record.status import status

        rows = status(project)
    undone = behind(rows)
    if read_cache(_stamp(project)) == [*_vouched(project, left), undone]:
        return False
    from boxloop.settings.load import (
        load_settings,
    )  # here, because it takes longer than to see that all is well

    merge(project, load_settings(project.settings_file), undone)
    return True


def behind(rows: list[Row]) -> list[list[str]]:
    """Return the chapters whose results are not those of today, each with what is wrong."""
    failed, old = NOT_OF_TODAY
    words = {"failed": failed, "stale": old, "never run": _HAVE_NOT_RUN}
    found = [[row.name, words[row.state]] for row in rows if row.state != "done"]
    quick = [[row.name, "has quick numbers"] for row in rows if row.state == "done" and row.smoke]
    return found + quick


def verdict_so_far(
    project: Project, settings: Settings, name: str, checks: list[dict], sets: dict
) -> dict | None:
    """Return the verdict as a chapter sees it that is still running.

    Parameters
    ----------
    name : str
        The chapter.
    checks, sets : list of dict, dict
        What it has checked and measured so far, and what the chapters before it have.
    """
    names = chapter_names(project)
    to_come = {other: _asks(project, other) for other in names if other >= name}
    rows = assemble_checks(checks, settings, names, to_come)
    numbers = chapter_numbers(project, settings.study.criteria)
    metrics = assemble_metrics(sets, settings, past_of(project), numbers)
    return verdict.judge(rows, metrics, settings)


def read_checks(project: Project) -> Any:
    """Return the rows of ``results/checks.json``, none where it is missing.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    return _shaped(project.checks_file, [])


def read_metrics(project: Project) -> Any:
    """Return the content of ``results/metrics.json``, empty where it is missing.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    return _shaped(project.metrics_file, {})


def read_verdict(project: Project) -> dict | None:
    """Return the content of ``results/verdict.json``, None where it is missing.

    Raises
    ------
    UserError
        If the file is damaged.
    """
    found = read_json(project.verdict_file, None)
    if found is None:
        return None
    facts = found if isinstance(found, dict) else {}
    texts = (facts.get("state"), facts.get("sentence"), *(facts.get("because") or ()))
    if all(isinstance(text, str) for text in texts):
        return facts | {"because": list(facts.get("because") or ())}
    msg = "results/verdict.json is damaged: run `boxloop run`, which makes it again."
    raise UserError(msg)


def _shaped(path: Path, default: dict | list) -> dict | list[dict]:
    content = read_json(path, default)
    rows = content if isinstance(content, list) else [content]
    if isinstance(content, type(default)) and all(isinstance(row, dict) for row in rows):
        return content
    msg = f"results/{path.name} is damaged: run `boxloop run`, which makes it again."
    raise UserError(msg)
