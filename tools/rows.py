"""The steps of the loop whose work grows with the rows, on a table of a given size.

Run inside a project.

    python rows.py 100000

Prints seconds and peak memory in MB as JSON.
"""

import importlib
import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from boxloop.settings.load import Settings
    from boxloop.split.division import Parts

PART = 10_000  # so that the peak of memory is that of the steps that follow
# Imported before the clock starts.
TIMED = (
    "boxloop.base.files",
    "boxloop.checks",
    "boxloop.measure.intervals",
    "boxloop.split.division",
    "study.data",
    "study.models",
    "study.simulate",
)


def main(rows: int) -> None:
    """Simulate, write, read, split, check, fit, predict, measure, and see what is stale."""
    sys.path.insert(0, str(Path.cwd()))
    from threadpoolctl import threadpool_limits

    for name in TIMED:
        importlib.import_module(name)
    # As in the notebooks; several threads on a busy machine measure its other users.
    threadpool_limits(limits=1)
    settings = importlib.import_module("boxloop.settings.load").load_settings(Path("study.toml"))
    start, seconds = time.perf_counter(), {}

    def lap(name: str) -> None:
        seconds[name] = time.perf_counter() - start - sum(seconds.values())

    frame = simulated(rows)
    lap("simulate")
    frame = stored(frame)
    lap("write, hash, read")
    parts = divided(frame, settings)
    lap("split")
    check_leakage(parts, settings)
    lap("leakage checks")
    predicted = guessed(parts, settings)
    lap("fit, predict")
    measure(parts, predicted, settings)
    lap("intervals")
    total = time.perf_counter() - start
    found = {"rows": len(frame), "seconds": total, "peak_mb": peak() / 2**20, "steps": seconds}
    print(json.dumps(found))


def simulated(rows: int) -> "pd.DataFrame":
    """Return a catalogue of the worked study.

    In parts: the simulator draws forty halos for each that is bright enough, and keeps them all
    until it has chosen.
    """
    import pandas as pd

    from study import data, simulate

    halos = int(min(PART, rows) / 2.2)
    parts = [
        simulate.catalogue(simulate.A, halos=halos, seed=[data.SEED, 1, k], prefix=f"A{k}-")
        for k in range(-(-rows // PART))
    ]
    return pd.concat(parts).head(rows).reset_index(drop=True)


def stored(frame: "pd.DataFrame") -> "pd.DataFrame":
    """Return a table as it comes back from its file."""
    from boxloop.base.files import read_table, sha256, write_table

    with tempfile.TemporaryDirectory() as folder:
        path = write_table(Path(folder) / "all.parquet", frame)
        sha256(path)
        return read_table(path)


def divided(frame: "pd.DataFrame", settings: "Settings") -> "Parts":
    """Return the parts of a table, after the look that 01 and 02 take at it."""
    from boxloop.split.division import divide, exploration

    exploration(frame, settings)
    return divide(frame, settings)


def check_leakage(parts: "Parts", settings: "Settings") -> None:
    """Ask the three checks that compare rows of all parts."""
    from boxloop.checks import run_check

    inputs, target = settings.inputs, settings.study.target
    ways = {
        "groups": {"group": settings.only("group")},
        "duplicates": {"columns": [*inputs, target]},
        "near_duplicates": {"columns": inputs, "seed": 0},
    }
    for name, options in ways.items():
        parts.guard(partial(run_check, f"split.{name}"), **options)


def guessed(parts: "Parts", settings: "Settings") -> "np.ndarray":
    """Return what a model that was fitted to the training rows says of the validation rows."""
    from study import models

    X, y = parts.train[settings.inputs], parts.train[settings.study.target]
    model = models.ladder(0)["gradient boosting"].fit(X, y)
    return model.predict(parts.validation[settings.inputs])


def measure(parts: "Parts", predicted: "np.ndarray", settings: "Settings") -> None:
    """Compare the guess with a constant one."""
    from boxloop.measure.intervals import compare

    truth = parts.validation[settings.study.target].to_numpy()
    guesses = {"model": predicted, "reference": truth * 0 + truth.mean()}
    groups = parts.validation[settings.only("group")]
    compare(truth, guesses, groups=groups, metrics=["rmse", "bias", "nmad"], draws=50)


def peak() -> float:
    """Return the largest memory that this process has had, in bytes."""
    import psutil

    found = getattr(psutil.Process().memory_info(), "peak_wset", 0)
    if found:
        return found
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    main(int(sys.argv[1]))
