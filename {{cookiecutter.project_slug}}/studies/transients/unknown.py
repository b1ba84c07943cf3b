"""Would anybody notice a class that was never in training? Scores of strangeness on kilonovae."""

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
