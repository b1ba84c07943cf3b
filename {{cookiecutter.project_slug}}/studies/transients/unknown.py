"""Off the training rows: scores of strangeness, and two kinds of uncertainty against distance."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline

from boxloop.measure import distances

from .models import normal


def strangeness(
    model: Any, members: list, train: pd.DataFrame, tables: dict[str, pd.DataFrame], *, seed: int
) -> dict[str, pd.DataFrame]:
    """Return scores of strangeness, higher where a row looks less like training.

    Parameters
    ----------
    model : fitted classifier
    members : list of fitted classifiers, refits to other samples of the training groups
    train : DataFrame, the inputs of the training rows
    tables : dict of DataFrame, the inputs of rows to be judged
    seed : int

    Returns
    -------
    dict of DataFrame
        Per table one column per score: what the model doubts, where its refits disagree, what an
        isolation forest finds easy to isolate (Liu, Ting & Zhou 2008), the distance to the
        nearest training rows.
    """
    forest = IsolationForest(n_estimators=100, random_state=seed).fit(train)
    scale = make_pipeline(normal())
    far = distances(train, list(tables.values()), scale=scale)
    found = {}
    for (name, rows), distance in zip(tables.items(), far, strict=True):
        probability = model.predict_proba(rows)[:, 1]
        votes = np.array([member.predict_proba(rows)[:, 1] for member in members])
        found[name] = pd.DataFrame(
            {
                "doubt of the model": 1 - np.maximum(probability, 1 - probability),
                "disagreement of refits": votes.std(axis=0, ddof=1),
                "isolation forest": -forest.score_samples(rows),
                "distance to training": distance,
            }
        )
    return found


def areas(known: pd.DataFrame, unknown: pd.DataFrame) -> dict:
    """Return for each score the chance that an unknown row looks stranger than a known (AUC)."""
    y = np.r_[np.zeros(len(known)), np.ones(len(unknown))]
    return {name: float(roc_auc_score(y, np.r_[known[name], unknown[name]])) for name in known}


def two_kinds(
    members: list, rows: pd.DataFrame, is_ia: np.ndarray, distance: np.ndarray, *, bins: int
) -> pd.DataFrame:
    """Part the uncertainty of a class, in bins of equal number of the distance to training.

    For a label that is 0 or 1 the variance that an ensemble promises is p (1 - p), with p the mean
    of its members; it is the mean of p_k (1 - p_k), the noise that each member says is left
    (aleatoric), and the variance of the p_k between the members (epistemic).

    Parameters
    ----------
    members : list of fitted classifiers, refits to other samples of the training groups
    rows : DataFrame of n rows, the inputs
    is_ia : boolean array (n,)
    distance : array (n,), to the nearest training rows
    bins : int

    Returns
    -------
    DataFrame
        One row per bin: distance (median), rows, and as root mean squares `refits disagree`,
        `noise left`, `promised` (both together) and the `error` of the mean of the members.
    """
    votes = np.array([member.predict_proba(rows)[:, 1] for member in members])
    mean = votes.mean(axis=0)
    squares = pd.DataFrame(
        {
            "refits disagree": votes.var(axis=0),
            "noise left": (votes * (1 - votes)).mean(axis=0),
            "promised": mean * (1 - mean),
            "error": (np.asarray(is_ia, dtype=float) - mean) ** 2,
        }
    )
    place = pd.qcut(np.asarray(distance), bins, labels=False)
    parts = np.sqrt(squares.groupby(place).mean())
    parts.insert(0, "distance", pd.Series(np.asarray(distance)).groupby(place).median())
    parts.insert(1, "rows", pd.Series(place).value_counts().sort_index())
    return parts


def uncertainties(
    members: list, tables: dict[str, pd.DataFrame], inputs: list[str], odd: dict
) -> pd.DataFrame:
    """Return `two_kinds` for the known classes, in six bins, and for the last table by itself.

    Parameters
    ----------
    members : list of fitted classifiers
    tables : dict of DataFrame with labels; the last is of a class that no training row has
    inputs : list of str
    odd : dict of DataFrame, see `strangeness`
    """
    *known, new = tables
    found = {}
    for label, names, bins in (("known", known, 6), ("new", [new], 1)):
        rows = pd.concat([tables[name] for name in names])
        far = pd.concat([odd[name]["distance to training"] for name in names])
        is_ia = rows["kind"] == "Ia"
        found[label] = two_kinds(members, rows[inputs], is_ia, far, bins=bins)
    return pd.concat(found, names=["classes", "bin"]).reset_index()
