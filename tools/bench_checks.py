"""Time every check that reads rows on a large table, each in a process of its own.

Seconds and peak memory.

    python tools/bench_checks.py [--rows 1000000] [--columns 20] [CHECK ...]

Exit code 1 if a check takes more than 60 s or 4 GB; the memory includes the table itself and the
libraries.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "{{cookiecutter.project_slug}}"))

SECONDS, GIGABYTES = 60, 4
SEED = 0


def make_table(rows, columns):
    """Return a table with `columns` inputs that share structure, and what the checks need."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(SEED)
    mixing = np.eye(columns) + 0.3 * rng.normal(size=(columns, columns))
    values = rng.normal(size=(rows, columns)) @ mixing
    target = values[:, 0] + np.sin(values[:, 1]) + 0.3 * rng.normal(size=rows)
    values[:, 2] = rng.poisson(np.exp(2 + 0.2 * values[:, 2]))
    values[rng.random(rows) < 0.03, 3] = np.nan
    frame = pd.DataFrame(values, columns=[f"x{k}" for k in range(columns)])
    frame["target"], frame["kind"] = (
        target,
        np.where(target + rng.normal(size=rows) > 0, "up", "down"),
    )
    frame["group"], frame["time"], frame["noise"] = (
        np.arange(rows) // 3,
        np.arange(rows, dtype=float),
        rng.normal(size=rows),
    )
    return frame


def calls(frame):
    """Return ``{check: (function that gives args and options)}``.

    A model is fitted only where it is asked for.
    """
    import numpy as np
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    inputs = [name for name in frame if name.startswith("x")]
    edges = [int(share * len(frame)) // 3 * 3 for share in (0.6, 0.8)]
    train, held = (
        frame[: edges[0]],
        {"validation": frame[edges[0] : edges[1]], "test": frame[edges[1] :]},
    )
    columns = {
        name: {"role": "input" if name in inputs else "target" if name == "target" else "nuisance"}
        for name in frame
        if name != "kind"
    }
    label = {"target": "target", "task": "regression", "seed": SEED}
    learn = label | {"groups": "group"}
    sure = {"seed": SEED, "groups": frame["group"]}

    def fitted():
        return make_pipeline(SimpleImputer(), StandardScaler(), Ridge()).fit(
            train[inputs], train["target"]
        )

    def guess():
        y = frame["target"].to_numpy()
        return y, 0.95 * y + 0.2 * np.random.default_rng(SEED).normal(size=len(y))

    def chance():
        return 1 / (1 + np.exp(-1.5 * frame["target"].to_numpy()))

    return {
        "data.schema": lambda: ([frame], {"columns": columns}),
        "data.duplicate_columns": lambda: ([frame], {"columns": columns}),
        "split.duplicates": lambda: ([train, held], {"columns": inputs}),
        "split.near_duplicates": lambda: ([train, held], {"columns": inputs, "seed": SEED}),
        "split.groups": lambda: ([train, held], {"group": "group"}),
        "split.time": lambda: ([train, held], {"time": "time"}),
        "split.deployment_shift": lambda: (
            [train, held["test"]],
            {"inputs": inputs, "groups": "group", "seed": SEED},
        ),
        "features.target_leak": lambda: ([frame], {"inputs": inputs, **label}),
        "features.identifier": lambda: ([frame], {"inputs": inputs}),
        "features.nuisance_only": lambda: ([frame], {"nuisance": ["noise"], **learn}),
        "features.missingness": lambda: ([frame], {"inputs": inputs, **learn}),
        "train.pipeline": lambda: ([fitted(), train[inputs], train["target"]], {}),
        "train.permuted_labels": lambda: (
            [fitted(), train[inputs], train["target"]],
            {"groups": train["group"], "task": "regression", "seed": SEED},
        ),
        "diagnose.accuracy_paradox": lambda: (
            [frame["kind"], np.where(chance() > 0.5, "up", "down")],
            {},
        ),
        "diagnose.calibration": lambda: ([frame["kind"], chance()], sure),
        "diagnose.label_noise": lambda: ([frame["kind"], chance()], {}),
        "diagnose.coverage": lambda: (
            [guess()[0], guess()[1] - 0.3, guess()[1] + 0.3],
            {"level": 0.9, **sure},
        ),
        "diagnose.regression_to_mean": lambda: ([*guess()], sure),
        "diagnose.class_conditional": lambda: ([chance(), frame["kind"]], {"total_rate": 0.05}),
        "stress.swap": lambda: (
            [fitted(), frame[inputs]],
            {"columns": ["x5"], "y": frame["target"], "seed": SEED},
        ),
        "stress.sculpting": lambda: (
            [frame["noise"], frame["target"] - frame["target"].min() + 1],
            {},
        ),
        "provenance.deterministic": lambda: ([guess()[1], guess()[1]], {}),
    }


def peak_gigabytes():
    """Return the largest memory that this process has held."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return psutil.Process().memory_info().peak_wset / 2**30
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**30 if sys.platform == "darwin" else peak / 2**20


def measure(name, rows, columns):
    """Run one check and print one line: seconds, peak memory, what the check said."""
    from boxloop.checks import run_check

    args, options = calls(make_table(rows, columns))[name]()
    before, start = peak_gigabytes(), time.perf_counter()
    result = run_check(name, *args, **options)
    seconds = time.perf_counter() - start
    print(
        f"{name:<28}{seconds:8.1f} s{peak_gigabytes():7.2f} GB (table {before:.2f})  "
        f"{result.state:<5} {result.message[:110]}"
    )
    return seconds <= SECONDS and peak_gigabytes() <= GIGABYTES


def main():
    """Measure the named checks, or all of them, each in a fresh process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checks", nargs="*", metavar="CHECK")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--columns", type=int, default=20)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.here:
        return 0 if measure(chosen.checks[0], chosen.rows, chosen.columns) else 1
    options = ["--rows", str(chosen.rows), "--columns", str(chosen.columns), "--here"]
    names = chosen.checks or list(calls(make_table(30, 20)))
    codes = [
        subprocess.run([sys.executable, __file__, name, *options], check=False).returncode
        for name in names
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
