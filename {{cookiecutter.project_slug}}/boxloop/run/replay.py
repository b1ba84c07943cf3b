"""Which edit moved the headline: the later pass again, with some edits taken back, in a copy.

The copy lies in a temporary folder, brings the results of the project along, and runs what is stale
in it up to the chapter that leaves the headline; the seal is not opened. Nothing is written to the
project.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, sha256
from boxloop.base.places import Project
from boxloop.notebooks.graph import makers, read_loop, upstream
from boxloop.record.causes import causes_now, causes_of
from boxloop.record.edits import GROUPS, edits, made_anew
from boxloop.record.history import sets_of
from boxloop.record.passes import snapshot
from boxloop.record.results import refresh
from boxloop.record.status import status
from boxloop.run.interrupt import Interrupts
from boxloop.run.lock import NAME, lock
from boxloop.run.loop import Interrupted, Options, Round
from boxloop.run.progress import Lines
from boxloop.run.rewrite import take_back

if TYPE_CHECKING:
    from boxloop.notebooks.graph import Chapter
    from boxloop.record.causes import Causes
    from boxloop.record.edits import Edit


SINGLY = 4  # so many edits are taken back one by one; more by halves first
AT_ROOT = {".git", "attic", "release", "dist"}
ANYWHERE = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache", NAME}


@dataclass(frozen=True)
class Trial:
    """The later pass, run again with some edits taken back.

    Attributes
    ----------
    back : tuple of Edit
    entry : dict or None
        The headline with its interval; None where it did not run.
    fault : str
        Why it did not.
    kept : list of str
        Raw files that could not be taken back.
    """

    back: tuple[Edit, ...]
    entry: dict[str, Any] | None = None
    fault: str = ""
    kept: list[str] = field(default_factory=list)


class Replay:
    """Two passes of a project, the later of which is run again.

    Parameters
    ----------
    project : Project
    one, two : dict
        The passes, see `boxloop.record.passes`.
    echo : callable
        Takes the progress lines.

    Raises
    ------
    UserError
        If a pass keeps no causes, or the two have no headline in common.
    """

    def __init__(self, project: Project, one: dict, two: dict, *, echo: Callable) -> None:
        self.project, self.one, self.two, self.echo = project, one, two, echo
        self.before, self.after = (_causes(project, past) for past in (one, two))
        self.where = _common_headline(one, two)
        self.edits = edits(self.before, self.after)
        self.interrupts = Interrupts(last=True)
        self.base: Any = None  # the later pass
        self.probe: Any = None  # the same again, to see what is read
        self.parts: list[Trial] = []  # what `narrow` has tried

    @contextmanager
    def ready(self) -> Iterator[Trial]:
        """Hold a copy of the project in which the later pass stands; yields it as a trial.

        Raises
        ------
        Interrupted
            If the person stopped it; the copy is gone by then.
        """
        try:
            scratch = partial(_scratch, self.interrupts)
            with self.interrupts, scratch() as self.base, scratch() as self.probe:
                self.echo("Copying the project to a temporary folder.")
                with lock(self.project):
                    _copy(self.project.root, self.base.root)
                later = self._begin()
                _copy(self.base.root, self.probe.root)
                yield later
        except (KeyboardInterrupt, Interrupted):
            msg = "Stopped: the copy is deleted, and nothing of the project was changed."
            raise Interrupted(msg) from None

    def _begin(self) -> Trial:
        """Bring the copy into the state of the later pass, and run what is stale then."""
        chapters = read_loop(self.base)
        since = causes_now(self.base, chapters, self.after.parameters)
        since.data = _hashes(self.base, {*since.data, *self.after.data})
        back = edits(self.after, since)
        kept = take_back(self.base, back, self.after, since, shelf=self.project.raw)
        number = self.two["number"]
        if kept:
            msg = (
                f"{kept[0]} is not what it was in pass {number}, and raw data are hashed, not "
                "kept: put that file back."
            )
            raise UserError(msg)
        self.echo(f"Pass {number} as it was.")
        found = self._run(self.base, ())
        if found.entry is None:
            msg = (
                f"Pass {number} cannot be run again, so nothing can be told from it: {found.fault}"
            )
            raise UserError(msg)
        return found

    def is_read(self, edit: Edit) -> bool:
        """Return whether a chapter that leads to the headline reads what was edited.

        Where none is stale without the edit, none has read it, and nothing has to run.
        """
        file = _file(self.probe, edit)
        if file is None or (edit.group == "data" and made_anew(self.before, self.after)):
            return True
        take_back(self.probe, [edit], self.before, self.after, shelf=self.project.raw)
        chapters = read_loop(self.probe)
        names = {chapter.name for chapter in _up_to(self.probe, chapters, self.where)}
        parameters = {c.name: self._parameters(c, ()) for c in chapters}
        rows = status(self.probe, chapters, parameters=parameters)
        original = self.base.root / file.relative_to(self.probe.root)
        if original.exists():
            shutil.copy2(original, file)
        else:
            file.unlink(missing_ok=True)
        return any(row.state != "done" for row in rows if row.name in names)

    def take_back(self, back: Sequence[Edit]) -> Trial:
        """Run the later pass again with these edits taken back, in another copy."""
        with _scratch(self.interrupts) as copy:
            _copy(self.base.root, copy.root)
            kept = take_back(copy, back, self.before, self.after, shelf=self.project.raw)
            found = self._run(copy, tuple(back))
            return Trial(found.back, found.entry, found.fault, kept)

    def _run(self, copy: Project, back: tuple[Edit, ...]) -> Trial:
        try:
            chapters = read_loop(copy)
            selected = _up_to(copy, chapters, self.where)
            parameters = {c.name: self._parameters(c, back) for c in selected}
            _make_room(copy, chapters, parameters)
            lines = Lines(self._say)
            this = Round(
                copy, chapters, selected, Options(), lines=lines, interrupts=self.interrupts
            )
            this.parameters = parameters
            with closing(this.meanwhile):  # or it converts on, in a folder that is deleted
                failed = [result.message for result in this.go() if result.state == "failed"]
            refresh(copy)
            found = sets_of(snapshot(copy)).get(self.where, {})
        except UserError as error:  # settings, say, that do not go with the rest
            return Trial(back, fault=str(error))
        if failed or not _is_known(found):
            return Trial(back, fault=failed[0] if failed else f"nothing measured on {self.where}")
        return Trial(back, found["model"])

    def _parameters(self, chapter: Chapter, back: tuple[Edit, ...]) -> dict:
        given = dict(self.after.parameters.get(chapter.name, {}))
        for edit in back:
            if edit.kind == "parameter" and edit.where == chapter.name:
                given.pop(edit.name[0], None)
                given |= {} if edit.old is None else {edit.name[0]: edit.old}
        return given

    def _say(self, line: str) -> None:
        if "current" not in line:
            self.echo(f"  {line}")

    def by_group(self) -> dict[str, list[Edit]]:
        """Return the edits by their group, groups without one left out."""
        found = {group: [e for e in self.edits if e.group == group] for group in GROUPS}
        return {group: mine for group, mine in found.items() if mine}

    def narrow(self, trial: Trial, moved: Callable[[Trial], bool]) -> list[Trial]:
        """Return the smallest parts of a trial that move the headline: single edits, if they can.

        Parameters
        ----------
        trial : Trial
            One that moved it.
        moved : callable
            Whether a trial moved it.
        """
        back = trial.back
        if len(back) == 1:
            return [trial]
        half = len(back) // 2
        parts = [(e,) for e in back] if len(back) <= SINGLY else [back[:half], back[half:]]
        found = []
        for part in parts:
            self.echo(f"Taken back: {', '.join(edit.label for edit in part)}.")
            found.append(self.take_back(part))
        self.parts += found
        movers = [one for one in found if moved(one)]
        return [small for one in movers for small in self.narrow(one, moved)] or [trial]


def _causes(project: Project, past: dict) -> Causes:
    found = causes_of(project, past)
    if found is None:
        msg = (
            f"Pass {past['number']} keeps no record of causes, so nothing of it can be taken back: "
            "name two passes that `boxloop run` has completed since."
        )
        raise UserError(msg)
    return found


def _common_headline(one: dict, two: dict) -> str:
    """Return the set of rows on which both passes were measured by the same metric, unsealed."""
    metrics = [(past["metrics"].get("primary") or {}).get("name") for past in (one, two)]
    if metrics[0] != metrics[1]:
        msg = (
            f"Pass {one['number']} was judged by {metrics[0]} and pass {two['number']} by "
            f"{metrics[1]}: a replay needs two passes with the same primary_metric."
        )
        raise UserError(msg)
    names = [{n for n, of in sets_of(past).items() if _is_known(of)} for past in (one, two)]
    both = sorted(name for name in names[0] & names[1] if "test" not in name)
    if not both:
        msg = (
            f"Passes {one['number']} and {two['number']} were not measured on the same rows "
            "outside the test set: a replay needs a set such as validation in both."
        )
        raise UserError(msg)
    return "validation" if "validation" in both else both[-1]


def _hashes(project: Project, names: set[str]) -> dict[str, str]:
    """Return the hashes of those of some files that are there."""
    return {n: sha256(project.root / n) for n in sorted(names) if (project.root / n).is_file()}


def _file(project: Project, edit: Edit) -> Path | None:
    """Return the one file that an edit is in, or None where there is none, or more."""
    if edit.kind in ("setting", "piece", "file"):
        return project.root / edit.where
    return project.notebooks / f"{edit.where}.ipynb" if edit.kind in ("cell", "links") else None


def _is_known(found: dict) -> bool:
    return (found.get("model") or {}).get("value") is not None


@contextmanager
def _scratch(interrupts: Interrupts) -> Iterator[Project]:
    """Hold a temporary folder for a copy; once it is being deleted, Ctrl-C disturbs no more."""
    with tempfile.TemporaryDirectory(prefix="boxloop-replay-") as folder:
        try:
            yield Project(Path(folder).resolve() / "project")
        except KeyboardInterrupt:
            interrupts.leaving = True
            raise


def _copy(root: Path, target: Path) -> None:
    """Copy a project without what no chapter reads: history, environments, releases, caches."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        top = {*names} & AT_ROOT if Path(folder) == root else set()
        hidden = {name for name in names if (Path(folder) / name / "pyvenv.cfg").is_file()}
        return top | hidden | ({*names} & ANYWHERE)

    try:
        shutil.copytree(root, target, ignore=ignored, ignore_dangling_symlinks=True)
    except shutil.Error as error:
        source, _, reason = error.args[0][0]
        msg = f"{source} cannot be copied ({reason}): move it out of the project."
        raise UserError(msg) from error


