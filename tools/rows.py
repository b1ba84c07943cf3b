"""The steps of the loop whose work grows with the rows, on a table of a given size.

Run inside a project.

    python rows.py 100000

Prints seconds and peak memory in MB as JSON.
"""

import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

PART = 10_000  # so that the peak of memory is that of the steps that follow


def main(rows):
    """Simulate, write, read, split, check, fit, predict, measure, and see what is stale."""
    sys.path.insert(0, str(Path.cwd()))
    import pandas as pd
    import psutil
    from threadpoolctl import threadpool_limits

    from boxloop.base.files import read_table, sha256, write_table
    from boxloop.checks import run_check
    from boxloop.measure.intervals import compare
    from boxloop.settings.load import load_settings
    from boxloop.split.division import divide, exploration
    from study import data, models, simulate

    # As in the notebooks; several threads on a busy machine measure its other users.
    threadpool_limits(limits=1)
    settings = load_settings(Path("study.toml"))
    start, seconds = time.perf_counter(), {}

    def lap(name):
        seconds[name] = time.perf_counter() - start - sum(seconds.values())

    # In parts: the simulator draws forty halos for each that is bright enough, and keeps them all
    # until it has chosen.
    parts = range(-(-rows // PART))
    frame = pd.concat(
        [
            simulate.catalogue(
                simulate.A,
                halos=int(min(PART, rows) / 2.2),
                seed=[data.SEED, 1, k],
                prefix=f"A{k}-",
            )
            for k in parts
        ]
    )
    frame = frame.head(rows).reset_index(drop=True)
    lap("simulate")
    with tempfile.TemporaryDirectory() as folder:
        path = write_table(Path(folder) / "all.parquet", frame)
        sha256(path)
        frame = read_table(path)
    lap("write, hash, read")
    exploration(frame, settings)
    parts = divide(frame, settings)
    lap("split")
    inputs, target = settings.inputs, settings.study.target
    ways = {
        "groups": {"group": settings.only("group")},
        "duplicates": {"columns": [*inputs, target]},
        "near_duplicates": {"columns": inputs, "seed": 0},
    }
    for name, options in ways.items():
        parts.guard(partial(run_check, f"split.{name}"), **options)
    lap("leakage checks")
    model = models.ladder(0)["gradient boosting"].fit(parts.train[inputs], parts.train[target])
    predicted = model.predict(parts.validation[inputs])
    lap("fit, predict")
    truth = parts.validation[target].to_numpy()
    groups = parts.validation[settings.only("group")]
    compare(
        truth,
        {"model": predicted, "reference": truth * 0 + truth.mean()},
        groups=groups,
        metrics=["rmse", "bias", "nmad"],
        draws=50,
    )
    lap("intervals")
    memory = psutil.Process().memory_info()
    peak = getattr(memory, "peak_wset", 0)
    if not peak:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(
        json.dumps(
            {
                "rows": len(frame),
                "seconds": time.perf_counter() - start,
                "peak_mb": peak / 2**20,
                "steps": seconds,
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
