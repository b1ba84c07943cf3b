"""Parts of a sample: measured one by one, because a metric depends on the rows it is taken on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from boxloop.measure.intervals import compare, group_bootstrap
from boxloop.measure.metrics import METRICS

QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")


def quarters(values: np.ndarray | pd.Series) -> Any:
    """Return for each value the quarter of the sample that it lies in, a Categorical of shape (n,).

    Equal values lie in the same quarter, so that quarters of a column with few values differ in
    size; a column with at most four values has these in place of quarters. A missing value lies in
    none.
    """
    column = pd.Series(np.asarray(values, dtype=float))
    there = np.unique(column.dropna())
    if len(there) <= len(QUARTERS):
        written = ([f"{value:.{digits}g}" for value in there] for digits in (3, 6, 9, 17))
        names = next(words for words in written if len(set(words)) == len(there))
        return pd.Categorical(column.map(dict(zip(there, names, strict=True))), names)
    rank = column.rank(pct=True)
    return pd.Categorical(
        pd.cut(rank, np.linspace(0, 1, 5), labels=QUARTERS)
    ).remove_unused_categories()


def split_parts(strata: dict) -> dict[str, np.ndarray]:
    """Return the row numbers of every part.

    Parameters
    ----------
    strata : dict
        For each kind of division a label for every row; rows without a label belong to no part.

    Returns
    -------
    dict of arrays
        By name, such as ``"state: merging"``; labels in their own order where they have one.
    """
    return {
        f"{kind}: {label}": np.flatnonzero(np.asarray(labels) == label)
        for kind, labels in strata.items()
        for label in pd.Categorical(labels).categories
    }


def compare_parts(
    truth: pd.Series,
    predictions: Any,
    *,
    parts: Any,
    groups: np.ndarray,
    metrics: Any,
    draws: Any = 1000,
    seed: Any = 0,
    working_point: Any = None,
) -> pd.DataFrame:
    """Return every metric of every predictor in every part, with its interval.

    Parameters
    ----------
    truth, groups : arrays of shape (n,)
    predictions : dict of arrays of shape (n,), or (n, K) of several classes
    parts : dict of arrays of row numbers
    metrics : list of str
    working_point : float, optional
        For metrics that need one; parts with one class only have NaN in their place.

    Returns
    -------
    DataFrame
        Columns `stratum`, `n`, `metric`, `who`, `value`, `low`, `high`; `note` if there is one;
        of scores `signal`, the share of the class of interest.
    """
    truth, groups, rows = np.asarray(truth), np.asarray(groups), []
    for name, part in parts.items():
        inside = {who: np.asarray(values)[part] for who, values in predictions.items()}
        options = {"metrics": metrics, "draws": draws, "seed": seed, "working_point": working_point}
        found = compare(truth[part], inside, groups=groups[part], **options)
        if len(np.unique(truth[part])) < 2:
            found = {
                name: _unknown(values) if METRICS[name].ranked else values
                for name, values in found.items()
            }
        facts = {"stratum": name, "n": len(part)} | _mix(truth[part], metrics)
        rows += [
            facts | {"metric": metric, "who": who} | _told(found[metric][who])
            for metric in found
            for who in inside
        ]
    return pd.DataFrame(rows)


def _mix(truth: np.ndarray, metrics: Any) -> dict[str, float]:
    """Return the share of the class of interest, where it is scores that are measured."""
    if not any(METRICS[metric].ranked for metric in metrics) or (truth > 1).any():
        return {}
    return {"signal": float(np.mean(truth > 0)) if len(truth) else np.nan}


def _told(entry: dict) -> dict:
    """Return an interval without its flags, which its note has in words."""
    return {key: entry[key] for key in ("value", "low", "high", "note") if key in entry}


def _unknown(values: dict) -> dict[str, dict]:
    """Return the intervals of a metric with NaN in every place."""
    return {who: dict.fromkeys(("value", "low", "high"), np.nan) for who in values}


def measure_parts(
    statistic: Callable,
    *arrays: Any,
    parts: dict[str, np.ndarray],
    groups: np.ndarray,
    draws: int = 1000,
    seed: int = 0,
) -> pd.DataFrame:
    """Return a statistic in every part, with its interval by bootstrap over groups.

    Returns
    -------
    DataFrame
        Columns `n`, `value`, `low`, `high`, index the name of the part; parts without rows are
        left out.
    """
    whole, groups = [np.asarray(array) for array in arrays], np.asarray(groups)
    rows = {}
    for name, part in parts.items():
        if len(part):
            inside = [array[part] for array in whole]
            found = group_bootstrap(statistic, *inside, groups=groups[part], draws=draws, seed=seed)
            rows[name] = {"n": len(part)} | found._asdict()
    return pd.DataFrame(rows).T


def traits(part: pd.DataFrame, whole: pd.DataFrame) -> pd.DataFrame:
    """Return how the mean of every column in a part differs from that of the whole table.

    Returns
    -------
    DataFrame
        Columns `part`, `whole` and `shift` (in standard deviations of the whole), largest shift
        first.
    """
    table = pd.DataFrame({"part": part.mean(), "whole": whole.mean()})
    table["shift"] = (table["part"] - table["whole"]) / whole.std()
    return table.sort_values("shift", key=abs, ascending=False)


def weak_segment(X: pd.DataFrame, loss: pd.Series, *, fitted: np.ndarray, leaves: Any = 4) -> tuple:
    """Return where a small decision tree finds the largest loss.

    Parameters
    ----------
    X : DataFrame of n rows
    loss : array of shape (n,)
    fitted : array of bool, shape (n,)
        The rows to look at; judge the segment on the others, since the worst corner of a sample
        is partly chance.

    Returns
    -------
    rule : str
        The tree in words; ``value`` is the mean loss.
    segment : array of bool, shape (n,)
    """
    from sklearn.tree import DecisionTreeRegressor, export_text

    tree = DecisionTreeRegressor(
        max_leaf_nodes=leaves, min_samples_leaf=max(1, int(fitted.sum()) // 10), random_state=0
    )
    tree.fit(X[fitted], np.asarray(loss)[fitted])
    mean_loss = tree.predict(X)
    return export_text(tree, feature_names=list(X.columns), decimals=3), mean_loss == mean_loss[
        fitted
    ].max()
