"""Addresses of results, as they stand in a link ``[0.103](#ADDRESS)``, and what stands there.

| address | what it is |
|---|---|
| ``validation.rmse.model`` | a metric of one predictor on one set, with its interval |
| ``validation.n_rows`` | rows (or ``n_groups``, groups) of a set |
| ``gain.validation.rmse`` | the difference as a share of the reference, positive where better |
| ``check.split.groups`` | the value of a check; its state for words such as *passes* |
| ``criteria.1`` | what was measured for the first criterion; its state for *met* and *not met* |
| ``prediction.ID`` | what a prediction is of, as measured; its state for *right* and *wrong* |
| ``04_train.NAME`` | what a chapter said with ``here.number("NAME", ...)`` |
| ``04_train.ladder.forest.rmse`` | a cell of ``results/04_train/ladder.csv``: row, then column |
| ``03_split.split.n_train`` | a number in ``results/03_split/split.json``, key by key |
| ``settings.split.test`` | a number of ``study.toml`` |
| ``pass1.ADDRESS`` | what stood at an address in that pass, as far as it keeps it |
| ``study.simulate.PHOTONS``, ``boxloop.measure.stress.SAFE`` | a constant of a module |

``.low`` and ``.high`` may follow. Names are written with letters, digits and ``_``: the row
"quadratic ridge" is ``quadratic_ridge``.
"""

from __future__ import annotations

import ast
import csv
import math
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boxloop
from boxloop.base.files import read_cache
from boxloop.notebooks.answers import cell_anchor, slug
from boxloop.notebooks.file import asked, code_cells, read_notebook
from boxloop.notebooks.folder import chapter_names
from boxloop.notebooks.stated import Entry, judge
from boxloop.record.facts import settings_table

if TYPE_CHECKING:
    from boxloop.base.places import Project

EARLIER = r"pass(\d+)"
_PAIR = ("difference", "reference")
PARTS = ("value", "low", "high")
# What a bare number hardly means: single objects, and columns that were set and not found.
_MANY = 60  # rows of a table of single experiments
_OBJECTS, _SET = {"worst.csv", "manifest.csv"}, {"level", "seed", "rows", "low", "high", "n"}
# Files that are about a run, and not about the science.
_NO_RESULT = {"checks.json", "metrics.json", "station.json", "manifest.json", "machine.json"}


def plain_name(text: object) -> str:
    """Return a name as it stands in an address: ``"quadratic ridge"`` is ``quadratic_ridge``."""
    return re.sub(r"[^\w%+-]+", "_", str(text).strip()).strip("_")


def _is_number(value: Any) -> bool:
    return _number(value) is not None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or value is None or value == "":
        return None
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


