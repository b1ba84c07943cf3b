"""Shift between two samples: weights that make one look like the other, and distances."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from boxloop.measure.estimates import numeric
from boxloop.measure.scope import Scope

# Training rows among which neighbours are looked for: all pairs of a million rows take hours.
SEARCHED = 20_000


def alike(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the frames as `numeric` does, with the same code for a word in all of them.

    Parameters
    ----------
    frames : dict of DataFrame
        The same columns in each; their own index is replaced by row numbers.
    """
    together = numeric(
        pd.concat({name: frame.reset_index(drop=True) for name, frame in frames.items()})
    )
    return {
        name: together.loc[name] if len(frame) else together.iloc[:0]
        for name, frame in frames.items()
    }


def spread_out() -> Any:
    """Return an unfitted transformer for any table: gaps get the median, columns a bell shape."""
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import QuantileTransformer

    fill = SimpleImputer(strategy="median", keep_empty_features=True)
    # Of more than 10,000 rows it looks at a sample, so it needs a seed.
    return make_pipeline(
        fill, QuantileTransformer(n_quantiles=100, output_distribution="normal", random_state=0)
    )


def in_scope(learnt: pd.DataFrame, home: pd.DataFrame, frame: pd.DataFrame) -> np.ndarray:
    """Return which rows are like training rows, bool of shape (rows of `frame`,).

    See `boxloop.measure.scope.Scope`, which says the reason too.

    Parameters
    ----------
    learnt, home, frame : DataFrame
        The inputs of the training rows, of the validation rows and of the rows in question.
    """
    return Scope().fit(learnt, home).judge(frame)["in_scope"].to_numpy()


def shift_weights(
    frame: pd.DataFrame, towards: pd.DataFrame, *, columns: list[str], scale: Any
) -> np.ndarray:
    """Return the weights with which the rows of one sample look like another in the named columns.

    A logistic regression tells the samples apart; its odds are the ratio of their densities.

    Parameters
    ----------
    frame, towards : DataFrame
    columns : list of str
    scale : unfitted transformer
        Brings the columns to comparable units, for example logarithms and then a `StandardScaler`.

    Returns
    -------
    array of shape (rows of `frame`,)
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    origin = np.repeat([0, 1], [len(frame), len(towards)])
    sorter = make_pipeline(clone(scale), LogisticRegression())
    sorter.fit(pd.concat([frame[columns], towards[columns]]), origin)
    chance = sorter.predict_proba(frame[columns])[:, 1]
    return chance / (1 - chance)


def effective_rows(weight: np.ndarray) -> float:
    """Return how many rows of equal weight would be as good: (Σ weight)² / Σ weight²."""
    weight = np.asarray(weight)
    return float(weight.sum() ** 2 / (weight**2).sum())


def distances(
    learnt: pd.DataFrame, frames: list[pd.DataFrame], *, scale: Any, neighbours: int = 5
) -> list[np.ndarray]:
    """Return the distance of each row of each frame to the training rows.

    Parameters
    ----------
    learnt : DataFrame
        The inputs of the training rows. Of more than `SEARCHED` a sample of as many is searched,
        for all frames the same: it is sparser than all rows, so distances are larger, and compare
        with each other alone.
    frames : list of DataFrame
        The same columns.
    scale : unfitted transformer
        As in `shift_weights`.
    neighbours : int

    Returns
    -------
    list of arrays
        Mean distance to the nearest training rows, in the units of `scale`.
    """
    from sklearn.neighbors import NearestNeighbors

    scale = clone(scale).fit(learnt)
    if len(learnt) > SEARCHED:
        learnt = learnt.iloc[
            np.sort(np.random.default_rng(0).choice(len(learnt), SEARCHED, replace=False))
        ]
    nearest = NearestNeighbors(n_neighbors=neighbours).fit(scale.transform(learnt))
    return [nearest.kneighbors(scale.transform(frame))[0].mean(axis=1) for frame in frames]
