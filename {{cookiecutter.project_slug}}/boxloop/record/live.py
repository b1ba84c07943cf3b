"""A chapter in JupyterLab: edits of the study count at once, mistakes are short, a run is known.

A chapter that `boxloop run` executes, or papermill, does not get here: nobody edits meanwhile.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from boxloop.record import by_hand

if TYPE_CHECKING:
    from boxloop.base.places import Project


def window() -> Any:
    """Return the shell of a notebook that a person runs cell by cell, or None.

    A window says with each cell which one of the notebook it is; papermill and nbconvert do not.
    """
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    kernel: Any = getattr(shell, "kernel", None)
    try:
        return shell if kernel.get_parent("shell")["metadata"]["cellId"] else None
    except (AttributeError, LookupError, TypeError):
        return None


class Live:
    """What looks after a chapter between its cells.

    Parameters
    ----------
    shell : IPython.core.interactiveshell.InteractiveShell
    """

    def __init__(self, shell: Any) -> None:
        self.shell, self._seen, self._old = shell, {}, {}
        self._settings: Any = None
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        if not shell.custom_exceptions:  # the person may have a way of their own
            shell.set_custom_exc((Exception,), self._mistake)

    def begin(self, project: Project, name: str) -> None:
        """Look after this chapter from here on."""
        self.project, self.name = project, name
        self._settings = _stamp(project.settings_file)

    def _before(self, *_: Any) -> None:
        """Before each cell: read again what was edited."""
        modules = dict(_study_modules())
        stamps = {name: _stamp(module.__file__) for name, module in modules.items()}
        changed = [name for name in modules if self._seen.get(name, stamps[name]) != stamps[name]]
        self._seen = stamps | {name: self._seen[name] for name in changed}
        if changed:
            self._read_again(modules, changed, stamps)
        if self._settings != (now := _stamp(self.project.settings_file)):
            self._settings = now
            _say("study.toml was changed: run the cell `setup` again, and those below it.")

    def _after(self, *_: Any) -> None:
        """After each cell: note what it has imported."""
        for name, module in _study_modules():
            self._seen.setdefault(name, _stamp(module.__file__))

    def _read_again(self, modules: dict, changed: list[str], stamps: dict) -> None:
        """Read the changed modules again, and then those that may have taken values from them."""
        from IPython.extensions.autoreload import superreload

        others = [name for name in reversed(modules) if name not in changed and "." in name]
        for name in [*changed, *others]:
            inside = {k: v for k, v in vars(modules[name]).items() if isinstance(v, ModuleType)}
            try:
                superreload(modules[name], importlib.reload, self._old)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is of the person's code
                _say(f"{_path(name)} cannot be read again, the old one goes on. {_plain(error)}")
                return
            for key, module in inside.items():  # a package knows what was imported of it
                if module.__name__ == f"{name}.{key}":
                    vars(modules[name]).setdefault(key, module)
        self._seen |= stamps
        paths = ", ".join(map(_path, changed))
        _say(f"{paths} changed and is read again: cells above may need to be run again.")

    def _mistake(self, shell: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> Any:
        """Show a mistake; what is short by itself is shown by IPython as ever."""
        from boxloop.record import mistakes  # here, for most kernels need it never

        notebook = self.project.notebooks / f"{self.name}.ipynb"
        if lines := mistakes.lines_of(error, notebook):
            return mistakes.show(shell, error, lines)
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
        return None


def _plain(error: Exception) -> str:
    """Return an error of the study in one line, with its place."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__} in line {error.lineno}: {error.msg}"
    from boxloop.base.errors import own_lines

    own = own_lines(error.__traceback__)
    return f"{type(error).__name__}: {error}" + (f" ({own[-1].place})" if own else "")


def _path(module: str) -> str:
    return "study/__init__.py" if module == "study" else f"{module.replace('.', '/')}.py"


def _study_modules() -> Iterator[tuple[str, ModuleType]]:
    """Yield name and module of the study's own modules that were imported."""
    for name, module in list(sys.modules.items()):
        inside = name == "study" or name.startswith("study.")
        if inside and getattr(module, "__file__", None):
            yield name, module


def _stamp(path: Any) -> tuple | None:
    """Return what changes with a file's content, or None where it is gone."""
    try:
        facts = Path(path).stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size


def _say(line: str) -> None:
    print(line, file=sys.stderr)


_LIVE: list[Live] = []  # one for each kernel, begun anew by each desk


def attend(project: Project, name: str) -> None:
    """Look after a chapter, where a person runs it in a window."""
    shell = window()
    if shell is None:
        return
    if not _LIVE:
        _LIVE.append(Live(shell))
    _LIVE[0].begin(project, name)


def ended() -> dict | None:
    """Return what ``station.json`` says of a run by hand; None of any other."""
    shell = window()
    return None if shell is None else by_hand.facts_of_hand(shell)
