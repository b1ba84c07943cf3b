"""Predictions: written in 01 or 04 before their number is measured, and scored where it is.

A prediction names the address of a result and on which side of a bound it will lie. 07 holds it
against what was measured: *right* where the whole interval lies on the predicted side, *wrong*
where it lies on the other, *cannot tell* where it holds the bound; where a result has no interval
its value alone decides. A prediction whose result was known when it was written is none: *late*
(Kerr 1998, Personality and Social Psychology Review 2, 196, on hypothesising after the results
are known).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache
from boxloop.notebooks.beliefs import OPEN, RIGHT, WRONG
from boxloop.notebooks.folder import chapter_names
from boxloop.notebooks.prose import ADDRESS
from boxloop.record.results import PREDICTORS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.notebooks.stated import Entry


class Results(Protocol):
    """What is asked of the results here, as `boxloop.record.traced.Results` has it."""

    chapters: list[str]
    note: Callable[[Path], object]

    @property
    def settings(self) -> dict[str, Any]:
        """study.toml as plain tables."""

    def find(self, address: str) -> Entry | None:
        """Return what stands at an address."""

    def sentence(self, address: str) -> str:
        """Return the sentence for an address at which nothing stands."""

    def measured_in(self, address: str) -> str:
        """Return the chapter that has left what stands at an address."""

    def addresses(self) -> list[str]:
        """Return the addresses of all results."""


CHAPTERS = ("01_scoping", "04_train")  # before anything that a prediction may be of
FILE = "predictions.json"
WAITING, LATE = "not measured", "late"  # beside right, wrong and cannot tell
# Why a prediction may wait.
SEALED = "08 measures it, once the test set is opened"
# What a person sets is no result, nor is how another prediction went.
_NO_RESULT = ("settings", "study", "boxloop", "prediction")
COLUMNS = ("id", "prediction", "of", "predicted", "value", "low", "high", "state", "note", "waits")
_KEPT = ("id", "sentence", "of", "above", "below")
OF_PASS = re.compile(r"^pass(\d+)\.")


@dataclass(frozen=True)
class Prediction:
    """What a person expects of a result.

    Parameters
    ----------
    id : str
        Letters, digits and ``_``: prose links to ``#prediction.ID``.
    sentence : str
        For people.
    of : str
        The address of the result.
    above, below : float or None
        The value is predicted to lie above the one, below the other; between the two, ends
        included, where both are given.
    chapter : str
        Where it stands.
    """

    id: str
    sentence: str
    of: str
    above: float | None
    below: float | None
    chapter: str

    @property
    def key(self) -> tuple:
        """What makes it this prediction, whatever its words: the address and the bounds."""
        return self.of, self.above, self.below

    @property
    def words(self) -> str:
        """The bounds in words: ``"below 0"``."""
        if self.above is not None and self.below is not None:
            return f"between {self.above:g} and {self.below:g}"
        return f"above {self.above:g}" if self.below is None else f"below {self.below:g}"

    def score(self, low: float, high: float) -> str:
        """Return how a prediction stands to an interval; a value alone is one without width."""
        if self.above is not None and self.below is not None:
            inside = self.above <= low and high <= self.below
            return RIGHT if inside else WRONG if high < self.above or low > self.below else OPEN
        if self.above is not None:
            return RIGHT if low > self.above else WRONG if high <= self.above else OPEN
        bound = float(self.below or 0.0)
        return RIGHT if high < bound else WRONG if low >= bound else OPEN


@dataclass(frozen=True)
class Past:
    """What the passes know of predictions.

    Attributes
    ----------
    late : dict
        Why a prediction counts as written after its result was known, by its key.
    kept : dict of Entry
        What passes found, by addresses such as ``pass1.gain.validation.rmse``.
    running : int
        The number of the pass under way, whose own numbers ``pass1.`` means in pass 1.
    """

    late: dict[tuple, str] = field(default_factory=dict)
    kept: dict[str, Entry] = field(default_factory=dict)
    running: int = 1


def prediction(
    name: str,
    sentence: str,
    *,
    of: str,
    chapter: str,
    below: float | None = None,
    above: float | None = None,
    between: Iterable[float] | None = None,
) -> Prediction:
    """Return what a cell registers, as `Station.predict` is handed it.

    Raises
    ------
    UserError
        If the chapter is none that may predict, the name or the address is none, or the bound is
        not one of below, above and between, with finite numbers.
    """
    call = f"here.predict({name!r})"
    if chapter not in CHAPTERS:
        msg = (
            f"{call} stands in {chapter}, where results are known already: move it to "
            f"{' or '.join(CHAPTERS)}."
        )
        raise UserError(msg)
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z]\w*", name):
        msg = f'{call}: an id has letters, digits and _, such as "simulator_b".'
        raise UserError(msg)
    if not isinstance(sentence, str) or not sentence.strip():
        msg = f"{call} needs a sentence that says in words what you expect."
        raise UserError(msg)
    if not isinstance(of, str) or not ADDRESS.fullmatch(f"#{of}"):
        msg = f"{call}: of={of!r} is no address of a result, such as gain.validation.rmse."
        raise UserError(msg)
    if of.partition(".")[0] in _NO_RESULT:
        msg = f"{call}: {of} is set and not measured, so give of= the address of a result."
        raise UserError(msg)
    low, high = _bounds(call, below=below, above=above, between=between)
    return Prediction(name, " ".join(sentence.split()), of, low, high, chapter)


def _bounds(
    call: str, *, below: Any, above: Any, between: Any
) -> tuple[float | None, float | None]:
    """Return the lower and the upper bound, None for one that is not there."""
    given = {"below": below, "above": above, "between": between}
    given = {key: value for key, value in given.items() if value is not None}
    if len(given) != 1:
        msg = f"{call} needs one of below=, above= and between=, and has {len(given) or 'none'}."
        raise UserError(msg)
    ((key, value),) = given.items()
    pair = key == "between"
    found = list(value) if pair and isinstance(value, list | tuple) else [value]
    right = len(found) == 1 + pair and all(map(_is_finite, found)) and found == sorted(found)
    if not right:
        what = "two finite numbers, the smaller first" if pair else "a finite number"
        msg = f"{call}: {key}={value!r} needs {what}."
        raise UserError(msg)
    ends = [float(one) for one in found]
    if pair:
        return ends[0], ends[1]
    return (ends[0], None) if key == "above" else (None, ends[0])


def _is_finite(value: Any) -> bool:
    try:
        return not isinstance(value, bool | str) and math.isfinite(value)
    except TypeError:
        return False


def registered(project: Project) -> list[Prediction]:
    """Return the predictions of a project in the order of the loop; what is damaged is none."""
    found: list[Prediction] = []
    for chapter in CHAPTERS:
        found += parsed(read_cache(project.station(chapter) / FILE), chapter)
    return found


def parsed(content: Any, chapter: str = "") -> list[Prediction]:
    """Return the predictions in what a file holds; a row that is damaged is passed over."""
    rows = content if isinstance(content, list) else []
    found = []
    for row in (one for one in rows if isinstance(one, dict)):
        facts: dict[str, Any] = {key: row.get(key) for key in _KEPT}
        facts["chapter"] = chapter or row.get("chapter") or ""
        texts = [facts[key] for key in ("id", "sentence", "of", "chapter")]
        ends = [facts["above"], facts["below"]]
        right = all(isinstance(text, str) for text in texts) and ends != [None, None]
        if right and all(end is None or _is_finite(end) for end in ends):
            found.append(Prediction(**facts))
    return found


def unique(predictions: list[Prediction]) -> list[Prediction]:
    """Return predictions as they are.

    Raises
    ------
    UserError
        If an id stands in both chapters.
    """
    first: dict[str, str] = {}
    for one in predictions:
        if first.setdefault(one.id, one.chapter) != one.chapter:
            msg = (
                f"The prediction {one.id!r} stands in {first[one.id]} and in {one.chapter}: give "
                "one of them another id."
            )
            raise UserError(msg)
    return predictions


def rows_of(predictions: Iterable[Prediction]) -> list[dict[str, Any]]:
    """Return what a file keeps of predictions."""
    return [asdict(one) for one in predictions]


def objection(of: str, chapters: list[str], criteria: int) -> str:
    """Return what is wrong with an address as far as its words tell, as the end of a sentence."""
    from boxloop.checks import REGISTRY
    from boxloop.measure.metrics import METRICS

    kind, _, rest = OF_PASS.sub("", of, count=1).partition(".")
    parts = rest.split(".")
    if re.match(r"\d\d_", kind):
        return "" if kind in chapters else f"there is no chapter {kind}"
    if kind == "check":
        return "" if rest in REGISTRY else f"there is no check {rest}"
    if kind == "criteria":
        there = rest.isdecimal() and 0 < int(rest) <= criteria
        return "" if there else f"study.toml has {criteria} criteria"
    if kind == "gain":
        parts = [*parts[1:2], "difference"]
    elif rest in ("n_rows", "n_groups"):
        return ""
    if not parts or parts[0] not in METRICS:
        return f"write SET.METRIC.WHO, gain.SET.METRIC or NN_chapter.NAME, and not {of}"
    return "" if parts[1:2] and parts[1] in PREDICTORS else f"who is one of {', '.join(PREDICTORS)}"


def known_already(of: str, here: Any) -> str:
    """Return the chapter that has measured what stands at an address before it is predicted."""
    kind, _, rest = of.partition(".")
    if kind < here.name and kind in chapter_names(here.project):
        return kind
    name = rest.partition(".")[0] if kind == "gain" else kind
    earlier = {
        other: read_cache(here.project.station(other) / "metrics.json")
        for other in chapter_names(here.project)
        if other < here.name
    }
    for other, found in earlier.items():
        if isinstance(found, dict) and name in (found.get("sets") or {}):
            return other
    own = name in here._sets or (kind == here.name and rest in here._numbers)  # noqa: SLF001
    return here.name if own or (kind == "check" and rest in here._checks) else ""  # noqa: SLF001


def measured(of: str, results: Results, past: Past | None = None) -> Entry | None:
    """Return what stands at the address of a prediction, if a value does.

    Parameters
    ----------
    of : str
    results : Results
    past : Past, optional
    """
    past, match = past or Past(), OF_PASS.match(of)
    entry = results.find(of)
    if match and entry is None:
        own = int(match[1]) == past.running
        entry = results.find(of[match.end() :]) if own else past.kept.get(of)
    return entry if entry is not None and entry.value is not None else None


def scored(
    predictions: Iterable[Prediction],
    results: Results,
    *,
    chapter: str = "",
    past: Past | None = None,
) -> list[dict[str, Any]]:
    """Return each prediction with what was measured, and how it stands to that.

    Parameters
    ----------
    predictions : iterable of Prediction
    results : Results
    chapter : str, optional
        The one that asks: what later ones have left is of an earlier run.
    past : Past, optional

    Returns
    -------
    list of dict
        ``id``, ``prediction``, ``of``, ``predicted``, ``value``, ``low``, ``high``, ``state``,
        ``note``, which is empty where an interval has decided, and ``waits``: whether 08 measures
        it.
    """
    found, past = [], past or Past()
    for one in predictions:
        row = {"id": one.id, "prediction": one.sentence, "of": one.of, "predicted": one.words}
        where = OF_PASS.sub("", one.of, count=1).partition(".")[0]
        later = chapter and where in results.chapters and where > chapter
        entry = None if later else measured(one.of, results, past)
        waits = entry is None and is_of_release(one.of, results)
        state, note = _state(one, entry, results, waits=waits)
        if why := past.late.get(one.key):
            state, note, waits = LATE, why, False
        ends = {key: getattr(entry, key, None) for key in ("value", "low", "high")}
        found.append(row | ends | {"state": state, "note": note, "waits": waits})
    return found


def _state(
    one: Prediction, entry: Entry | None, results: Results, *, waits: bool
) -> tuple[str, str]:
    if entry is None:
        return WAITING, SEALED if waits else results.sentence(one.of)
    value = float(entry.value or 0.0)
    if entry.low is None or entry.high is None:
        return one.score(value, value), "no interval: the value alone decides"
    return one.score(entry.low, entry.high), ""


def is_of_release(of: str, results: Results) -> bool:
    """Return whether an address is of sealed rows, or of 08: of what a release measures."""
    name = OF_PASS.sub("", of, count=1)
    kind, _, rest = name.partition(".")
    criteria = results.settings.get("study", {}).get("criteria", [])
    if kind == "criteria" and rest.isdecimal() and 0 < int(rest) <= len(criteria):
        name = f"{criteria[int(rest) - 1].get('set', '')}."
    return bool(re.match(r"(?:gain\.)?test(?:_\w+)?\.|08_release\.", name))
