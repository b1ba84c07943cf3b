"""Loss curves, and what a pair of them says about a training run (Huppenkothen et al. §2.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone, is_classifier, is_outlier_detector

from boxloop.measure.metrics import METRICS

TAIL = 0.1  # share of the iterations that counts as the end of the run
RISE = 0.05  # validation loss above its best, as a share of the best, that counts as overfitting
FALL = 0.02  # fall of the validation loss over the end of the run, as its share, that is not flat


def _tail_means(loss: np.ndarray, window: int) -> np.ndarray:
    """Return the running mean of `loss` over `window` iterations: one lucky one proves nothing."""
    return np.convolve(loss, np.ones(window) / window, mode="valid")


def judge_loss_curve(train_loss: pd.Series, validation_loss: pd.Series) -> str:
    """Return in one word how a training run ended.

    Parameters
    ----------
    train_loss, validation_loss : arrays of shape (iterations,)
        A loss that is never negative, such as the mean square error, after each iteration.

    Returns
    -------
    str
        ``"diverged"``: a loss is not finite, or the training loss ended above its start.
        ``"overfit"``: the validation loss ended 5 % above its best while the training loss fell on.
        ``"unfinished"``: the validation loss was still falling when training stopped.
        ``"plateaued"``: none of these; more iterations would change little.

    Raises
    ------
    ValueError
        If the curves differ in length or are shorter than five iterations.

    Examples
    --------
    >>> import numpy as np
    >>> step = np.arange(100)
    >>> judge_loss_curve(np.exp(-step / 10), 0.1 + np.exp(-step / 10))
    'plateaued'
    """
    train, validation = (np.asarray(loss, dtype=float) for loss in (train_loss, validation_loss))
    if train.shape != validation.shape or train.ndim != 1 or len(train) < 5:
        msg = "The two curves must be of the same length, five iterations or more."
        raise ValueError(msg)
    if not (np.isfinite(train).all() and np.isfinite(validation).all()) or train[-1] > train[0]:
        return "diverged"
    window = max(1, round(TAIL * len(train)))
    train, smooth = _tail_means(train, window), _tail_means(validation, window)
    best = int(np.argmin(smooth))
    if smooth[-1] > (1 + RISE) * smooth[best] and train[-1] <= train[best]:
        return "overfit"
    before = smooth[max(0, len(smooth) - 1 - window)]
    return "unfinished" if before - smooth[-1] > FALL * before else "plateaued"


def has_loss_curve(pipeline: Any) -> Any:
    """Return whether `loss_curve` can tell the loss of an unfitted model after each iteration."""
    if not hasattr(pipeline, "steps") or is_outlier_detector(pipeline[-1]):
        return False
    last, ask = pipeline[-1], "predict_proba" if is_classifier(pipeline[-1]) else "predict"
    return hasattr(last, f"staged_{ask}") or all(
        hasattr(last, name) for name in ("partial_fit", "max_iter", ask)
    )


def loss_curve(
    pipeline: Any, X: pd.DataFrame, y: pd.Series, X_held: pd.DataFrame, y_held: pd.Series
) -> pd.DataFrame:
    """Return the loss after each iteration of the last step of a pipeline.

    Parameters
    ----------
    pipeline : sklearn Pipeline
        Not fitted; a copy of it is. Its last step has ``staged_predict`` (boosting) or
        ``partial_fit`` and ``max_iter`` (networks, where one iteration is one pass over the rows).
    X, y : the rows it fits
    X_held, y_held : the rows it does not see

    Returns
    -------
    DataFrame
        Columns `fitted` and `held_out`, index `iteration` from 1: the log loss of a classifier
        of two classes, the mean square error of anything else.

    Raises
    ------
    ValueError
        If the last step does not learn by iterations.
    """
    pipeline = clone(pipeline)
    steps, last = pipeline[:-1], pipeline[-1]
    X = steps.fit_transform(X, y) if len(steps) else X
    X_held = steps.transform(X_held) if len(steps) else X_held
    losses = [(_loss(last, y, a), _loss(last, y_held, b)) for a, b in _stages(last, X, y, X_held)]
    iterations = pd.RangeIndex(1, len(losses) + 1, name="iteration")
    return pd.DataFrame(losses, columns=["fitted", "held_out"], index=iterations)


def _stages(
    last: Any, X: np.ndarray | pd.DataFrame, y: pd.Series, X_held: np.ndarray | pd.DataFrame
) -> Iterator:
    """Yield the predictions for both sets of rows after each iteration; of classes the chances."""
    ask = "predict_proba" if is_classifier(last) else "predict"
    if hasattr(last, f"staged_{ask}"):
        last.fit(X, y)
        yield from zip(
            getattr(last, f"staged_{ask}")(X), getattr(last, f"staged_{ask}")(X_held), strict=True
        )
    elif hasattr(last, "partial_fit"):
        classes = {"classes": np.unique(y)} if is_classifier(last) else {}
        for number in range(last.max_iter):
            last.partial_fit(X, y, **({} if number else classes))
            yield getattr(last, ask)(X), getattr(last, ask)(X_held)
    else:
        msg = f"{type(last).__name__} is solved in one go: it has no loss curve."
        raise ValueError(msg)


def _loss(last: Any, y: pd.Series, predicted: np.ndarray) -> float:
    if is_classifier(last):
        return METRICS["log_loss"](np.asarray(y) == last.classes_[-1], predicted[:, -1])
    return np.mean((predicted - y) ** 2)
