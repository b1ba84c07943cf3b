"""Releases: what a model scored on the sealed test set, kept with the hash of the model."""

import numpy as np

from boxloop.seal import last, read_ledger
from boxloop.split import units
from boxloop.store import read_json, sha256
from boxloop.task import compare_guesses


def releases(project):
    """Return the releases on record in ``results/08_release/release.json``, oldest first."""
    return read_json(project.station("08_release") / "release.json", {}).get("releases", [])


def earlier(project, model_hash, reference_hash):
    """Return the release of this model beside this reference on the test set that is sealed now, or None.

    Another model or reference, or a test set that was sealed anew, has no numbers yet.
    """
    sealed = last(read_ledger(project), "sealed") or {}
    wanted = {"model_hash": model_hash, "reference_hash": reference_hash, "sealed": sealed.get("content")}
    return next((r for r in reversed(releases(project)) if all(r.get(key) == value for key, value in wanted.items())), None)


def measure_sets(frame, predictions, settings, *, draws, seed):
    """Return the metrics of each set of rows that the sealed table holds.

    Parameters
    ----------
    frame : DataFrame
        The opened table; its column ``set`` names the set of each row.
    predictions : dict of arrays of shape (n,)
        By predictor, for the rows of `frame`.

    Returns
    -------
    dict
        By name of the set: ``n_rows``, ``n_groups`` and ``metrics`` as `boxloop.intervals.compare` returns them.
    """
    sets = {}
    for name, rows in frame.reset_index(drop=True).groupby("set", sort=False):
        here = {who: values[rows.index] for who, values in predictions.items()}
        table = compare_guesses(rows, here, settings, draws=draws, seed=seed)
        sets[name] = {"n_rows": len(rows), "n_groups": len(np.unique(units(rows, settings))), "metrics": table}
    return sets


def manifest(project, patterns):
    """Return ``{path: sha256}`` of every file that a pattern such as ``data/raw/*`` matches, sorted by path."""
    paths = {path for pattern in patterns for path in project.root.glob(pattern) if path.is_file()}
    return {project.relative(path): sha256(path) for path in sorted(paths)}
