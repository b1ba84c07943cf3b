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
from types import ModuleType

from boxloop.base import lazy

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
    "deployment": "measure.scope",
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
    "explain.plot_ablation": "figures.ablation.plot_ablation",
    "parallel.cluster": "run.cluster.cluster",
    "store.merge": "record.results.merge",
    "stress.FURTHEST": "figures.stress_map.FURTHEST",
    "stress.draw": "figures.stress_map.draw",
    "stress.draw_map": "figures.stress_map.draw_map",
}
# Functions of ``boxloop.task`` that took the settings, and are methods of `boxloop.measure.Task`
# now: the place of the settings among their arguments, and the call to write instead.
METHODS = {
    "task.axis": (0, "axis()"),
    "task.compare_guesses": (2, "compare(frame, guesses, draws=draws, seed=seed)"),
    "task.labels": (1, "labels(frame)"),
    "task.score": (2, "score(y, values)"),
    "task.scorer": (0, "scorer()"),
    "task.seen": (1, "seen(frame)"),
    "task.trivial": (0, "trivial()"),
    "task.truth": (1, "truth(frame)"),
}


def find_spec(name, path=None, target=None):  # noqa: ARG001  # as the import system calls it
    """Return how to make a module that is no longer there, or None where there never was one."""
    here = name.removeprefix("boxloop.")
    return ModuleSpec(name, _Moved()) if here in MODULES else None


class _Moved(Loader):
    """Makes a module that hands on what it is asked for."""

    def create_module(self, spec):
        return ModuleType(spec.name, f"Has moved to `boxloop.{module_now(spec.name)[8:]}`.")

    def exec_module(self, module):
        module.__getattr__ = partial(old, module.__name__)


def module_now(name):
    """Return the name of the module that has the names of this one now; its own if it is there."""
    now = MODULES.get(name.removeprefix("boxloop."))
    return f"boxloop.{now}" if now and name.startswith("boxloop.") else name


def old(module, name, *, asked_by=1):
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
        settings_at, call = METHODS[key]
        value = partial(_method, call.partition("(")[0], settings_at)
        words = f"`here.task.{call}`, in a study `boxloop.measure.Task(settings).{call}`"
    elif not name.startswith("__") and (now := _now(key)) != key:
        where, _, name_now = now.rpartition(".")
        value = getattr(import_module(f"boxloop.{where}"), name_now)
        room = f"boxloop.{where.partition('.')[0]}"
        import_module(room)
        public = f"boxloop.{where}" == f"{room}.{lazy.MODULES.get(room, {}).get(name_now)}"
        words = f"`from {room if public else f'boxloop.{where}'} import {name_now}`"
    else:
        msg = f"module {module!r} has no attribute {name!r}"
        raise AttributeError(msg)
    setattr(import_module(module), name, value)  # the next one who asks finds it there
    sentence = f"{module}.{name} has moved: write {words}."
    warnings.warn(sentence, DeprecationWarning, stacklevel=1 + asked_by)
    return value


def _now(key):
    """Return ``a.b.name`` as it is today."""
    seen = set()
    while key not in seen:
        seen.add(key)
        module, _, name = key.rpartition(".")
        key = NAMES.get(key) or f"{MODULES.get(module, module)}.{name}"
    return key


def _method(method, settings_at, *given, **options):
    """Call a method of the task of a study as the function that it was."""
    # No statement: those are read to know what a kernel needs, and every room leads here.
    Task = import_module("boxloop.measure.task").Task  # a class
    if "settings" in options:
        settings, rest = options.pop("settings"), given
    else:
        settings, rest = given[settings_at], given[:settings_at] + given[settings_at + 1 :]
    return getattr(Task(settings), method)(*rest, **options)
