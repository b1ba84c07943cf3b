"""Checks of the release: somebody else can load it, use it and build on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from boxloop.base.written import says_something

from .core import Finding, NotApplicable, check, listed
from .power import counted

POWER = counted("one other prediction")
LICENCE_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "COPYING")
ENVIRONMENT_FILES = ("environment.txt", "results/08_release/environment.txt")
# These licences speak through their copyright line; others, such as Apache or GPL, stand unchanged.
NAMED_LICENCE = re.compile(
    r"Permission is hereby granted|Permission to use, copy, modify|Redistribution and use in source"
)
COPYRIGHT = re.compile(
    r"copyright[ \t]+(?:\(c\)[ \t]*|©[ \t]*)?"
    r"(?:19|20)\d\d(?:[ \t]*[-–,][ \t]*\d{4})*,?[ \t]+(?P<name>\S.*)",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(
    r"[\[<{](?:year|yyyy|fullname|full name|name|owner|author|copyright holders?|name of)",
    re.IGNORECASE,
)


@check(
    "release.reload",
    notebook="08_release",
    weight="limit",
    threshold=1e-9,
    source="Huppenkothen et al. §2.6",
    fix="Run 04 again so that the model file and the stored predictions come from one training.",
)
def reload(
    model_file: Path,
    X: Any,
    expected: Any,
    *,
    load: Callable[[Path], Any] | None = None,
    again: Callable[[Path, Any], Any] | None = None,
    threshold: float,
) -> Finding:
    """The model file loads and predicts what the study reports.

    Parameters
    ----------
    model_file : path of a skops file, or of a bundle or a release
    X : DataFrame
    expected : array of shape (n,), or (n, K) of class probabilities
        Stored guesses as `boxloop.measure.task.guess` returns them, or what ``predict`` says.
    load : callable, optional
        Turns the path into a model; else `load_model` does.
    again : callable, optional
        Asks the bundle in a fresh Python, see `boxloop.predict.fresh.ask`. Then each bit must be
        the same, unless versions of packages differ: the threshold is for them.
    """
    expected = np.asarray(expected)
    try:
        predicted, drift = _said(Path(model_file), X, expected, load, again)
    except Exception as error:  # noqa: BLE001  # whatever stops it is what this check is about
        message = f"The model file {Path(model_file).name} does not load: {error}"
        return Finding(None, passed=False, message=message, power=POWER)
    if predicted.shape != expected.shape:
        shapes = f"predicts shape {predicted.shape}, stored are {expected.shape}"
        return Finding(None, passed=False, message=f"The model file {shapes}.", power=POWER)
    worst = _difference(predicted, expected)
    if drift is not None:
        return _afresh(worst, drift, predicted, expected, threshold)
    message = (
        f"Loaded from {Path(model_file).name}, the model differs from the stored predictions by at "
        f"most {worst:.2g} (threshold {threshold:g})."
    )
    return Finding(worst, worst <= threshold, message, POWER)


def _said(
    path: Path, X: Any, expected: np.ndarray, load: Callable | None, again: Callable | None
) -> tuple[np.ndarray, dict | None]:
    """Return what the model says, and in a fresh Python what has another version there."""
    from boxloop.measure.model_file import load_model

    if again is None:
        return _answers((load or load_model)(path), X, expected), None
    found = again(path, X)
    return np.asarray(found.said), found.drift


def _afresh(
    worst: float, drift: dict, predicted: np.ndarray, expected: np.ndarray, threshold: float
) -> Finding:
    """Return the finding on predictions of a fresh Python: bits, or the drift of versions."""
    same = predicted.tobytes() == np.ascontiguousarray(expected, predicted.dtype).tobytes()
    begin, rows = "In a fresh Python the bundle", f"{len(expected):,} stored predictions"
    if same:
        others = f", under {_versions(drift)} too" if drift else ""
        message = f"{begin} gives all {rows} to the last bit{others}."
        return Finding(0.0, passed=True, message=message, power=POWER)
    differs = f"{begin} differs from the {rows} by at most {worst:.2g}"
    if drift:
        message = f"{differs} under {_versions(drift)} (threshold {threshold:g})."
        return Finding(worst, worst <= threshold, message, POWER)
    message = (
        f"{differs}, though all versions are the same: they come from another training, or from "
        "another kind of processor."
    )
    return Finding(worst, passed=False, message=message, power=POWER)


def _versions(drift: dict[str, tuple[str, str]]) -> str:
    """Return in words what has another version than where the model was made."""
    return listed(f"{name} {now} instead of {then}" for name, (then, now) in drift.items())


def _difference(predicted: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest relative difference of numbers, or the share of other values."""
    if expected.dtype.kind not in "fiub":
        return float((predicted != expected).mean())
    size = np.maximum(np.abs(expected.astype(float)), 1e-12)
    gap = np.abs(predicted.astype(float) - expected) / size
    return float(np.nan_to_num(gap, nan=np.inf).max(initial=0.0))