class Results:
    """What a project's results say, by address.

    Parameters
    ----------
    project : Project
    sets : dict
        Metrics by set, as in ``results/metrics.json``.
    checks : list of dict
        Rows of ``results/checks.json``.
    note : callable, optional
        Told each path that is read.
    """

    def __init__(
        self,
        project: Project,
        sets: dict[str, dict],
        checks: list[dict],
        *,
        note: Callable[[Path], object] = lambda _: None,
    ) -> None:
        self.project, self.note = project, note
        self.sets = {
            name: found
            for name, found in sets.items()
            if isinstance(found, dict) and isinstance(found.get("metrics", {}), dict)
        }
        self.checks = {row["id"]: row for row in checks if isinstance(row.get("id"), str)}
        self.chapters = chapter_names(project)
        self._seen: dict[Path, Any] = {}
        self._found: dict[str, Entry | None] = {}

    @cached_property
    def settings(self) -> dict[str, Any]:
        """study.toml as plain tables."""
        return settings_table(self.project)

    def find(self, address: str) -> Entry | None:
        """Return what stands at an address, or None where nothing does."""
        if address not in self._found:
            self._found[address] = self._looked_up(address)
        return self._found[address]

    def _looked_up(self, address: str) -> Entry | None:
        found = self._find(address)
        if found is None and address.rpartition(".")[2] in PARTS:
            whole, _, part = address.rpartition(".")
            entry = self._find(whole)
            value = getattr(entry, part) if entry else None
            if entry and value is not None:
                both = entry.high is not None and entry.low is not None
                width = float(entry.high or 0.0) - float(entry.low or 0.0) if both else None
                found = Entry(address, value, unit=entry.unit, anchor=entry.anchor, width=width)
        return found

    def _find(self, address: str) -> Entry | None:
        first, _, rest = address.partition(".")
        if past := re.fullmatch(EARLIER, first):
            return self._of_pass(address, int(past[1]), rest)
        ways: dict[str, Callable[[str, str], Entry | None]] = {
            "gain": self._gain,
            "check": self._check,
            "criteria": self._criterion,
            "prediction": self._prediction,
            "settings": self._setting,
            "study": self._constant,
            "boxloop": self._constant,
        }
        if first in ways:
            return ways[first](address, rest)
        if first in self.chapters:
            return self._of_chapter(address, first, rest)
        return self._metric(address, first, rest)

    def sentence(self, address: str) -> str:
        """Return the sentence for an address at which nothing stands."""
        known = self.addresses()
        near = get_close_matches(address, known, n=3, cutoff=0.5)
        if address.startswith("prediction."):
            known = [f"prediction.{name}" for name in self._predictions]
            near = get_close_matches(address, known, n=3, cutoff=0.0)
        if address.startswith(("test.", "gain.test.", "test_", "gain.test_")):
            return f"#{address} speaks of sealed rows, which no release has measured yet"
        if past := re.match(rf"{EARLIER}\.", address):
            return self._not_kept(address, int(past[1]))
        hint = f"; nearest: {', '.join(f'#{one}' for one in near)}" if near else ""
        return f"no result stands at #{address}{hint}"

    def _not_kept(self, address: str, number: int) -> str:
        """Return the sentence for an address of a pass at which nothing stands."""
        known = [f"pass{number}.{name}" for name in self._numbers_of(number)]
        if not known:
            return f"no numbers of pass {number} are on record, as #{address} asks"
        near = get_close_matches(address, known, n=3, cutoff=0.5)
        hint = f"; nearest: {', '.join(f'#{one}' for one in near)}" if near else ""
        return f"pass {number} keeps no number at #{address}{hint}"

    # The kinds of addresses.

    def _of_pass(self, address: str, number: int, rest: str) -> Entry | None:
        """Return what an earlier pass keeps under an address of its own."""
        found = self._numbers_of(number).get(rest)
        if not isinstance(found, dict):
            return None
        words = {key: found[key] for key in ("unit", "state", "better") if _is_text(found, key)}
        return self._entry(address, **_ends(found), **words, anchor="so-far")

    def _numbers_of(self, number: int) -> dict[str, Any]:
        past = self._read(self.project.passes / f"{number:03d}.json")
        found = past.get("numbers") if isinstance(past, dict) else None
        return found if isinstance(found, dict) else {}

    def _metric(self, address: str, name: str, rest: str) -> Entry | None:
        found = self.sets.get(name, {})
        if rest in ("n_rows", "n_groups"):
            return self._entry(address, found.get(rest), anchor=self._chapter_of(name))
        metric, _, who = rest.rpartition(".")
        entry = found.get("metrics", {}).get(metric, {})
        entry = entry.get(who) if isinstance(entry, dict) else None
        if not isinstance(entry, dict):
            return None
        better = _better(metric) if who == "difference" else ""
        return self._entry(address, **_ends(entry), better=better, anchor=self._chapter_of(name))

    def _gain(self, address: str, rest: str) -> Entry | None:
        name, _, metric = rest.partition(".")
        entry = self.sets.get(name, {}).get("metrics", {}).get(metric)
        sides = [entry.get(who) if isinstance(entry, dict) else None for who in _PAIR]
        found, base = sides
        base = _number(base.get("value")) if isinstance(base, dict) else None
        if not isinstance(found, dict) or not base:
            return None
        ends = {
            key: None if value is None else value / abs(base) for key, value in _ends(found).items()
        }
        return self._entry(address, **ends, better=_better(metric), anchor=self._chapter_of(name))

    def _check(self, address: str, rest: str) -> Entry | None:
        row, part = self.checks.get(rest), "value"
        if row is None and rest.rpartition(".")[2] in ("threshold", "detectable"):
            check, _, part = rest.rpartition(".")
            row = self.checks.get(check)
        if row is None:
            return None
        state = str(row.get("state", ""))
        anchor = self._check_anchor(str(row.get("notebook", "")), str(row["id"]))
        return self._entry(address, row.get(part), state=state, anchor=anchor)

    def _criterion(self, address: str, rest: str) -> Entry | None:
        written = self.settings.get("study", {}).get("criteria", [])
        if not rest.isdecimal() or not 0 < int(rest) <= len(written):
            return None
        from boxloop.record.results import chapter_numbers
        from boxloop.record.results import judge as judged
        from boxloop.settings.load import load_settings

        criterion = load_settings(self.project.settings_file).study.criteria[int(rest) - 1]
        sets = self.sets | chapter_numbers(self.project, [criterion], self.note)
        row = judged(criterion, sets)
        state = {True: "met", False: "not met", None: "not measured"}[row["met"]]
        return self._entry(address, row["value"], state=state, anchor="08-release")

    def _prediction(self, address: str, rest: str) -> Entry | None:
        """Return what was measured of a prediction, the state being how it stands to that."""
        row = self._predictions.get(rest)
        if row is None:
            return None
        entry = self.find(row["of"])
        cell = self._call_in(row["chapter"], "predict", rest)
        ends = {key: row[key] for key in PARTS}
        facts = {"unit": entry.unit, "better": entry.better} if entry else {}
        return self._entry(address, **ends, **facts, state=row["state"], anchor=cell)

    @cached_property
    def _predictions(self) -> dict[str, dict[str, Any]]:
        """Every registered prediction as it stands to these results, by its id."""
        from boxloop.record.foreseen import past_of
        from boxloop.record.predictions import CHAPTERS, FILE, registered, scored

        for chapter in CHAPTERS:
            if (path := self.project.station(chapter) / FILE).is_file():
                self.note(path)
        found = registered(self.project)
        rows = scored(found, self, past=past_of(self.project, found))
        return {
            one.id: row | {"chapter": one.chapter} for one, row in zip(found, rows, strict=True)
        }

    def predicted(self) -> list[str]:
        """Return the addresses of the predictions, and of what they are of."""
        rows = self._predictions
        return [*(f"prediction.{name}" for name in rows), *(row["of"] for row in rows.values())]

    def measured_in(self, address: str) -> str:
        """Return the chapter that has left what stands at an address; empty where none has."""
        kind, _, rest = address.partition(".")
        if kind in self.chapters:
            return kind
        if kind == "check":
            row = self.checks.get(rest) or self.checks.get(rest.rpartition(".")[0]) or {}
            return str(row.get("notebook", ""))
        name = rest.partition(".")[0] if kind == "gain" else kind
        if kind == "criteria":
            written = self.settings.get("study", {}).get("criteria", [])
            at = int(rest) - 1 if rest.isdecimal() else -1
            name = written[at].get("set", "") if 0 <= at < len(written) else ""
        own = (one for one in self.chapters if name in self._own_sets(one))
        return next(own, "")

    def _setting(self, address: str, rest: str) -> Entry | None:
        value: Any = self.settings
        for part in rest.split("."):
            if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            else:
                value = value.get(part) if isinstance(value, dict) else None
        found = _number(value)
        return None if found is None else self._entry(address, found)

    def _constant(self, address: str, rest: str) -> Entry | None:
        """Return a constant of a module of the study or of the machinery, read, not run."""
        root = self.project.study
        if address.startswith("boxloop."):
            root = Path(boxloop.__file__).parent
        names = rest.split(".")
        for cut in range(1, len(names)):
            path = root.joinpath(*names[:cut]).with_suffix(".py")
            if path.is_file():
                self.note(path)
                value = _constants(path.read_text(encoding="utf-8", errors="replace"))
                found = _number(_inside(value, names[cut:]))
                return None if found is None else self._entry(address, found)
        return None

    def _of_chapter(self, address: str, chapter: str, rest: str) -> Entry | None:
        folder = self.project.station(chapter)
        said = self._read(folder / "numbers.json")
        if isinstance(said, dict) and isinstance(entry := said.get(rest), dict):
            unit = entry.get("unit") if isinstance(entry.get("unit"), str) else ""
            return self._entry(
                address, **_ends(entry), unit=unit, anchor=self._call_in(chapter, "number", rest)
            )
        name, _, inside = rest.partition(".")
        rows = self._read(folder / f"{name}.csv")
        if isinstance(rows, list) and inside:
            found = _cell(rows, inside)
            kept = self._kept_in(chapter, f"{name}.csv")
            return self._entry(address, **found, anchor=kept) if found else None
        if inside and f"{name}.json" not in _NO_RESULT:
            found = _inside(self._read(folder / f"{name}.json"), inside.split("."))
            anchor = self._kept_in(chapter, f"{name}.json")
            if isinstance(found, dict) and _number(found.get("value")) is not None:
                return self._entry(address, **_ends(found), anchor=anchor)
            if _number(found) is not None:
                return self._entry(address, found, anchor=anchor)
        return None

    # Where it stands.

    def _entry(self, address: str, value: Any = None, **facts: Any) -> Entry:
        low, high = (_number(facts.pop(key, None)) for key in ("low", "high"))
        return Entry(address, _number(value), low, high, **facts)

    def _read(self, path: Path) -> Any:
        """Return the rows of a CSV, or the content of a JSON file; None where there is none."""
        if path not in self._seen:
            self._seen[path] = None
            if path.is_file():
                self.note(path)
                self._seen[path] = _rows(path) if path.suffix == ".csv" else read_cache(path)
        return self._seen[path]

    @cached_property
    def _cells(self) -> dict[str, list[tuple[str, str]]]:
        found = {}
        for name in self.chapters:
            path = self.project.notebooks / f"{name}.ipynb"
            found[name] = code_cells(read_notebook(path))
        return found

    def _chapter_of(self, name: str) -> str:
        """Return the anchor of the cell that records the metrics of a set, else of its chapter."""
        call = re.compile(rf"\.metrics\(\s*[\"']{re.escape(name)}[\"']")
        for chapter, cells in self._cells.items():
            for cell, text in cells:
                if call.search(text):
                    return cell_anchor(chapter, cell)
        for chapter in self.chapters:
            own = read_cache(self.project.station(chapter) / "metrics.json")
            if isinstance(own, dict) and name in (own.get("sets") or {}):
                return slug(chapter)
        return ""

    def _check_anchor(self, chapter: str, check_id: str) -> str:
        for cell, text in self._cells.get(chapter, []):
            if check_id in asked(text):
                return cell_anchor(chapter, cell)
        return slug(chapter) if chapter in self.chapters else ""

    def _kept_in(self, chapter: str, file: str) -> str:
        """Return the anchor of the cell that keeps a file, else of its chapter."""
        for cell, text in self._cells.get(chapter, []):
            if re.search(rf"\.keep\(\s*[\"']{re.escape(file)}[\"']", text):
                return cell_anchor(chapter, cell)
        return slug(chapter)

    def _call_in(self, chapter: str, method: str, name: str) -> str:
        """Return the anchor of the cell that says a number, or predicts one, else its chapter."""
        for cell, text in self._cells.get(chapter, []):
            if re.search(rf"\.{method}\(\s*f?[\"']{re.escape(name)}[\"']", text):
                return cell_anchor(chapter, cell)
        return slug(chapter)

    # All of them.

    def chief(self) -> list[str]:
        """Return the addresses of metrics, checks, criteria and what a chapter said."""
        folders = {name: self.project.station(name) for name in self.chapters}
        said = {name: self._read(folder / "numbers.json") for name, folder in folders.items()}
        written = self.settings.get("study", {}).get("criteria", [])
        return [
            *self._of_sets(),
            *(f"{name}.{one}" for name, found in said.items() for one in found or ()),
            *(f"check.{name}" for name in self.checks),
            *(f"criteria.{at}" for at in range(1, len(written) + 1)),
        ]

    def addresses(self, chapter: str | None = None) -> list[str]:
        """Return the addresses of all results, those of one chapter first."""
        sets, files = [*self._of_sets()], [*self._in_files(self.chapters)]
        mine = self._own_sets(chapter)
        own = [one for one in files if chapter and one.startswith(f"{chapter}.")]
        near = [one for one in sets if one.removeprefix("gain.").split(".")[0] in mine]
        checks = [
            f"check.{name}" for name, row in self.checks.items() if _is_number(row.get("value"))
        ]
        return list(dict.fromkeys([*near, *own, *sets, *files, *checks]))

    def _own_sets(self, chapter: str | None) -> set[str]:
        own = read_cache(self.project.station(chapter or "") / "metrics.json")
        return set(own.get("sets") or {}) if isinstance(own, dict) else set()

    def _of_sets(self) -> Iterator[str]:
        for name, found in self.sets.items():
            for metric, entry in found.get("metrics", {}).items():
                for who in entry if isinstance(entry, dict) else ():
                    yield f"{name}.{metric}.{who}"
                if isinstance(entry, dict) and isinstance(entry.get("difference"), dict):
                    yield f"gain.{name}.{metric}"
            yield from (f"{name}.{part}" for part in ("n_rows", "n_groups") if part in found)

    def _in_files(self, chapters: list[str]) -> Iterator[str]:
        for chapter in chapters:
            folder = self.project.station(chapter)
            said = self._read(folder / "numbers.json")
            yield from (f"{chapter}.{name}" for name in (said if isinstance(said, dict) else ()))
            for path in sorted(folder.glob("*.csv")):
                if path.name in _OBJECTS:
                    continue
                rows = self._read(path)
                if isinstance(rows, list) and len(rows) > _MANY:
                    continue
                for name, column in _addressed(rows if isinstance(rows, list) else []):
                    yield f"{chapter}.{path.stem}.{name}.{column}"
            for path in sorted(folder.glob("*.json")):
                if path.name not in _NO_RESULT and path.name != "numbers.json":
                    for name in _keys(self._read(path), depth=3):
                        yield f"{chapter}.{path.stem}.{name}"

    @cached_property
    def _values(self) -> dict[str, list[float]]:
        """Return the values of the results, those of tables apart, in their order."""
        found: dict[str, list[float]] = {"chief": [], "table": []}
        for address in self.addresses():
            entry = self.find(address)
            first, _, rest = address.partition(".")
            kind = "table" if first in self.chapters and "." in rest else "chief"
            if entry is not None:
                ends = (entry.value, entry.low, entry.high)
                found[kind] += [value for value in ends if value is not None]
        return {kind: sorted(values) for kind, values in found.items()}

    def agrees(self, value: float, half: float) -> str:
        """Return whether a value, give or take, is a result.

        Returns
        -------
        str
            ``chief``: of a metric, a number that a chapter said, or a check; ``table``: in a table
            of a chapter; an empty text: of none.
        """
        slack = half * (1 + 1e-9)
        for kind, values in self._values.items():
            at = bisect_left(values, value - slack)
            if at < len(values) and values[at] <= value + slack:
                return kind
        return ""

    def candidates(self, text: str, chapter: str | None = None, *, most: int = 3) -> list[str]:
        """Return addresses whose result a bare number may state, those of its chapter first."""
        found = []
        for address in self.addresses(chapter):
            entry = self.find(address)
            if entry is None or entry.value is None:
                continue
            if judge(text, entry).holds:
                found.append(address)
                if len(found) == most:
                    break
        return found


