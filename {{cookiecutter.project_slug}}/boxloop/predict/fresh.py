"""A bundle asked in a fresh Python, which knows nothing of the one that made it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from boxloop.base.errors import UserError

if TYPE_CHECKING:
    import pandas as pd

PATIENCE = 900  # seconds
SAID, FACTS, ROWS = "said.npy", "facts.json", "rows.parquet"


@dataclass(frozen=True)
class Afresh:
    """What a bundle says in a fresh Python.

    Attributes
    ----------
    said : array of shape (n,) or (n, K)
        See `boxloop.predict.bundle.Bundle.guess`.
    drift : dict
        What has another version there than where the model was made: {name: (then, now)}.
    """

    said: np.ndarray
    drift: dict[str, tuple[str, str]]


def ask(
    path: Path, rows: pd.DataFrame, *, home: Path | None = None, trust_code: bool = False
) -> Afresh:
    """Return what a bundle says of some rows, asked by a Python that is started for it.

    Parameters
    ----------
    path : path of a bundle or a release
    rows : DataFrame
    home : path, optional
        The project whose `study` is the user's own.
    trust_code : bool
        See `boxloop.predict.bundle.Bundle.open`.

    Raises
    ------
    UserError
        If it cannot be opened there: the sentence that says why.
    """
    import boxloop

    with tempfile.TemporaryDirectory(prefix="boxloop-") as name:
        folder = Path(name)
        rows.reset_index(drop=True).to_parquet(folder / ROWS, index=False)
        command = [sys.executable, "-m", "boxloop.predict.fresh", str(Path(path).resolve())]
        roots = [str(home)] if home else []
        roots += [str(Path(boxloop.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        done = subprocess.run(
            [*command, name, *(["--trust-code"] if trust_code else [])],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, roots)),
                              "PYTHONIOENCODING": "utf-8", "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            check=False,
            timeout=PATIENCE,
        )  # fmt: skip
        if done.returncode:
            words = done.stderr.decode("utf-8", errors="replace").strip().splitlines()
            raise UserError(words[-1] if words else "The fresh Python ended without a word.")
        drift = json.loads((folder / FACTS).read_text("utf-8"))
        said = np.load(folder / SAID, allow_pickle=False)
    return Afresh(said, {key: (then, now) for key, (then, now) in drift.items()})


def _main(path: str, folder: str, *words: str) -> int:
    import pandas as pd

    from boxloop.predict.bundle import Bundle

    try:
        bundle = Bundle.open(path, trust_code="--trust-code" in words)
        said = bundle.guess(pd.read_parquet(Path(folder) / ROWS))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    np.save(Path(folder) / SAID, said, allow_pickle=False)
    (Path(folder) / FACTS).write_text(json.dumps(bundle.drift), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
