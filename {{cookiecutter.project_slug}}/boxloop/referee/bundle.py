"""Whether the bundle of a release is made of its study: settings, facts, and the scope.

Where its rows are shared it is made again, by the machinery that is here, and compared.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, read_table
from boxloop.measure.model_file import load_model
from boxloop.predict.layout import BUNDLE, FACTS, SCOPE
from boxloop.referee.finding import (
    AGREES,
    CANNOT_TELL,
    DIFFERS,
    Finding,
    around,
    differences,
)
from boxloop.referee.sources import before_toys

if TYPE_CHECKING:
    from boxloop.measure.scope import Scope
    from boxloop.referee.sent import Sent

PART = "model"
SETTINGS = "study.toml"
# Of the scope, axes and rows along them, whose signs are another machine's; it is asked instead.
TURNED = ("round_", "kept_")
ALIKE, FEW = 1e-6, 0.01  # numbers of other machines; rows that may be judged otherwise
ASKED = 500  # rows, among which each input is shuffled by itself
OF_A_MACHINE = ("versions", "files")  # compared among the versions; hashes of what is compared


def look(sent: Sent, *, sure: bool) -> Iterator[Finding]:
    """Yield what of the bundle is another than is made of the study.

    Parameters
    ----------
    sent : Sent
    sure : bool
        Whether the versions here are the recorded ones; in others the last digits may differ.
    """
    mine = f"{BUNDLE}/{SETTINGS}"
    right = before_toys(sent) or sent.text(SETTINGS)
    if sent.has(mine) and sent.text(mine) != right:
        values = ((SETTINGS, *around(sent.text(mine), right)),)
        said = f"{mine} is not the {SETTINGS} of the study, by which predictions are made."
        yield Finding(PART, DIFFERS, said, mine, values)
        return
    if not sent.settings.release.share_data or not sent.has(f"{BUNDLE}/{FACTS}"):
        return
    sure = sure and sent.same_machinery
    with tempfile.TemporaryDirectory(prefix="boxloop-referee-") as place:
        try:
            other = list(_other(sent, _made(sent, Path(place))))
        except (UserError, OSError) as error:
            why = str(error).replace(f"{sent.project.root}/", "").partition(": ")[0].rstrip(".")
            said = f"{BUNDLE}/ cannot be made again, because {why}."
            yield Finding(PART, DIFFERS if sure else CANNOT_TELL, said, BUNDLE)
            return
    for name, rows in other:
        said = f"{BUNDLE}/{name} is not what is made of the study."
        yield Finding(PART, DIFFERS if sure else CANNOT_TELL, said, f"{BUNDLE}/{name}", rows)
    if not other:
        said = f"{BUNDLE}/: settings, facts and scope made again of the study."
        yield Finding(PART, AGREES, said, BUNDLE)


def _made(sent: Sent, place: Path) -> Path:
    """Return a folder with the bundle made again."""
    from boxloop.parcel.model import sources
    from boxloop.parcel.subject import Subject
    from boxloop.predict import bundle

    return bundle.write(place / BUNDLE, **sources(Subject(sent.project)))


def _other(sent: Sent, made: Path) -> Iterator[tuple[str, tuple[tuple[str, str, str], ...]]]:
    """Yield by name which files are others, and what differs."""
    told, found = sent.json(f"{BUNDLE}/{FACTS}"), read_cache(made / FACTS) or {}
    # Without pyproject.toml a project is called as its folder is.
    left_out = OF_A_MACHINE if sent.has("pyproject.toml") else (*OF_A_MACHINE, "name")
    parts = ({k: v for k, v in one.items() if k not in left_out} for one in (told, found))
    if rows := differences(*parts):
        yield FACTS, tuple(rows)
    stored, again = (load_model(one / BUNDLE / SCOPE) for one in (sent.project.root, made.parent))
    rows = differences(_learnt(stored), _learnt(again), close=ALIKE)
    if rows or _judged_otherwise(sent, stored, again) > FEW:
        yield SCOPE, tuple(rows)


def _learnt(scope: Scope) -> dict[str, Any]:
    """Return what a scope has learnt of the training rows, as numbers and words."""
    found = vars(scope) | {f"density.{name}": v for name, v in vars(scope.density_).items()}
    left_out = ("density_", *(f"density.{name}" for name in TURNED))
    return {name: value for name, value in found.items() if name not in left_out}


def _judged_otherwise(sent: Sent, stored: Scope, again: Scope) -> float:
    """Return the share of rows, near training and far from it, that two scopes judge otherwise."""
    rows = read_table(sent.project.interim / "validation.parquet")[again.names_]
    rng = np.random.default_rng(0)
    moved = {name: rng.permutation(rows[name].to_numpy()) for name in rows}
    both = pd.concat([rows.head(ASKED), rows.assign(**moved).head(ASKED)])
    one, two = (scope.judge(both)["in_scope"].to_numpy() for scope in (stored, again))
    return float(np.mean(one != two))