def _better(metric: str) -> str:
    from boxloop.measure.metrics import METRICS

    return METRICS[metric].better if metric in METRICS else "higher"


def _ends(entry: dict[str, Any]) -> dict[str, float | None]:
    return {key: _number(entry.get(key)) for key in PARTS}


def _is_text(found: dict[str, Any], key: str) -> bool:
    return isinstance(found.get(key), str)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return []


def _row_names(rows: list[dict[str, str]]) -> list[str]:
    """Return a name for each row: its first column, and those that tell apart what it does not."""
    names = [""] * len(rows)
    for column in [*(rows[0] if rows else ())][:6]:
        parts = [plain_name(row.get(column) or "") for row in rows]
        longer = [f"{name}.{part}".strip(".") for name, part in zip(names, parts, strict=True)]
        if len(set(longer)) > len(set(names)) or not any(names):
            names = longer
        if len(set(names)) == len(names):
            break
    return names


def _addressed(rows: list[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield the names of row and column of each cell that holds a number."""
    for name, row in zip(_row_names(rows), rows, strict=True):
        for column, value in row.items():
            label = str(column or "_low")
            if label not in _SET and not label.endswith(("_low", "_high")) and _is_number(value):
                yield name, plain_name(column)


def _cell(rows: list[dict[str, str]], inside: str) -> dict[str, float | None] | None:
    """Return value, low and high of the cell that ``row.column`` names, or None."""
    names = _row_names(rows)
    if len(set(names)) < len(names):
        return None
    for name, row in zip(names, rows, strict=True):
        if not inside.startswith(f"{name}."):
            continue
        wanted = inside[len(name) + 1 :]
        column = next((c for c in row if c and wanted in (c, plain_name(c))), None)
        if column is None or _number(row[column]) is None:
            continue
        low, high = row.get(f"{column}_low"), row.get(f"{column}_high")
        if low is None and "low" in row and column not in ("low", "high", "rows", "n"):
            low, high = _between(row, column)
        return {"value": _number(row[column]), "low": _number(low), "high": _number(high)}
    return None


def _between(row: dict[str, str], column: str) -> tuple[str | None, str | None]:
    """Return ``low`` and ``high`` of a row where they enclose this cell: they are its interval."""
    low, value, high = (_number(row.get(name)) for name in ("low", column, "high"))
    if None in (low, value, high) or not float(low or 0) <= float(value or 0) <= float(high or 0):
        return None, None
    return row["low"], row["high"]


def _inside(value: Any, names: list[str]) -> Any:
    """Return what lies in nested tables under some names, themselves with or without dots."""
    if not names:
        return value
    if isinstance(value, list | tuple):
        at = names[0]
        return (
            _inside(value[int(at)], names[1:]) if at.isdecimal() and int(at) < len(value) else None
        )
    if not isinstance(value, dict):
        return None
    for cut in range(1, len(names) + 1):
        wanted = ".".join(names[:cut])
        for key, inner in value.items():
            if wanted in (key, plain_name(key)):
                found = _inside(inner, names[cut:])
                if found is not None:
                    return found
    return None


def _keys(value: Any, *, depth: int) -> Iterator[str]:
    """Yield the addresses of the numbers in nested tables; lists are not gone through."""
    if not isinstance(value, dict) or not depth:
        return
    for key, inner in value.items():
        if _number(inner) is not None and not isinstance(inner, str):
            yield plain_name(key)
        yield from (f"{plain_name(key)}.{name}" for name in _keys(inner, depth=depth - 1))


def constants(project: Project) -> dict[str, Any]:
    """Return the plain values at the top of the modules in ``study/``: what a person set there."""
    found = {}
    for path in sorted(project.study.glob("*.py")):
        text = path.read_text(encoding="utf-8", errors="replace")
        found[path.stem] = _constants(text)
    return found


def _constants(text: str) -> dict[str, Any]:
    """Return the plain values that a module gives to names at its top."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return {}
    found: dict[str, Any] = {}
    for node in tree.body:
        value, targets = getattr(node, "value", None), getattr(node, "targets", None)
        targets = targets or [getattr(node, "target", None)]
        if not isinstance(node, ast.Assign | ast.AnnAssign) or value is None:
            continue
        pairs = [(targets[0], value)]
        if isinstance(targets[0], ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(targets[0].elts, value.elts, strict=False))
        for target, plain in pairs:
            if isinstance(target, ast.Name):
                try:
                    found[target.id] = ast.literal_eval(plain)
                except (ValueError, TypeError, SyntaxError):
                    continue
    return found