def _up_to(copy: Project, chapters: list[Chapter], where: str) -> list[Chapter]:
    """Return the chapters that the numbers on a set of rows come from, in order, never a release.

    Where no chapter has left that set under its name, all of them.
    """
    open_ones = [chapter for chapter in chapters if "release_reason" not in chapter.parameters]
    left = {c.name: read_cache(copy.station(c.name) / "metrics.json") for c in open_ones}
    measured = partial(_has_set, where=where)
    wanted = {name for name, facts in left.items() if measured(facts)}
    if not wanted:
        return open_ones
    by_name, to_do = {chapter.name: chapter for chapter in chapters}, list(wanted)
    while to_do:
        new = upstream(by_name[to_do.pop()], chapters) - wanted
        wanted |= new
        to_do += new
    return [chapter for chapter in open_ones if chapter.name in wanted]


def _has_set(facts: Any, where: str) -> bool:
    sets = facts.get("sets") if isinstance(facts, dict) else None
    return isinstance(sets, dict) and where in sets


def _make_room(copy: Project, chapters: list[Chapter], parameters: dict) -> None:
    """Take the sealed rows of a copy away where they are to be divided anew: it has no history."""
    sealing = {c.name for c in makers(copy.relative(copy.sealed_file), chapters)}
    rows = status(copy, chapters, parameters=parameters)
    if copy.sealed_file.exists() and any(
        row.name in sealing and row.state != "done" for row in rows
    ):
        copy.sealed_file.chmod(0o600)
        copy.sealed_file.unlink()