def _answers(model: Any, X: Any, expected: np.ndarray) -> np.ndarray:
    from boxloop.measure.task import guess

    if expected.ndim == 2:
        return np.asarray(model.predict_proba(X))
    return guess(model, X) if expected.dtype.kind == "f" else np.asarray(model.predict(X))


@check(
    "release.licence",
    notebook="08_release",
    weight="note",
    threshold=0,
    source="Huppenkothen et al. §2.6, A.6b",
    fix="Put a LICENSE file into the project's root, with the year and the name of the owner "
    "filled in.",
)
def licence(
    root: Path,
    *,
    threshold: float,  # noqa: ARG001  # every check is handed one
) -> Finding:
    """There is a licence with a year and a name."""
    path = next(
        (Path(root) / name for name in LICENCE_FILES if (Path(root) / name).is_file()), None
    )
    power = counted("a missing licence")
    if path is None:
        message = "There is no LICENSE file in the project's root."
        return Finding(1, passed=False, message=message, power=power)
    text = path.read_text(encoding="utf-8", errors="replace")
    if not text.strip():
        return Finding(1, passed=False, message=f"{path.name} is empty.", power=power)
    line = COPYRIGHT.search(text)
    name = line["name"].strip() if line else ""
    unfilled = "{{" in text or bool(name and PLACEHOLDER.search(name))
    if unfilled or not says_something(text) or (NAMED_LICENCE.search(text) and not name):
        message = f"{path.name} has no year and name of an owner in its copyright line."
        return Finding(1, passed=False, message=message, power=power)
    message = f"{path.name} holds a licence of {len(text):,} characters."
    message = f"{path.name} says: {line[0].strip()}." if line else message
    return Finding(0, passed=True, message=message, power=power)


@check(
    "release.environment",
    notebook="08_release",
    weight="note",
    threshold=0,
    source="Huppenkothen et al. §2.6",
    fix="Run 08 in the environment of the study: it writes environment.txt.",
)
def environment(
    root: Path, *, requirements: Iterable[str] | None = None, threshold: float
) -> Finding | NotApplicable:
    """The exact version of every required package is on record.

    Parameters
    ----------
    root : folder of the project
    requirements : list of str, optional
        Requirement lines; by default the dependencies in pyproject.toml.
    """
    path = next(
        (Path(root) / name for name in ENVIRONMENT_FILES if (Path(root) / name).is_file()), None
    )
    if path is None:
        message = "There is no environment.txt."
        return Finding(None, passed=False, message=message, power=counted("a missing file"))
    required = _names(_declared(Path(root)) if requirements is None else requirements)
    if not required:
        return NotApplicable("pyproject.toml declares no requirements.")
    exact = re.findall(
        r"^\s*([A-Za-z0-9][\w.\-]*)\s*===?\s*[\w.!+\-]+",
        path.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    missing = sorted(required - {_normal(name) for name in exact})
    message = f"environment.txt gives exact versions of {len(exact)} packages"
    message += (
        f" but not of {listed(missing)} ({threshold:g} allowed)."
        if missing
        else f", all {len(required)} required ones among them."
    )
    return Finding(len(missing), len(missing) <= threshold, message, counted("one package"))


def _declared(root: Path) -> list[str]:
    import tomllib

    path = root / "pyproject.toml"
    if not path.is_file():
        return []
    return (
        tomllib.loads(path.read_text(encoding="utf-8")).get("project", {}).get("dependencies", [])
    )


def _names(requirements: Iterable[str]) -> set[str]:
    """Return the packages that these requirement lines ask for on this machine."""
    from packaging.requirements import Requirement

    parsed = [Requirement(line) for line in requirements]
    return {
        _normal(entry.name)
        for entry in parsed
        if entry.marker is None or entry.marker.evaluate({"extra": ""})
    }


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
