"""The parameters that a run gives to the notebooks: what was typed, in their types."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    from boxloop.notebooks.graph import Chapter


def parse_sets(items: tuple) -> dict:
    """Return ``{key: text}`` of the ``KEY=VALUE`` items of the command line.

    Raises
    ------
    UserError
        If an item has no ``=``, or sets what has a command of its own.
    """
    values = {}
    for item in items:
        key, equals, text = item.partition("=")
        key = key.strip()
        if not equals or not key.isidentifier():
            msg = f"--set {item} is not of the form KEY=VALUE."
            raise UserError(msg)
        if key == "release_reason":
            msg = (
                "--set release_reason does not open the seal: use `boxloop release --reason TEXT`."
            )
            raise UserError(msg)
        values[key] = text
    return values


def _fit(key: str, text: str, default: Any, notebook: str):
    """Return `text` as a value of the type that `notebook` declares for `key`."""
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        value = text
    if isinstance(default, str) and not isinstance(value, str):
        return text
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if default is not None and type(value) is not type(default):
        msg = (
            f"--set {key}={text}: {notebook} expects {type(default).__name__}, "
            f"such as {key}={default!r}."
        )
        raise UserError(msg)
    return value


def parameters_of(
    selected: list[Chapter], *, sets: Any = (), smoke: bool = False, release_reason: Any = None
) -> Any:
    """Return ``{chapter name: {parameter: value}}``, only what differs from the notebooks' own.

    Raises
    ------
    UserError
        If a key is declared by no selected notebook, or a value has another type.
    """
    texts = parse_sets(sets)
    known = sorted({key for chapter in selected for key in chapter.parameters} - {"release_reason"})
    for key in texts:
        if key not in known:
            there = ", ".join(known) or "none"
            msg = f"--set {key}: no notebook to run has this parameter; there are {there}."
            raise UserError(msg)
    given = {"smoke": True} if smoke else {}
    if release_reason is not None:
        given["release_reason"] = release_reason
        if not any("release_reason" in chapter.parameters for chapter in selected):
            msg = (
                "No notebook has the parameter release_reason: "
                "restore 08_release.ipynb from your last commit."
            )
            raise UserError(msg)
    values = {}
    for chapter in selected:
        declared = chapter.parameters
        own = {
            key: _fit(key, text, declared[key], chapter.name)
            for key, text in texts.items()
            if key in declared
        }
        values[chapter.name] = own | {key: value for key, value in given.items() if key in declared}
    return values
