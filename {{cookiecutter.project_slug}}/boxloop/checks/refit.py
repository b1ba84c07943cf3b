"""Compare what the steps of a fitted model have learnt with a fit on given rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

LEARNT = (
    "mean_", "var_", "scale_", "center_", "data_min_", "data_max_", "max_abs_", "min_",
    "n_samples_seen_", "statistics_", "quantiles_", "lambdas_", "bin_edges_", "categories_",
    "components_", "explained_variance_", "scores_", "variances_", "encodings_", "target_mean_",
    "idf_",
)  # fmt: skip
ALONE = 5  # rows that are predicted one by one
SUPERVISED = {"scores_", "encodings_", "target_mean_"}


def changed_statistics(model: Any, X: Any, y: Any = None) -> tuple[int, list[str], list[str]]:
    """Return how many statistics were compared, which of them differ, and the steps left out."""
    found = list(_walk(model, X, y, ""))
    changed = [name for name, verdict in found if verdict == "changed"]
    skipped = [name for name, verdict in found if verdict == "skipped"]
    return len(found) - len(skipped), changed, skipped


def _walk(step: Any, X: Any, y: Any, place: str) -> Iterator[tuple[str, str]]:
    """Yield (name of the statistic, "same" | "changed" | "skipped")."""
    for inner in ("best_estimator_", "regressor_", "estimator_"):
        if hasattr(step, inner):
            yield from _walk(getattr(step, inner), X, y, place)
            return
    if hasattr(step, "steps"):
        yield from _walk_pipeline(step, X, y, place)
    elif hasattr(step, "transformers_"):
        from sklearn.utils import _safe_indexing

        for name, inner, columns in step.transformers_:
            if hasattr(inner, "fit"):
                yield from _walk(inner, _safe_indexing(X, columns, axis=1), y, f"{place}{name}.")
    elif hasattr(step, "transformer_list"):
        for name, inner in step.transformer_list:
            if hasattr(inner, "fit"):
                yield from _walk(inner, X, y, f"{place}{name}.")
    else:
        yield from _compare(step, X, y, place)


def _walk_pipeline(step: Any, X: Any, y: Any, place: str) -> Iterator[tuple[str, str]]:
    inner = [
        (name, part) for name, part in step.steps if part is not None and part != "passthrough"
    ]
    # Nothing is learnt after the last step that does, so X need not be carried further.
    for number, (name, part) in enumerate(inner, start=1):
        found = list(_walk(part, X, y, f"{place}{name}."))
        yield from found
        if any(verdict == "skipped" for _, verdict in found):
            return
        if number < len(inner) and hasattr(part, "transform"):
            X = _fresh(part, X, y).transform(X)


def _compare(step: Any, X: Any, y: Any, place: str) -> Iterator[tuple[str, str]]:
    names = [
        name
        for name in LEARNT
        if hasattr(step, "transform") and getattr(step, name, None) is not None
    ]
    if not names:
        return
    random = step.get_params(deep=False).get("random_state", 0) is None
    needs_y = y is None and bool(SUPERVISED & set(names))
    if random or needs_y:
        why = "no random_state" if random else "needs y"
        yield f"{place.rstrip('.') or type(step).__name__} ({why})", "skipped"
        return
    fresh = _fresh(step, X, y)
    for name in names:
        same = _equal(getattr(step, name), getattr(fresh, name, None))
        yield f"{place}{name}", "same" if same else "changed"


def _fresh(step: Any, X: Any, y: Any) -> Any:
    from sklearn.base import clone

    return clone(step).fit(X, y)


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list | tuple) or getattr(getattr(one, "dtype", None), "kind", "") == "O":
        return other is not None and len(one) == len(other) and all(map(_equal, one, other))
    one, other = np.asarray(one), np.asarray(other)
    if one.shape != other.shape:
        return False
    if one.dtype.kind not in "fiu" or other.dtype.kind not in "fiu":
        return bool((one == other).all())
    return bool(np.allclose(one, other, rtol=1e-6, atol=1e-12, equal_nan=True))


def depends_on_company(model: Any, X: Any) -> bool:
    """Return whether the prediction for a row changes with the rows that are handed over with it.

    A rank, a mean or a scale taken from the table at hand is a statistic that nobody fitted.
    """
    from boxloop.measure.task import guess

    table = X.iloc[: 10 * ALONE] if hasattr(X, "iloc") else X[: 10 * ALONE]
    try:
        together = guess(model, table)[:ALONE]
        alone = [guess(model, table[k : k + 1]) for k in range(len(together))]
    except Exception:  # noqa: BLE001  # a model that takes no single row says so where it is used
        return False
    return len(table) > 1 and not _equal(together, np.concatenate(alone))
