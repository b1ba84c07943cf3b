"""Names that have moved: notebooks and studies belong to a person, so their imports go on.

An old name gives the thing that has it now, and says once where that is. Nothing here is imported
as long as nobody asks for an old name. Whoever moves or renames a public name adds a line to
`MODULES` or `NAMES`; each says one step, and steps are followed to the end.
"""

import warnings
from functools import partial
from importlib import import_module
from importlib.abc import Loader
from importlib.machinery import ModuleSpec
from inspect import signature
from types import ModuleType
from typing import Any

# By module, below ``boxloop``, as it was called: the module that has its names now.
MODULES = {
    "adopt": "adopt.command",
    "answers": "notebooks.answers",
    "cards": "record.cards",
    "catalogue": "table.read",
    "checks.estimates": "measure.estimates",
    "checks.identifiers": "table.identifiers",
    "column_facts": "table.column",
    "curves": "measure.curves",
    "delimited": "table.text",
    "deployment": "measure.predicted",
    "distributions": "figures.distributions",
    "engine": "run.engine",
    "ensemble": "measure.ensemble",
    "error_columns": "adopt.error_columns",
    "errors": "base.errors",
    "executor": "run.execute",
    "explain": "measure.explain",
    "facts": "record.facts",
    "failures": "record.failures",
    "finish": "upkeep.finish",
    "folder": "notebooks.folder",
    "forked": "run.forked",
    "groups": "table.codes",
    "health": "record.health",
    "hints": "adopt.hints",
    "history": "record.history",
    "interrupt": "run.interrupt",
    "intervals": "measure.intervals",
    "leakage": "record.leakage",
    "ledger": "split.ledger",
    "lock": "run.lock",
    "loop": "notebooks.graph",
    "metrics": "measure.metrics",
    "model_file": "measure.model_file",
    "model_functions": "measure.model_functions",
    "model_parts": "measure.model_parts",
    "notebook": "notebooks.file",
    "outcome": "run.loop",
    "outputs": "run.outputs",
    "parallel": "measure.fits",
    "parameters": "notebooks.parameters",
    "passes": "record.passes",
    "paths": "base.places",
    "progress": "run.progress",
    "provenance": "base.provenance",
    "quick": "base.fast_imports",
    "release": "record.release",
    "residuals": "measure.residuals",
    "roles": "adopt.roles",
    "runner": "run.loop",
    "scores": "measure.ranking",
    "seal": "split.seal",
    "settings": "settings.load",
    "sheets": "record.sheets",
    "shift": "measure.shift",
    "spine": "record.results",
    "split": "split.division",
    "split_plan": "adopt.plan",
    "station": "record.station",
    "status": "record.status",
    "store": "base.files",
    "strata": "measure.strata",
    "strays": "run.strays",
    "stress": "measure.stress",
    "study_tables": "settings.tables",
    "study_toml": "adopt.study_toml",
    "style": "base.style",
    "suitable": "adopt.refusals",
    "task": "measure.task",
    "tasks": "run.schedule",
    "warm": "run.pool",
    "watch": "settings.watch",
    "weighted": "measure.weighted",
}
# Names that went another way than their module, or are called otherwise now; ``a.b.name``.
NAMES = {
    "curves.can_follow": "measure.curves.has_loss_curve",
    "curves.follow": "measure.curves.loss_curve",
    "curves.verdict": "measure.curves.judge_loss_curve",
    "distributions.plot_distributions": "figures.distributions.draw_distributions",
    "explain.leading": "measure.explain.leading_inputs",
    "explain.plot_ablation": "figures.ablation.draw_ablation",
    "figures.draw_stress_map": "figures.stress_map.draw_stress_map",
    "measure.in_scope": "measure.shift.in_scope",
    "measure.safe_unsafe": "measure.stress.safe_unsafe",
    "measure.stress_verdicts": "measure.stress.stress_verdicts",
    "measure.weak_segment": "measure.strata.weak_segment",
    "parallel.cluster": "run.cluster.cluster",
    "release.measure_sets": "measure.sets.measure_sets",
    "shift.weights": "measure.shift.shift_weights",
    "store.merge": "record.results.merge",
    "stress.FURTHEST": "figures.stress_map.FURTHEST",
    "stress.draw": "figures.stress_map.draw_predictors",
    "stress.draw_map": "figures.stress_map.draw_stress_map",
    "stress.measure": "measure.stress.measure_primary",
    "stress.members": "measure.stress.refit_on_resamples",
    "stress.moves": "measure.stress.input_moves",
    "stress.verdicts": "measure.stress.stress_verdicts",
}
# Functions of ``boxloop.task`` that took the settings, and are methods of `boxloop.measure.Task`
# now: the place of the settings among their arguments.
METHODS = {
    "task.axis": 0,
    "task.compare_guesses": 2,
    "task.labels": 1,
    "task.score": 2,
    "task.scorer": 0,
    "task.seen": 1,
    "task.trivial": 0,
    "task.truth": 1,
}
# What a notebook has at its desk instead, where it need not import anything.
DESK = {
    "answers.read_answers": "answers()",
    "cards.demoted": "keep_card(name, card)",
    "deployment.predictions": "predict_deployment(...)",
    "failures.collect": "failures_log(...)",
    "failures.read_notes": "failures_log(...)",
    "failures.stale_notes": "failures_log(...)",
    "failures.tried": "failures_log(...)",
    "history.changes": "history()",
    "history.interval": "history()",
    "history.table": "history()",
    "intervals.compare": "compare(frame, guesses)",
    "loop.read_loop": "code()",
    "model_file.model_hash": "model_facts(model, X)",
    "model_file.parameters": "model_facts(model, X)",
    "notebook.code_cells": "code()",
    "notebook.read_notebook": "code()",
    "parallel.each": "map(function, items)",
    "passes.all_passes": "passes()",
    "paths.STATIONS": "read_earlier(file)",
    "provenance.machine": "machine()",
    "provenance.requirements": "requirements()",
    "release.earlier": "earlier_release(...)",
    "release.manifest": "manifest(patterns)",
    "release.measure_sets": "measure_sets(opened, guesses)",
    "release.releases": "releases()",
    "seal.last": "ledger()",
    "seal.note_training": "note_training()",
    "seal.open_seal": "open_seal(...)",
    "seal.openings": "ledger()",
    "seal.read_ledger": "ledger()",
    "sheets.appendix_a": "appendix_a()",
    "spine.judge": "judge_criteria(sets)",
    "split.divide": "divide(labelled)",
    "split.exploration": "exploration(labelled)",
    "split.thin": "thin(frame)",
    "split.units": "units(frame)",
    "stress.measure": "measure_primary(frame, fitted)",
    "task.PASSING": "task.passing",
    "task.axis": "task.axis()",
    "task.compare_guesses": "compare(frame, guesses)",
    "task.labels": "task.labels(frame)",
    "task.score": "task.score(y, values)",
    "task.scorer": "task.scorer()",
    "task.seen": "task.seen(frame)",
    "task.trivial": "task.trivial()",
    "task.truth": "task.truth(frame)",
}
# What is written instead of a name that notebooks and studies share with nobody any more.
INSTEAD = {"catalogue.read_catalogue": "from boxloop.table import read_rows"}


