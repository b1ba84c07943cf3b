"""What pushes a single guess away from those of other rows, and how far: Shapley values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boxloop.measure.task import guess

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WALKS = 50
CELLS = 2e7  # numbers that are asked about at once: of thousands of columns all would not fit


@dataclass(frozen=True)
class Pushes:
    """The parts of the guess of each row; with `base` they add up to it exactly.

    Attributes
    ----------
    names : list of the k players
    parts : array of shape (n, k)
        In the unit of the guess: the Shapley values.
    errors : array of shape (n, k)
        Standard errors: the background is a sample, and so are the orders.
    base : array of shape (n,)
        The mean guess before anything of the row is known but the columns that are no input.
    guesses : array of shape (n,)
    """

    names: list[str]
    parts: np.ndarray
    errors: np.ndarray
    base: np.ndarray
    guesses: np.ndarray

    def towards(self, error: Any) -> np.ndarray:
        """Return how far each player pushes towards the error of a row, shape (n, k).

        Parameters
        ----------
        error : array of shape (n,), guess less truth
        """
        return self.parts * np.sign(np.asarray(error, dtype=float))[:, None]


def pushes(
    model: Any,
    rows: pd.DataFrame,
    background: pd.DataFrame,
    *,
    players: Mapping[str, Sequence[str]],
    seed: int,
    walks: int = WALKS,
    of: Sequence[int] | np.ndarray | None = None,
) -> Pushes:
    """Return what every input adds to the guess of a row, on average over all orders.

    From a row of the background to the row in question the players take over one after another;
    what the guess moves when a player's turn comes is its part. The mean over orders and
    background rows is the Shapley value of the game whose worth is the mean guess with some inputs
    of the row and the others of the background (Štrumbelj & Kononenko 2014, Eq. 8; Lundberg & Lee
    2017). Each order is walked in both directions, which takes out much of the noise (Mitchell et
    al. 2022, §4.2).

    Parameters
    ----------
    model : fitted estimator
    rows : DataFrame of n rows
    background : DataFrame
        The same columns. A sample of `walks` rows is used, each as often as any other.
    players : dict of lists of columns, by name
        Columns that move together are one player; all other columns stay those of the row.
    seed : int
    walks : int
        How many orders; each row is asked about ``2 * walks * (k + 1)`` times.
    of : array of shape (n,), optional; of several classes the code of the one that is explained
    """
    rng, k = np.random.default_rng(seed), len(players)
    start = _drawn(rng, len(background), walks)
    turns = np.argsort(rng.random((walks, k)), axis=1)  # the turn of each player in each order
    turns = np.concatenate([turns, k - 1 - turns])
    took_over = turns[:, None, :] < np.arange(k + 1)[:, None]
    said = _said(model, rows, background.iloc[np.r_[start, start]], players.values(), took_over)
    said = _own(said, of)
    steps = np.diff(said, axis=2)
    parts = np.take_along_axis(steps, turns[None], axis=2)
    parts = (parts[:, :walks] + parts[:, walks:]) / 2
    error = parts.std(axis=1, ddof=1) / np.sqrt(walks)
    ends = said[:, :, 0].mean(axis=1), said[:, 0, -1]
    return Pushes(list(players), parts.mean(axis=1), error, *ends)


def _own(said: np.ndarray, of: Any) -> np.ndarray:
    """Return of several classes the probability of one of them, row by row."""
    return said if of is None else said[np.arange(len(said)), :, :, np.asarray(of, dtype=int)]


def _drawn(rng: np.random.Generator, size: int, walks: int) -> np.ndarray:
    """Return row numbers, none twice as long as there are others."""
    rounds = -(-walks // size)
    return np.concatenate([rng.permutation(size) for _ in range(rounds)])[:walks]


def _said(
    model: Any, rows: pd.DataFrame, starts: pd.DataFrame, players: Any, took_over: np.ndarray
) -> np.ndarray:
    """Return the guess on every step of every walk, shape (n, walks, k + 1) or (…, K).

    Columns are taken by position, so that words stay words and gaps stay gaps.
    """
    (walks, steps, _), columns = took_over.shape, rows.shape[1]
    step = max(1, int(CELLS // (walks * steps * columns)))
    if step < len(rows):
        parts = [rows.iloc[first : first + step] for first in range(0, len(rows), step)]
        return np.concatenate([_said(model, part, starts, players, took_over) for part in parts])
    n = len(rows)
    row, walk = np.arange(n)[:, None, None], np.arange(walks)[None, :, None]
    shape = (n, walks, steps)
    own = np.broadcast_to(row, shape).ravel()
    other = np.broadcast_to(n + walk, shape).ravel()
    both = pd.concat([rows, starts], ignore_index=True)
    places = dict.fromkeys(rows, own)
    for number, moving in enumerate(players):
        mine = np.broadcast_to(took_over[:, :, number], shape).ravel()
        places |= dict.fromkeys(moving, np.where(mine, own, other))
    asked = pd.DataFrame({name: both[name].array.take(place) for name, place in places.items()})
    said = guess(model, asked)
    return said.reshape(*shape, *said.shape[1:])
