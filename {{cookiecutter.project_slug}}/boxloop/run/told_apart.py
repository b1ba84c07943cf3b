"""What a replay says: the headline with each group of edits taken back, and which one moved it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from boxloop.record.compared import spread, wrapped
from boxloop.record.history import interval, sets_of
from boxloop.run.replay import Replay, Trial

if TYPE_CHECKING:
    from boxloop.base.places import Project
    from boxloop.record.edits import Edit


PART = 0.1  # a smaller part of what happened is not worth a name
TINY = 1e-9  # relative: sums in another order


class Judge:
    """How far a trial moved the headline: whether an edit did it, and whether chance does as much.

    Parameters
    ----------
    earlier, later : dict
        The headline of the earlier pass, and of the later one run again, with their intervals.
    seeds : float or None
        Standard deviation of the headline between seeds.
    """

    def __init__(self, earlier: dict, later: dict, seeds: float | None) -> None:
        self.entry, self.earlier, self.later = later, earlier["value"], later["value"]
        self.floor = max(seeds or 0.0, TINY * max(abs(self.earlier), abs(self.later)))
        self.total = self.later - self.earlier
        known = f" ({seeds:.2g})" if seeds else " (they agree)" if seeds == 0 else " (not known)"
        self.seeds = f"the spread between seeds{known}"

    def gap(self, trial: Trial) -> float:
        """Return half the width of the interval of the difference that a trial made.

        As of two samples that know nothing of each other; on the same rows it is narrower, so that
        what lies beyond it does so in either case.
        """
        both = [self.entry, trial.entry or {}]
        known = [entry for entry in both if entry.get("low") is not None]
        return math.hypot(*((entry["high"] - entry["low"]) / 2 for entry in known))

    def is_sure(self, trial: Trial) -> bool:
        """Return whether a move is larger than chance: seeds, and the rows that were drawn."""
        return abs(self.move(trial)) > max(self.floor, self.gap(trial))

    def move(self, trial: Trial) -> float:
        """Return what the edits that were taken back had added to the headline."""
        return 0.0 if trial.entry is None else self.later - trial.entry["value"]

    def moved(self, trial: Trial) -> bool:
        """Return whether they moved it by more than a seed does, and by a part worth a name."""
        return abs(self.move(trial)) > max(self.floor, PART * abs(self.total))

    def word(self, trial: Trial) -> str:
        """Return what taking them back did."""
        move = self.move(trial)
        if trial.entry is None:
            return f"does not run: {trial.fault}"
        if not self.moved(trial):
            return "moves nothing" if abs(move) <= TINY * abs(self.later) else f"{-move:+.2g} only"
        if abs(self.total) <= self.floor:
            return f"moves it by {-move:+.2g}"
        share = move / self.total
        if abs(share - 1) <= max(PART, self.floor / abs(self.total)):
            return "brings it back"
        return f"brings {share:.0%} back" if share > 0 else "moves it further away"


def replay_lines(project: Project, one: dict, two: dict, *, echo: Callable) -> list[str]:
    """Return which group of edits, or which edit, moved the headline from one pass to another.

    Raises
    ------
    UserError
        If that cannot be told.
    boxloop.run.loop.Interrupted
        If the person stopped it.
    """
    this = Replay(project, one, two, echo=echo)
    if not this.edits:
        return ["Nothing was edited between the two, so there is nothing to take back."]
    with this.ready() as later:
        return [part for line in _tell(this, later) for part in wrapped(line, hang=6)]


def _tell(this: Replay, later: Trial) -> list[str]:
    earlier, now = sets_of(this.one)[this.where]["model"], later.entry or {}
    judge = Judge(earlier, now, spread(this.one, this.two))
    primary = this.two["metrics"]["primary"]
    label = primary.get("label") or primary["name"]
    lines = [f"{label} on {this.where}, with edits taken back:"]
    lines += [_row(f"pass {this.one['number']}", earlier)]
    lines += [_row(f"pass {this.two['number']}", later.entry)]
    trials = {group: _of_group(this, group, back) for group, back in this.by_group().items()}
    for group, trial in trials.items():
        many = len(this.by_group()[group])
        name = f"without {group} ({many} edit{'s' if many > 1 else ''})"
        word = judge.word(trial) if trial.back else "not read for this number"
        lines.append(_row(name, trial.entry if trial.back else later.entry, word))
    movers = [trial for trial in trials.values() if judge.moved(trial)]
    named = [small for trial in movers for small in this.narrow(trial, judge.moved)]
    kept = [name for trial in trials.values() for name in trial.kept]
    lines += [f"  without {_labels(part)}: {_outcome(part, judge)}" for part in this.parts]
    lines += [*_kept(kept), *_rerun(this, later), ""]
    return [*lines, *(_movers(this, judge, named) or _nobody(this, judge, trials, kept))]


def _of_group(this: Replay, group: str, back: list[Edit]) -> Trial:
    """Return the later pass without the edits of a group that are read on the way to it."""
    read = [edit for edit in back if this.is_read(edit)]
    if not read:
        return Trial(())
    this.echo(f"Taken back of {group}: {_labels(Trial(tuple(read)))}.")
    return this.take_back(read)


def _row(name: str, entry: dict | None, word: str = "") -> str:
    return f"  {name:<27} {interval(entry):<24} {word}".rstrip()


def _labels(trial: Trial) -> str:
    return ", ".join(edit.label for edit in trial.back)


def _outcome(trial: Trial, judge: Judge) -> str:
    """Return what a trial gave, and what that means."""
    word = judge.word(trial)
    return word if trial.entry is None else f"{interval(trial.entry)} {word}"


def _kept(names: list[str]) -> list[str]:
    """Return what could not be taken back."""
    return [
        f"{name} stays as it is: raw data are hashed, not kept. A file with the earlier content in "
        "data/raw, under whatever name, would be put in its place."
        for name in dict.fromkeys(names)
    ]


def _rerun(this: Replay, later: Trial) -> list[str]:
    """Return a remark where the later pass, run again, does not say what it said."""
    said, found = sets_of(this.two)[this.where]["model"], later.entry or {}
    if abs(said["value"] - found["value"]) <= TINY * abs(said["value"]):
        return []
    was = f"Pass {this.two['number']} said {interval(said)} when it was made"
    return [f"{was}: machinery, packages or computer are not those of then."]


def _movers(this: Replay, judge: Judge, named: list[Trial]) -> list[str]:
    """Return the last lines where edits are known that moved the headline, or may have."""
    sure = [trial for trial in named if judge.is_sure(trial)]
    lines = []
    if len(sure) == 1:
        lines += [f"{_names(this, sure[0])} moved it: {_step(judge, sure[0])}, {_beyond(judge)}."]
    elif sure:
        lines += [f"{len(sure)} of them moved it, each {_beyond(judge)}:"]
        lines += [f"  {_names(this, trial)}: {_step(judge, trial)}" for trial in sure]
    lines += [
        f"{_names(this, trial)} may have moved it: {_step(judge, trial)}. That is more than "
        f"{judge.seeds}, but inside the interval of the difference: it cannot be told from chance."
        for trial in named
        if trial not in sure
    ]
    parts = sum(judge.move(trial) for trial in named)
    if len(named) > 1 and abs(parts - judge.total) > max(judge.floor, PART * abs(judge.total)):
        added = f"Their parts add up to {parts:+.2g}, and the headline moved by {judge.total:+.2g}"
        lines.append(f"{added}: they act together.")
    return lines


def _beyond(judge: Judge) -> str:
    return f"beyond the interval of the difference and {judge.seeds}"


def _nobody(this: Replay, judge: Judge, trials: dict[str, Trial], kept: list[str]) -> list[str]:
    """Return the last lines where no edit alone is known to have moved the headline."""
    if abs(judge.total) <= judge.floor:
        return [f"Nothing moved it: {judge.total:+.2g} in all, not beyond {judge.seeds}."]
    this.echo("Taken back: all of them.")
    everything = this.take_back(this.edits)
    lines = [_row("without all of them", everything.entry, judge.word(everything))]
    untried = [name for name, trial in trials.items() if trial.back and trial.entry is None]
    if everything.entry is None or (untried and judge.moved(everything)):
        names = " and ".join(untried) or "all of them"
        return [*lines, f"Which of them moved it cannot be told: without {names} it does not run."]
    if judge.moved(everything):
        return [*lines, "None alone moved it: they act together."]
    why = "raw data that changed" if kept else "machinery, packages or computer"
    return [*lines, f"None of the edits moved it: look for another cause, such as {why}."]


def _names(this: Replay, trial: Trial) -> str:
    """Return the edits of a trial, with their groups."""
    words = " and ".join(edit.label for edit in trial.back)
    broken = {edit.label for part in this.parts if part.entry is None for edit in part.back}
    apart = broken.isdisjoint(edit.label for edit in trial.back)
    how = ", only together," if apart else ", which do not run apart,"
    together = how if len(trial.back) > 1 else ""
    return f"{words}{together} ({', '.join(dict.fromkeys(e.group for e in trial.back))})"


def _step(judge: Judge, trial: Trial) -> str:
    """Return what the headline is without the edits, and with them."""
    without = (trial.entry or {}).get("value", 0.0)
    gap = f" ± {judge.gap(trial):.2g}" if judge.gap(trial) else ""
    return f"{without:.3g} without, {judge.later:.3g} with ({judge.move(trial):+.2g}{gap})"
