"""What the ledger holds a study to, over all resets: openings of its test set, and criteria.

A reset begins a new ledger with the lines of the old one. They count for what comes after it
where it is the same science: the same rows were sealed, or the rows come from the same raw data,
and the target is the same. Compared is content, not names of files.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boxloop.base.files import sha256

if TYPE_CHECKING:
    from boxloop.base.places import Project

Event = Mapping[str, Any]
# What a benchmark reads the test rows for, once they are released, and what came of it.
BENCHMARK = ("benchmark", "benchmark made", "submitted", "scored")
# What a new ledger takes over from the one before it.
KEPT = ("sealed", "trained", "criteria", "opened", "lost", "reset", *BENCHMARK)
SAID_OF = "the primary metric"  # beside the criteria, among what changed
# Files of data/raw that every project has.
NO_DATA = {"README.md", ".gitkeep", ".gitignore"}


def science(project: Project, settings: Any) -> dict[str, Any]:
    """Return what the ledger keeps of the question: target, primary metric, and raw data.

    ``raw`` holds the sha256 of the table of ``[data]``, or of all files of data/raw.
    """
    data, study = getattr(settings, "data", None), settings.study
    files = [project.root / data.table] if data else sorted(project.raw.rglob("*"))
    there = [path for path in files if path.is_file() and path.name not in NO_DATA]
    raw = sorted({sha256(path) for path in there})
    return {"raw": raw, "target": study.target, "primary": study.primary_metric}


def whole(events: Iterable[Event]) -> Iterator[Event]:
    """Yield the events of a ledger with those of the ledgers before its resets, oldest first."""
    for event in events:
        if event["event"] == "reset":
            yield from whole(event["before"]) if "before" in event else _looks(event)
        yield {key: value for key, value in event.items() if key != "before"}


def _looks(event: Event) -> Iterator[Event]:
    """Yield what a reset of an older version took down: rows and model of each opening."""
    for rows, model in (look for look in event.get("looks", []) if len(look) == 2):
        yield {"event": "sealed", "content": rows}
        yield {"event": "opened", "model": model}


def handed_on(events: Iterable[Event]) -> list[dict]:
    """Return the lines with which the ledger after a reset begins."""
    return [
        {key: value for key, value in event.items() if key != "chain"}
        for event in whole(events)
        if event["event"] in KEPT
    ]


@dataclass(frozen=True)
class Science:
    """Sealed rows, raw data and target at some moment; what is not known is empty."""

    rows: str | None = None
    raw: tuple[str, ...] = ()
    target: str | None = None

    def is_that_of(self, other: Science) -> bool:
        """Return whether the same question was asked of the same data."""
        if self.target and other.target and self.target != other.target:
            return False
        both = self.rows is not None and other.rows is not None
        if both and self.rows == other.rows:
            return True
        if self.raw and other.raw:
            return bool({*self.raw} & {*other.raw})
        return not both  # nothing can be compared: better to count once too often


@dataclass(frozen=True)
class Version:
    """Criteria by name as they stood from a moment on; `early`: before a first training ended."""

    criteria: dict[str, dict[str, Any]]
    primary: str | None
    science: Science
    era: int
    early: bool = False


@dataclass(frozen=True)
class Opening:
    """One opening of a test set, the criteria that were locked then, and its line."""

    science: Science
    model: str | None
    era: int
    version: Version | None
    event: Event


@dataclass
class Past:
    """The ledger, read as a whole.

    Parameters
    ----------
    events : iterable of dict
        As `boxloop.split.seal.read_ledger` returns them.
    """

    events: Iterable[Event]
    openings: list[Opening] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    resets: list[Event] = field(default_factory=list)
    lost: int | None = None  # openings known of a ledger that was lost
    uncounted: int = 0  # openings before a reset of which nothing but their number is known
    entries: int = 0  # of a benchmark, for each of which test rows were read
    trained: bool = False
    now: Science = field(default_factory=Science)
    _mine: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Walk through the events once."""
        drafts: list[Version] = []
        for event in whole(self.events):
            name = event["event"]
            if name == "reset":
                known = len(self.openings) + self.uncounted + (self.lost or 0)
                self.uncounted += max(int(event.get("openings", 0)) - known, 0)
                self.resets.append(event)
                self.trained, self.now, self._mine, drafts = False, Science(), set(), []
            elif name == "lost":
                self.lost = (self.lost or 0) + int(event.get("openings", 0))
            elif name == "sealed":
                self.now = Science(event.get("content"), self.now.raw, self.now.target)
                self._mine.add(str(event.get("content")))
            elif name in ("trained", "criteria"):
                self._take(event, drafts)
            elif name == "opened":
                self._note_opening(event)
            elif name == "submitted":
                self.entries += 1

    def _take(self, event: Event, drafts: list[Version]) -> None:
        """Note criteria; of those before the first training only the last are more than drafts."""
        first = event["event"] == "trained" and not self.trained
        raw, target = tuple(event.get("raw") or self.now.raw), event.get("target")
        self.now = Science(self.now.rows, raw, target or self.now.target)
        self.trained = self.trained or event["event"] == "trained"
        known = by_name(event.get("criteria") or [])
        early = not self.trained or first
        found = [Version(known, event.get("primary"), self.now, self.era, early)] if known else []
        if not self.trained:
            drafts[:] = found or drafts
            return
        self.versions += [*(drafts if not found or not first else []), *found]
        drafts.clear()

    def _note_opening(self, event: Event) -> None:
        model = event.get("model_hash", event.get("model"))
        own = [version for version in self.versions if version.era == self.era]
        version = own[-1] if own else None
        if known := by_name(event.get("criteria") or []):  # also where words were still to come
            primary = event.get("primary") or (version.primary if version else None)
            version = Version(known, primary, self.now, self.era)
        self.openings.append(Opening(self.now, model, self.era, version, event))

    @property
    def era(self) -> int:
        """How many resets there were."""
        return len(self.resets)

    def counts(self, found: Opening | Version) -> bool:
        """Return whether something of an earlier ledger is of today's science."""
        if found.era == self.era or not (self._mine or self.now.raw):
            return True
        then = found.science
        mine = [Science(rows, self.now.raw, self.now.target) for rows in self._mine]
        return any(then.is_that_of(one) for one in mine or [self.now])

    @cached_property
    def counted(self) -> list[Opening]:
        """The openings that count, oldest first."""
        return [opening for opening in self.openings if self.counts(opening)]

    @property
    def others(self) -> int:
        """How many openings before a reset were of another science."""
        return len(self.openings) - len(self.counted)

    @property
    def words(self) -> str:
        """How often the test set was opened: ``"opened twice, once before a reset"``."""
        count = len(self.counted) + self.uncounted
        before = sum(opening.era < self.era for opening in self.counted) + self.uncounted
        said = f"opened {times(count)}" if count else "never opened"
        if before:
            said += ", before a reset" if before == count else f", {times(before)} before a reset"
        if self.others:
            said += f"; that of other data or another target {times(self.others)} before a reset"
        if self.lost is not None:
            said += f"; {times(self.lost)} or more in an earlier ledger, which was lost"
        return said

    @property
    def entry_words(self) -> str:
        """In words that entries of a benchmark were scored, or nothing."""
        if not self.entries:
            return ""
        many = "one entry of its" if self.entries == 1 else f"{self.entries} entries of its"
        return f"since a release read for {many} benchmark"


