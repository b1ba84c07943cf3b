"""Entries of a benchmark, scored against the sealed truth: each is a look, and on record.

Nobody's entry is scored before the study has released its own model, whose numbers no later look
can move. A second entry of one name is told its score only where it beats the best of that name
beyond chance (after the Ladder of Blum & Hardt 2015): to try until the score is good teaches
little of the test rows then.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxloop.base.errors import UserError
from boxloop.base.files import plain, read_cache, sha256, write_bytes, write_json, write_table
from boxloop.base.written import says_something
from boxloop.measure.entry import (
    INPUTS,
    PREDICTION,
    ROW,
    TASK,
    Asked,
    predictions,
    read_entry,
    read_rows,
)
from boxloop.measure.metrics import METRICS
from boxloop.measure.numbers import told
from boxloop.measure.task import Task
from boxloop.record.benchmark import BOARD, ENTRIES, MANIFEST, place, row_names
from boxloop.record.leaderboard import HEADLINE, WHOSE, board
from boxloop.record.release import releases
from boxloop.split.locked import Event, whole
from boxloop.split.seal import append, find_key, last, open_as, read_ledger, ready_to_open

if TYPE_CHECKING:
    from boxloop.base.places import Project


@dataclass(frozen=True)
class Benchmark:
    """A benchmark of this project, as it was made.

    Attributes
    ----------
    folder : path
    made : mapping
        The line of the ledger that says so.
    content : str
        Hash of the sealed rows that it asks about.
    """

    project: Project
    folder: Path
    made: Event
    content: str

    @property
    def asked(self) -> Asked:
        """What it asks."""
        return Asked(json.loads((self.folder / TASK).read_text(encoding="utf-8")))

    @property
    def entries(self) -> list[dict]:
        """The lines of the ledger that entries were scored, oldest first."""
        return self._lines("scored")

    def _lines(self, name: str) -> list[dict]:
        of = self.made["manifest"]
        return [
            dict(line)
            for line in whole(read_ledger(self.project))
            if line["event"] == name and line.get("benchmark") == of
        ]

    @property
    def looks(self) -> int:
        """How many files were let in."""
        return len(self._lines("submitted"))

    def released(self) -> dict:
        """Return the release that the benchmark was made of; empty where its record is gone."""
        wanted = (self.made.get("model"), self.content)
        known = [r for r in releases(self.project) if (r.get("model_hash"), r["sealed"]) == wanted]
        return known[-1] if known else {}


def find(project: Project, folder: Path) -> Benchmark:
    """Return the benchmark in a folder.

    Raises
    ------
    UserError
        If there is none, it is not as it was made, or the test set is another one now.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        msg = f"There is no benchmark in {folder}: `boxloop benchmark` makes one after a release."
        raise UserError(msg)
    digest = sha256(manifest)
    lines = [*whole(read_ledger(project))]
    made = [one for one in lines if one["event"] == "benchmark made" and one["manifest"] == digest]
    known = read_cache(manifest)
    changed = [
        name
        for name in (TASK, INPUTS, f"{ENTRIES}/reference.csv")
        if not (folder / name).is_file() or sha256(folder / name) != (known or {}).get(name)
    ]
    if not made or changed:
        what = (
            f"its {changed[0]} was changed" if made and changed else "this project has not made it"
        )
        msg = (
            f"The benchmark in {folder} is not as it was made ({what}): put it back, or make "
            "another one with `boxloop benchmark --out FOLDER`."
        )
        raise UserError(msg)
    content = (last(read_ledger(project), "sealed") or {}).get("content", "")
    key = find_key(project, read_ledger(project))
    if made[-1].get("content") != content or key is None or key.name != made[-1].get("key"):
        msg = (
            f"The test set was sealed anew since the benchmark in {folder} was made: make another "
            "one with `boxloop benchmark --out FOLDER`."
        )
        raise UserError(msg)
    return Benchmark(project, folder, made[-1], content)


def score(project: Project, folder: Path | None, file: Path, *, by: str | None) -> list[str]:
    """Score an entry, write to the ledger that it was, and return what to tell, line by line.

    Raises
    ------
    UserError
        If the entry is not as it should be, or there is nothing to score it with.
    """
    name = " ".join((by or "").split())
    if not says_something(name) or name.casefold() in WHOSE:
        msg = "Say whose entry it is: boxloop benchmark --score FILE --by NAME, no name of ours."
        raise UserError(msg)
    ready_to_open(project)
    benchmark = find(project, place(project, folder))
    asked = benchmark.asked
    rows = list(read_rows(benchmark.folder / INPUTS)[ROW])
    values, digest = predictions(read_entry(file, asked), rows, asked, file.name), sha256(file)
    if known := next((one for one in benchmark.entries if one["sha256"] == digest), None):
        when = f"as entry {known['entry']} by {known['by']}"
        said = f"This file was scored before, {when}; it is not scored again."
        return [said, *_lines_of(benchmark, known)]
    line = _scored(benchmark, values, digest, name)
    write_bytes(_file(benchmark, line), file.read_bytes())
    write_json(_file(benchmark, line).with_suffix(".json"), line["score"])
    table = board(benchmark.entries, benchmark.released(), asked.study.primary_metric)
    write_table(benchmark.folder / BOARD, table)
    return _lines_of(benchmark, line)


