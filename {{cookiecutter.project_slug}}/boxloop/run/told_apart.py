"""What a replay says: the headline with each group of edits taken back, and which one moved it."""

from __future__ import annotations

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
    """How far a trial moved the headline, against the spread between seeds.

    Parameters
    ----------
    earlier, later : float
        The headline of the earlier pass, and of the later one run again.
    seeds : float or None
        Standard deviation of the headline between seeds.
    """

    def __init__(self, earlier: float, later: float, seeds: float | None) -> None:
        self.earlier, self.later = earlier, later
        self.floor = max(seeds or 0.0, TINY * max(abs(earlier), abs(later)))
        self.total = later - earlier
        self.noise = "beyond the spread between seeds" + (
            f" ({seeds:.2g})" if seeds else " (they agree)" if seeds == 0 else " (not known)"
        )

    def move(self, trial: Trial) -> float:
        """Return what the edits that were taken back had added to the headline."""
        return 0.0 if trial.entry is None else self.later - trial.entry["value"]

    def moved(self, trial: Trial) -> bool:
        """Return whether they moved it beyond seeds, and by a part worth a name."""
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
    judge = Judge(earlier["value"], now["value"], spread(this.one, this.two))
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
    return [*lines, *_kept(kept), *_rerun(this, later), "", *_verdict(this, judge, named, kept)]


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


def _verdict(this: Replay, judge: Judge, named: list[Trial], kept: list[str]) -> list[str]:
    """Return the last lines: what moved the headline, or that none alone did."""
    noise = judge.noise
    if len(named) == 1:
        return [f"{_names(named[0])} moved it: {_step(judge, named[0])}, {noise}."]
    if named:
        lines = [f"{len(named)} of them moved it, each {noise}:"]
        return [*lines, *(f"  {_names(trial)}: {_step(judge, trial)}" for trial in named)]
    if abs(judge.total) <= judge.floor:
        return [f"Nothing moved it: {judge.total:+.2g} in all, not {noise}."]
    this.echo("Taken back: all of them.")
    everything = this.take_back(this.edits)
    lines = [_row("without all of them", everything.entry, judge.word(everything))]
    if judge.moved(everything):
        return [*lines, "None alone moved it: they act together."]
    why = "raw data that changed" if kept else "machinery, packages or computer"
    return [*lines, f"None of the edits moved it: look for another cause, such as {why}."]


def _names(trial: Trial) -> str:
    """Return the edits of a trial, with their groups."""
    words = " and ".join(edit.label for edit in trial.back)
    together = ", only together," if len(trial.back) > 1 else ""
    return f"{words}{together} ({', '.join(dict.fromkeys(e.group for e in trial.back))})"


def _step(judge: Judge, trial: Trial) -> str:
    """Return what the headline is without the edits, and with them."""
    without = (trial.entry or {}).get("value", 0.0)
    return f"{without:.3g} without, {judge.later:.3g} with ({judge.move(trial):+.2g})"
