"""The checks of chapter 06: a stress test, and weights for a covariate shift."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from boxloop.teach.exercises import check, wrong
from boxloop.teach.shapes import an_array

ROWS, LEVEL = 4_000, 0.1
SMALL = 0.02  # of a unit; much less, and trees and densities take all values for one


@check("6.1")
def stress_test(
    answer: Callable, *, rows: pd.DataFrame, inputs: Sequence[str], under: Callable, at_home: dict
) -> str:
    """Check a test that adds noise to one column.

    Parameters
    ----------
    answer : callable
    rows : DataFrame
        Validation rows.
    inputs : sequence of str
        Candidates for the column that is disturbed in the study, the leading one first.
    under : callable
        Returns what model and reference do on harder rows.
    at_home : dict
        The same of undisturbed rows.
    """
    table = _small_table()
    before = table.copy(deep=True)
    got = _asked(answer, table, "flux", 0.5)
    if not table.equals(before):
        wrong("The table that was handed in is changed, and with it every test that follows: copy.")
    _only_the_column(before, got)
    _the_noise(answer, before, got)
    for name in inputs:
        if not pd.api.types.is_float_dtype(rows[name]) or not rows[name].std() > 0:
            continue
        harder = _asked(answer, rows, name, LEVEL)
        if (rows[name] > 0).all() and not (harder[name] > 0).all():
            continue  # its noise is a factor: a mass below zero is none
        now = under(harder)
        both = [f"{at_home[who]:#.3g} to {now[who]:#.3g}" for who in ("model", "reference")]
        words = f"Here noise of level {LEVEL} in {name} takes the primary metric from {both[0]}"
        return f"{words} for the model, and from {both[1]} for the reference."
    return "No input of this study may be disturbed so: their noise is a factor, or they are codes."


def _small_table() -> pd.DataFrame:
    rng = np.random.default_rng(61)
    flux = rng.normal(100, 8, ROWS)
    flux[::50] = np.nan
    known = {"name": [f"o{k}" for k in range(ROWS)], "flux": flux, "size": rng.uniform(size=ROWS)}
    return pd.DataFrame(known, index=rng.permutation(ROWS) + 7)


def _asked(answer: Callable, table: pd.DataFrame, column: str, level: float) -> pd.DataFrame:
    got = answer(table, column, level, np.random.default_rng(6))
    if not isinstance(got, pd.DataFrame):
        wrong(f"A harder table is asked for; what came back is a {type(got).__name__}.")
    return got


def _only_the_column(before: pd.DataFrame, got: pd.DataFrame) -> None:
    if list(got.columns) != list(before.columns) or not got.index.equals(before.index):
        wrong("Rows, columns and their order must stay: a test changes values and nothing else.")
    if not got.drop(columns="flux").equals(before.drop(columns="flux")):
        wrong(
            "Another column has changed too: where two things move at once, nobody can say which"
            " of them broke the model."
        )
    if (got["flux"].isna() & before["flux"].notna()).any():
        wrong("Values have become missing that were not: take a scatter that leaves gaps out.")
    if (got["flux"].notna() & before["flux"].isna()).any():
        wrong("A missing value was filled: noise cannot measure what nobody has measured.")


def _the_noise(answer: Callable, before: pd.DataFrame, got: pd.DataFrame) -> None:
    known = before["flux"].notna()
    step = (got["flux"] - before["flux"])[known].to_numpy()
    scatter = before["flux"].std()
    if not step.any():
        wrong("Nothing has changed at a level of 0.5.")
    if step.std() < 1e-9 * scatter:
        wrong("All rows moved by one step: that is a wrong zero point; noise is drawn row by row.")
    if abs(step.mean()) > 5 * step.std() / np.sqrt(len(step)):
        wrong("The noise has a mean, so that it moves the zero point as well: one fault at a time.")
    if abs(step.std() / (0.5 * scatter) - 1) > 0.08:
        wrong(
            f"At a level of 0.5 the noise has a standard deviation of {step.std() / scatter:.2f} of"
            " the column's own: only a level in that unit means the same in every column."
        )
    if abs(np.corrcoef(step, before["flux"][known])[0, 1]) > 0.1:
        wrong("The noise follows the value: what depends on it is another law, and no noise.")
    if not _asked(answer, before, "flux", 0.0)["flux"].equals(before["flux"]):
        wrong("Level zero must give the table back: it is the control of the experiment.")
    if not _asked(answer, before, "flux", 0.5).equals(got):
        wrong("The same seed gave other noise: draw with the generator that is handed in.")


@check("6.2")
def covariate_weights(answer: Callable) -> str:
    """Check weights with which one sample looks like another.

    Parameters
    ----------
    answer : callable
    """
    rng, shift = np.random.default_rng(62), 0.8
    home = pd.DataFrame({"x": rng.normal(size=3_000), "z": rng.normal(size=3_000)})
    away = pd.DataFrame({"x": rng.normal(shift, 1, 1_500), "z": rng.normal(size=1_500)})
    weight = an_array(answer(home.copy(), away.copy()), len(home), "weights of the rows at home")
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        wrong("A weight is a ratio of two densities: finite, and above zero.")
    _follow_the_ratio(home, weight, shift)
    order = rng.permutation(len(home))
    turned = an_array(answer(home.iloc[order], away.copy()), len(home), "weights")
    if np.corrcoef(np.log(turned), np.log(weight[order]))[0, 1] < 0.99:
        wrong("Rows in another order got other weights: each belongs to its own row.")
    tiny = home.assign(x=home["x"] * SMALL), away.assign(x=away["x"] * SMALL)
    other = an_array(answer(*tiny), len(home), "weights")
    along = np.polyfit(np.log(weight), np.log(other), 1)[0]  # a penalty makes it smaller than 1
    if np.corrcoef(np.log(other), np.log(weight))[0, 1] < 0.99 or along < 0.95:
        wrong(
            "A column in other units gave other weights: a classifier with a penalty asks for"
            " columns of one scale."
        )
    left = weight.sum() ** 2 / (weight**2).sum()
    return f"Of 3,000 rows so weighted {left:,.0f} are left, counted as Kish does."


def _follow_the_ratio(home: pd.DataFrame, weight: np.ndarray, shift: float) -> None:
    """Compare with the exact ratio of two normal densities."""
    climb, other = np.linalg.lstsq(
        np.column_stack([home["x"], home["z"], np.ones(len(home))]), np.log(weight), rcond=None
    )[0][:2]
    if abs(climb) < 0.1:
        wrong("All rows weigh about the same, though the two samples differ in their first column.")
    if climb < 0:
        wrong(
            "Rows that are rare among the new objects got the large weights: the odds are those of"
            " being new."
        )
    mean = np.average(home["x"], weights=weight)
    if climb < 0.75 * shift:
        wrong(
            f"Weighted, the mean of the first column is {mean:.2f}, and {shift:.2f} among the new"
            " objects: a probability levels off at one, where a ratio of densities goes on."
        )
    if climb > 1.25 * shift or abs(other) > 0.2:
        wrong(
            f"Weighted, the mean of the first column is {mean:.2f}, and {shift:.2f} among the new"
            " objects: the weight is one ratio of the two densities, and once."
        )