def _file(benchmark: Benchmark, line: dict) -> Path:
    """Return where an entry is kept."""
    name = re.sub(r"[^a-z0-9]+", "-", line["by"].casefold()).strip("-")[:40]
    return benchmark.folder / ENTRIES / f"{line['entry']:04d}-{name or 'entry'}.csv"


def _scored(benchmark: Benchmark, values: pd.Series, digest: str, by: str) -> dict:
    """Open the seal for an entry, and return the line that says what it is worth."""
    project, asked = benchmark.project, benchmark.asked
    facts: dict[str, Any] = {"by": by, "sha256": digest}
    facts["benchmark"] = benchmark.made["manifest"]
    best = _best(benchmark, by)
    facts["entry"] = number = benchmark.looks + 1
    frame = open_as(project, "submitted", **facts).reset_index(drop=True)
    key = find_key(project, read_ledger(project))
    assert key is not None  # noqa: S101  # `find` has asked
    rows = row_names(len(frame), key, benchmark.content)
    guesses = {"model": values, "reference": _kept(benchmark, "reference")}
    found = asked.measure(frame, {who: one.loc[rows].to_numpy() for who, one in guesses.items()})
    told = number
    if best and not _beats(asked, frame, rows, values, best[1]):
        told, found = best[0]["entry"], best[0]["score"]
    return append(project, "scored", **facts, told=told, score=plain(found))


def _kept(benchmark: Benchmark, who: str) -> Any:
    """Return what the study's own entry says, by row; NaN where it says nothing."""
    asked = benchmark.asked
    frame = read_entry(benchmark.folder / ENTRIES / f"{who}.csv", asked)
    # To the last digit, which pandas' own reader of numbers need not be.
    found = {name: [float(text or "nan") for text in frame[name]] for name in asked.columns}
    values = pd.DataFrame(found, index=frame[ROW])
    return values if Task(asked).classes else values[PREDICTION]


def _best(benchmark: Benchmark, by: str) -> tuple[dict, pd.Series] | None:
    """Return the entry of this name whose score stands, and what it says; None for a first one."""
    mine = [one for one in benchmark.entries if one["by"].casefold() == by.casefold()]
    if not mine:
        return None
    best = next(one for one in mine if one["entry"] == mine[-1]["told"])
    path = _file(benchmark, best)
    if not path.is_file() or sha256(path) != best["sha256"]:
        msg = (
            f"{ENTRIES}/{path.name}, the best entry by {by} so far, is missing or was changed: put "
            "the file that was sent in back there."
        )
        raise UserError(msg)
    asked, rows = benchmark.asked, list(read_rows(benchmark.folder / INPUTS)[ROW])
    return best, predictions(read_entry(path, asked), rows, asked, path.name)


def _beats(asked: Asked, frame: pd.DataFrame, rows: Any, new: pd.Series, best: pd.Series) -> bool:
    """Return whether an entry is better than another beyond chance, on the same draws."""
    here = frame["set"] == HEADLINE
    both = {"model": new, "reference": best}
    guesses = {who: one.loc[rows].to_numpy()[here] for who, one in both.items()}
    found = asked.measure(frame[here], guesses)
    metric = asked.study.primary_metric
    return bool(found[HEADLINE]["metrics"][metric]["difference"]["low"] > 0)


def _lines_of(benchmark: Benchmark, line: dict) -> list[str]:
    """Return what whoever has sent an entry is told."""
    asked, lines = benchmark.asked, []
    metric = asked.study.primary_metric
    if line["told"] != line["entry"]:
        lines.append(
            f"Entry {line['entry']} by {line['by']} does not beat their entry {line['told']} "
            "beyond chance: the score of that stands, and its own is not told."
        )
    for name, found in line["score"].items():
        entry = found["metrics"][metric]
        words = [f"{key} {_words(entry[who])}" for key, who in _SAID]
        lines.append(f"{name}: {METRICS[metric].label} {', '.join(words)}.")
    whose = {one["by"].casefold() for one in benchmark.entries}
    counted = f"{benchmark.looks} in all so far, by {_names(len(whose))}"
    return [*lines, f"Entries: {counted}; the best of many looks better than it is."]


_SAID = (
    ("of the entry", "model"),
    ("of the reference", "reference"),
    ("difference (above 0: the entry is better)", "difference"),
)


def _names(number: int) -> str:
    return "one name" if number == 1 else f"{number} names"


def _words(entry: dict) -> str:
    if any(entry.get(key) is None for key in ("value", "low", "high")):
        return "not defined"
    return told(entry)
