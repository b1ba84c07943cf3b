"""Hidden labels: every look at one half of them is counted, and the other half is the honest judge.

While a student has looks left, they are told their score on the half that is looked at, and nothing
else. When the last one is spent, the entry that looked best is scored on the half that nobody has
looked at, and that is its place on the board: what chance has flattered is lost there
(Blum & Hardt 2015).
"""

from __future__ import annotations

import hmac
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.measure.entry import ROW, Asked, predictions, read_entry
from boxloop.measure.metrics import METRICS
from boxloop.measure.task import Task
from boxloop.split.division import units

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from boxloop.classroom.members import Member
    from boxloop.settings.load import Settings

LOOKS = 3
FEWEST = 20  # units in either half


class Contest:
    """Rows whose truth the room keeps, and what predictions of them are worth.

    Parameters
    ----------
    settings : Settings
        Of the study: the target, the primary metric, the inputs.
    path : Path
        Rows that no student has, with their truth: a table with the columns of study.toml.
    looks : int
        How many entries a student may have scored.

    Raises
    ------
    UserError
        If the table lacks a column, or is too small to be parted.
    """

    def __init__(self, settings: Settings, path: Path, looks: int = LOOKS) -> None:
        self.settings, self.looks = settings, looks
        frame = _table(settings, path)
        self.content = sha256(path)
        draw = np.random.default_rng(int.from_bytes(hmac.digest(b"room", _bytes(self), "sha256")))
        frame = frame.iloc[draw.permutation(len(frame))].reset_index(drop=True)
        whose = np.unique(units(frame, settings), return_inverse=True)[1]
        number = int(whose.max()) + 1
        if number < 2 * FEWEST:
            msg = (
                f"{path} holds {number} independent rows or groups: give it {2 * FEWEST} or more, "
                "so that one half can be looked at and the other judge."
            )
            raise UserError(msg)
        self._honest = (draw.permutation(number) < number // 2)[whose]
        frame.insert(0, ROW, [f"h{at:06d}" for at in range(len(frame))])
        self._frame, self.task = frame, Task(settings)
        self.metric = METRICS[settings.study.primary_metric]
        self._truth = self.task.truth(frame).to_numpy()

    def rows(self) -> pd.DataFrame:
        """Return what students are handed: the inputs of all rows, by name; no truth, no half."""
        return self._frame[[ROW, *_inputs(self.settings)]]

    def score(self, text: str) -> dict:
        """Return what predictions are worth on either half.

        Parameters
        ----------
        text : str
            A CSV table with the columns ``row`` and ``prediction``, as of a benchmark.

        Raises
        ------
        UserError
            If it is none.
        """
        asked = Asked({"study": self.settings.study.model_dump(), "roles": {}} | _COUNTS)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "predictions.csv"
            path.write_bytes(text.encode("utf-8"))
            frame, digest = read_entry(path, asked), sha256(path)
        values = predictions(frame, list(self._frame[ROW]), asked, "The table of predictions")
        said = values.loc[self._frame[ROW]].to_numpy()
        look, honest = (self._measure(said, half) for half in (~self._honest, self._honest))
        return {"sha256": digest, "of": self.content, "look": look, "honest": honest}

    def _measure(self, said: Any, half: Any) -> float:
        frame = self._frame[half].reset_index(drop=True)
        point, yardstick = self.settings.study.working_point, self.task.yardstick(frame)
        return float(self.metric(self._truth[half], said[half], point, yardstick=yardstick))

    def entries(self, member: Member) -> list[dict]:
        """Return the entries of a student for these labels; those for others do not count."""
        return [one for one in member.entries if one["of"] == self.content]

    def told(self, member: Member) -> str:
        """Return what a student is told after an entry."""
        mine = self.entries(member)
        left, last = self.looks - len(mine), mine[-1]["look"]
        said = f"{self.metric.label} {last:.4g} on the half that may be looked at."
        if left > 0:
            return f"{said} Looks left: {left}. The other half judges when none is left."
        best = self._best(mine)
        return (
            f"{said} No look is left. Your best look was {best['look']:.4g}; on the half that "
            f"nobody has looked at that entry has {best['honest']:.4g}, and this is what counts."
        )

    def _best(self, mine: list[dict]) -> dict:
        return min(mine, key=lambda one: self.metric.loss(one["look"]))

    def board(self, members: Iterable[Member]) -> list[dict]:
        """Return the leaderboard: by the honest half, the best first; then who has looks left."""
        judged, waiting = [], []
        for member in members:
            mine = self.entries(member)
            if len(mine) >= self.looks:
                best = self._best(mine)
                row = {"name": member.name, "look": best["look"], "honest": best["honest"]}
                judged.append(row | {"left": 0})
            elif mine:
                waiting.append({"name": member.name, "left": self.looks - len(mine)})
        return sorted(judged, key=lambda row: self.metric.loss(row["honest"])) + waiting


_COUNTS = {"labels_count": False, "draws": 0, "seed": 0}


def _bytes(contest: Contest) -> bytes:
    return contest.content.encode()


def _inputs(settings: Settings) -> list[str]:
    """Return the columns that a model may see of a row that is new."""
    named = [*settings.inputs, *settings.role("resonance")]
    return [name for name in named if settings.columns[name].available_at_inference]


def _table(settings: Settings, path: Path) -> pd.DataFrame:
    """Return the rows with their truth.

    Raises
    ------
    UserError
        If the file is none, or lacks the target or an input, or a truth.
    """
    import pandas as pd

    try:
        frame = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read ({error}): name another table with --labels."
        raise UserError(msg) from error
    wanted = [settings.study.target, *_inputs(settings)]
    if missing := [name for name in wanted if name not in frame]:
        msg = f"{path} has no column {missing[0]}: add it, as study.toml names it."
        raise UserError(msg)
    if (empty := frame[settings.study.target].isna()).any():
        msg = (
            f"{path}: {int(empty.sum())} rows have no {settings.study.target}: leave them out, "
            "they cannot judge."
        )
        raise UserError(msg)
    return frame