# The arguments are those of the import system.
def find_spec(name: str, path: Any = None, target: Any = None) -> Any:  # noqa: ARG001
    """Return how to make a module that is no longer there, or None where there never was one."""
    here = name.removeprefix("boxloop.")
    return ModuleSpec(name, _Moved()) if here in MODULES else None


class _Moved(Loader):
    """Makes a module that hands on what it is asked for."""

    def create_module(self, spec: Any) -> Any:
        return ModuleType(spec.name, f"Has moved to `boxloop.{module_now(spec.name)[8:]}`.")

    def exec_module(self, module: Any) -> None:
        module.__getattr__ = partial(old, module.__name__)


def module_now(name: str) -> str:
    """Return the name of the module that has the names of this one now; its own if it is there."""
    now = MODULES.get(name.removeprefix("boxloop."))
    return f"boxloop.{now}" if now and name.startswith("boxloop.") else name


def old(module: str, name: str, *, asked_by: int = 1) -> Any:
    """Return what the name in a module has become, and say once where that is now.

    Parameters
    ----------
    module, name : str
        Such as ``boxloop.task`` and ``guess``.
    asked_by : int
        How many frames up the line stands that asked for it: the sentence is put down to that
        line, so a cell shows it, and so does the test of a study.

    Raises
    ------
    AttributeError
        If there never was such a name.
    """
    key = f"{module.removeprefix('boxloop.')}.{name}"
    if key in METHODS:
        method = DESK[key].partition("(")[0].rpartition(".")[2]
        value = partial(_method, method, METHODS[key])
        new = f"boxloop.measure.Task(settings).{method}"
    elif key == "task.PASSING":
        value, new = _passing(), "boxloop.measure.Task(settings).passing"
    elif not name.startswith("__") and (now := _now(key)):
        where, _, new = now.rpartition(".")
        value = getattr(import_module(f"boxloop.{where}"), new)
        new = INSTEAD.get(key) or _public(where, new) or _metric(where, new)
    else:
        msg = f"module {module!r} has no attribute {name!r}"
        raise AttributeError(msg)
    setattr(import_module(module), name, value)  # the next one who asks finds it there
    ways = [f"`here.{DESK[key]}` in a notebook"] if key in DESK else []
    ways += [f"`{new}`"] if new else []
    # Where nothing is promised instead, the old name itself is what stays.
    do = f"write {', or '.join(ways)}" if ways else "nothing to do, it works under this name alone"
    sentence = f"{module}.{name} has moved: {do}."
    warnings.warn(sentence, DeprecationWarning, stacklevel=1 + asked_by)
    return value


