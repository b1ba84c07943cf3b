"""Time every check that reads rows on a large table, and its memory, each in its own process.

    python tools/bench_checks.py [--rows 1000000] [--columns 20] [CHECK ...]

Exit code 1 if a check takes more than 60 s or 4 GB; the memory includes the table itself and the
libraries.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "{{cookiecutter.project_slug}}"))

SECONDS, GIGABYTES = 60, 4
SEED = 0


def make_table(rows: Any, columns: Any) -> Any:
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


class Asked:
    """What the checks are given of a table; a model is fitted only where it is asked for."""

    def __init__(self, frame: "pd.DataFrame") -> None:
        one, two = [int(share * len(frame)) // 3 * 3 for share in (0.6, 0.8)]
        self.frame, self.target = frame, frame["target"]
        self.train, self.held = frame[:one], {"validation": frame[one:two], "test": frame[two:]}
        self.inputs = [name for name in frame if name.startswith("x")]
        self.sure = {"seed": SEED, "groups": frame["group"]}

    @property
    def columns(self) -> dict:
        """The role of each column that is none of the labels."""
        roles = dict.fromkeys(self.inputs, "input") | {"target": "target"}
        return {
            name: {"role": roles.get(name, "nuisance")} for name in self.frame if name != "kind"
        }

    @property
    def fit(self) -> list:
        """A fitted model, and the rows and the target that it knows."""
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import Ridge
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        X, y = self.train[self.inputs], self.train["target"]
        return [make_pipeline(SimpleImputer(), StandardScaler(), Ridge()).fit(X, y), X, y]

    @property
    def guess(self) -> list:
        """The target, and a guess at it that is good but too flat."""
        import numpy as np

        y = self.target.to_numpy()
        return [y, 0.95 * y + 0.2 * np.random.default_rng(SEED).normal(size=len(y))]

    @property
    def chance(self) -> "np.ndarray":
        """The probability of the class ``up``."""
        import numpy as np

        return 1 / (1 + np.exp(-1.5 * self.target.to_numpy()))


def calls(frame: "pd.DataFrame") -> dict:
    """Return ``{check: (function that gives args and options)}``."""
    asked = Asked(frame)
    return of_rows(asked) | of_features(asked) | of_guesses(asked)


def of_rows(asked: Asked) -> dict:
    """Return the calls of checks that look at the table and its parts."""
    frame, train, held, inputs = asked.frame, asked.train, asked.held, asked.inputs
    options = {"inputs": inputs, "groups": "group", "seed": SEED}
    return {
        "data.schema": lambda: ([frame], {"columns": asked.columns}),
        "data.duplicate_columns": lambda: ([frame], {"columns": asked.columns}),
        "split.duplicates": lambda: ([train, held], {"columns": inputs}),
        "split.near_duplicates": lambda: ([train, held], {"columns": inputs, "seed": SEED}),
        "split.groups": lambda: ([train, held], {"group": "group"}),
        "split.time": lambda: ([train, held], {"time": "time"}),
        "split.deployment_shift": lambda: ([train, held["test"]], options),
    }


def of_features(asked: Asked) -> dict:
    """Return the calls of checks that look at the inputs, or learn from them."""
    frame, inputs = asked.frame, asked.inputs
    label = {"target": "target", "task": "regression", "seed": SEED}
    learn = label | {"groups": "group"}
    shuffle = {"groups": asked.train["group"], "task": "regression", "seed": SEED}
    swap = {"columns": ["x5"], "y": asked.target, "seed": SEED}
    return {
        "features.target_leak": lambda: ([frame], {"inputs": inputs, **label}),
        "features.identifier": lambda: ([frame], {"inputs": inputs}),
        "features.nuisance_only": lambda: ([frame], {"nuisance": ["noise"], **learn}),
        "features.missingness": lambda: ([frame], {"inputs": inputs, **learn}),
        "features.undeclared_nuisance": lambda: (
            [frame, frame.assign(x3=0.0)],
            {"inputs": inputs, **learn},
        ),
        "train.pipeline": lambda: (asked.fit, {}),
        "train.permuted_labels": lambda: (asked.fit, shuffle),
        "stress.swap": lambda: ([asked.fit[0], frame[inputs]], swap),
    }


def of_guesses(asked: Asked) -> dict:
    """Return the calls of checks that look at what a model says."""
    import numpy as np

    kind, noise, target = asked.frame["kind"], asked.frame["noise"], asked.target

    def interval() -> list:
        y, guess = asked.guess
        return [y, guess - 0.3, guess + 0.3]

    return {
        "diagnose.accuracy_paradox": lambda: (
            [kind, np.where(asked.chance > 0.5, "up", "down")],
            {},
        ),
        "diagnose.calibration": lambda: ([kind, asked.chance], asked.sure),
        "diagnose.label_noise": lambda: ([kind, asked.chance], {}),
        "diagnose.coverage": lambda: (interval(), {"level": 0.9, **asked.sure}),
        "diagnose.regression_to_mean": lambda: (asked.guess, asked.sure),
        "diagnose.class_conditional": lambda: ([asked.chance, kind], {"total_rate": 0.05}),
        "stress.sculpting": lambda: ([noise, target - target.min() + 1], {}),
        "provenance.deterministic": lambda: ([asked.guess[1], asked.guess[1]], {}),
    }


def peak_gigabytes() -> Any:
    """Return the largest memory that this process has held."""
    try:
        import resource
    except ImportError:  # Windows
        import psutil

        return psutil.Process().memory_info().peak_wset / 2**30
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**30 if sys.platform == "darwin" else peak / 2**20


def measure(name: str, rows: Any, columns: Any) -> Any:
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


def main() -> Any:
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