def times(count: int) -> str:
    """Return a number of openings in words."""
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


@dataclass(frozen=True)
class Lock:
    """The criteria that a study is held to, and what was changed since they were first locked.

    Attributes
    ----------
    first : Version, the first that were locked for this science
    bound : Version or None
        Those that were locked when its test set was first opened: they count.
    before, after : list of (name, old, new)
        Changes before any opening, and after one, in words.
    at_reset : bool
        Whether a reset lies between what was locked and what is asked today.
    openings : int
    """

    first: Version
    bound: Version | None
    before: list[tuple[str, str, str]]
    after: list[tuple[str, str, str]]
    at_reset: bool
    openings: int

    @property
    def sentences(self) -> list[str]:
        """What was changed, with old and new: a sentence for each side of the opening."""
        when = "at a reset" if self.at_reset else "after the first training"
        said = []
        if self.before:
            said.append(f"Changed {when}, before any opening: {said_changes(self.before)}.")
        if self.after:
            number = "an opening" if self.openings == 1 else f"{self.openings} openings"
            late = f"at a reset, after {number}" if self.at_reset else "after an opening"
            said.append(f"Changed {late}: {said_changes(self.after)}.")
        return said


def lock(past: Past, criteria: Iterable[Any], primary: str | None = None) -> Lock | None:
    """Return how the criteria of today stand to those that were locked; None if none were.

    Parameters
    ----------
    past : Past
    criteria : iterable of criteria of today
    primary : str, optional
        The primary metric of today; by default the last one on record.
    """
    versions = [version for version in past.versions if past.counts(version)]
    bound = next((one.version for one in past.counted if one.version), None)
    if not versions and bound is None:
        return None
    first = versions[0] if versions else bound
    assert first is not None  # noqa: S101  # for whoever reads types
    primary = primary or (versions or [first])[-1].primary
    now = Version(by_name(criteria), primary, past.now, past.era)
    if past.counted and bound is None:
        bound = first  # an opening before anything was locked
    then = bound or now
    at_reset = (bound or first).era < past.era
    openings = len(past.counted) + past.uncounted
    return Lock(first, bound, changes(first, then), changes(then, now), at_reset, openings)


def changes(old: Version, new: Version) -> list[tuple[str, str, str]]:
    """Return what differs between two versions: name, old and new, in words."""
    one, two = old.criteria, new.criteria
    found = [
        (f"'{name}'", rule(one.get(name)), rule(two.get(name)))
        for name in {**one, **two}
        if one.get(name) != two.get(name)
    ]
    if old.primary and new.primary and old.primary != new.primary:
        found.append((SAID_OF, old.primary, new.primary))
    return found


def said_changes(found: Iterable[tuple[str, str, str]]) -> str:
    """Return changes in one row of words."""
    return "; ".join(f"{name} was {old} and is {new}" for name, old, new in found)


def by_name(criteria: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Return criteria, dicts or objects, by their name, without what they leave open."""
    rows = [
        dict(one)
        if isinstance(one, Mapping)
        else one.model_dump()
        if hasattr(one, "model_dump")
        else vars(one)
        for one in criteria
    ]
    return {
        row["name"]: {
            key: value for key, value in row.items() if value is not None and key != "name"
        }
        for row in rows
        if isinstance(row.get("name"), str)
    }


def rule(row: Mapping[str, Any] | None) -> str:
    """Return what a criterion asks, in a few words."""
    if row is None:
        return "absent"
    bounds = [key for key in ("at_least", "at_most", "above") if key in row]
    numbers = [f"{key.replace('_', ' ')} {row[key]:g}" for key in bounds]
    return " ".join(
        [*(str(row[key]) for key in ("quantity", "metric", "set") if key in row), *numbers]
    )