def _now(key: str):
    """Return ``a.b.name`` as it is called today, or None where it is called so today."""
    first, seen = key, set()
    while key not in seen:
        seen.add(key)
        module, _, name = key.rpartition(".")
        key = NAMES.get(key) or f"{MODULES.get(module, module)}.{name}"
    return key if key != first else None


def _public(where: str, name: str) -> str | None:
    """Return how a public name of a module is imported; None where nobody is promised it."""
    room = import_module(f"boxloop.{where.partition('.')[0]}")
    if name not in getattr(room, "__all__", ()):
        return None
    same = getattr(room, name) is getattr(import_module(f"boxloop.{where}"), name)
    return f"from {room.__name__} import {name}" if same else None


def _metric(where: str, name: str) -> str | None:
    """Return how a metric is called by its name; None of another thing."""
    if where not in ("measure.metrics", "measure.ranking"):
        return None
    from boxloop.measure import METRICS

    if name not in METRICS:
        return None
    cut = "working_point" in signature(getattr(import_module(f"boxloop.{where}"), name)).parameters
    call = f"METRICS['{name}'](truth, guess{', working_point' if cut else ''})"
    return f"from boxloop.measure import METRICS` and `{call}"


def _method(method: Any, settings_at: Any, *given: Any, **options: Any):
    """Call a method of the task of a study as the function that it was."""
    # No statement: those are read to know what a kernel needs, and every room leads here.
    Task = import_module("boxloop.measure.task").Task  # a class
    if "settings" in options:
        settings, rest = options.pop("settings"), given
    else:
        settings, rest = given[settings_at], given[:settings_at] + given[settings_at + 1 :]
    return getattr(Task(settings), method)(*rest, **options)


def _passing():
    """Return by kind of task what the field calls the shares that pass a cut."""
    kinds = import_module("boxloop.measure.kinds").TASKS
    return {name: kind.cut.passing for name, kind in kinds.items() if kind.cut}
