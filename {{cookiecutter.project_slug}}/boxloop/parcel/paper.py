r"""What a paper takes from a study: numbers as LaTeX macros, tables, and figures as PDF.

`\input{numbers.tex}`, and `\LoopTestRmseModel{}` is the number with its interval and unit, so that
no number is typed by hand. Behind the name of each number, `Value`, `Low` and `High` are its parts.
How names come about stands in `boxloop.parcel.tex`.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from boxloop.base.files import read_cache, write_bytes, write_text
from boxloop.notebooks.folder import chapter_names
from boxloop.parcel import tex
from boxloop.predict.layout import PAPER
from boxloop.record.results import PREDICTORS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.parcel.subject import Subject

PARTS = ("value", "low", "high")
# Tables that chapters have kept, by the name that they get here.
KEPT = {
    "models_tried": "04_train/attempts.csv",
    "strata": "05_diagnose/strata.csv",
    "safe_unsafe": "06_stress_test/safe_unsafe.csv",
    "failures": "07_failures_log/failures.csv",
    "predictions": "07_failures_log/predictions.csv",
}
_HOW = r"""\input this in the preamble; write \LoopVersion{} with {} where a word follows.
Each number is told with two digits of half its 95 % interval; behind its name, Value, Low and High
are its parts without the unit, and Unit of a metric of a set is its unit.
Differences are signed so that above 0 the model is better than the domain reference.
Tables need \usepackage{booktabs}. Signs that LaTeX lacks are told by their number, as [U+4E2D]."""
_FLAGS = {"too_few": "too few groups", "heavy_tails": "heavy tails"}

Key = tuple[str, ...]


def write(folder: Path, subject: Subject) -> list[str]:
    """Write `paper/` into a release, and return what is to be said of it.

    Parameters
    ----------
    folder : Path
        The release.
    subject : boxloop.parcel.subject.Subject

    Returns
    -------
    list of str
        Empty where all is as it should be.
    """
    for name, text in texts(subject).items():
        write_text(folder / PAPER / name, text)
    release = subject.settings.release
    rows = release.share_data and release.share_predictions
    return figures(folder / PAPER / "figures", subject.project, rows=rows)


def texts(subject: Subject) -> dict[str, str]:
    """Return by name in ``paper/`` the text of its numbers and tables."""
    found = {"numbers.tex": numbers(subject)}
    for name, (columns, rows) in {**told(subject), **kept(subject)}.items():
        lines = [[tex.cell(value) for value in row] for row in rows]
        heads = [tex.escaped(column.replace("_", " ")) for column in columns]
        found[f"tables/{name}.tex"] = tex.table(heads, lines, _warning(subject))
        found[f"tables/{name}.csv"] = _csv(columns, rows)
    return found | {"tables/benchmark.tex": _benchmark_tex(subject)}


def _warning(subject: Subject) -> str:
    """Return what has to stand above numbers that are not to be believed."""
    verdict = subject.verdict or {}
    if verdict.get("state") != "void":
        return ""
    return f"Not to be believed: {tex.escaped(verdict.get('sentence', ''))}"


def _csv(columns: list[str], rows: list[list]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(["" if value is None else value for value in row] for row in rows)
    return buffer.getvalue()


def numbers(subject: Subject) -> str:
    """Return the text of ``numbers.tex``."""
    found: dict[Key, str] = dict(_facts(subject))
    notes: dict[Key, str] = {}
    for key, entry, unit in _entries(subject):
        found |= _macros(key, entry, unit)
        notes[key] = _notes(entry)
    words = tex.names(found)
    head = [f"% {line}" for line in _HOW.splitlines()]
    head += [f"% {line}" for line in filter(None, [_warning(subject)])]
    body = [
        tex.macro(words[key], text) + (f"% {notes[key]}" if notes.get(key) else "")
        for key, text in found.items()
    ]
    return "\n".join([*head, *body]) + "\n"


def _notes(entry: dict) -> str:
    """Return in words why an interval is not to be trusted, or nothing."""
    return ", ".join(words for flag, words in _FLAGS.items() if entry.get(flag))


def _facts(subject: Subject) -> Iterator[tuple[Key, str]]:
    """Yield what is no measurement, by its key."""
    study, verdict = subject.settings.study, subject.verdict or {}
    said = {
        "title": subject.title,
        "question": study.question,
        "version": subject.version,
        "release date": subject.opened_at,
        "verdict": verdict.get("sentence"),
        "verdict state": verdict.get("state"),
        "reference": study.reference.label,
        "target": study.target,
        "openings": subject.openings,
        "passes": subject.passes,
    }
    for name, value in said.items():
        yield (name,), tex.NONE if value in (None, "") else tex.escaped(value)
    for name, content in _sets(subject).items():
        for what in ("rows", "groups"):
            yield (name, what), tex.escaped(content.get(f"n_{what}", tex.NONE))
    for number, row in enumerate(subject.metrics.get("criteria") or [], start=1):
        key = ("criterion", str(number))
        yield (*key, "name"), tex.escaped(row.get("name", ""))
        yield (*key, "bound"), tex.escaped(row.get("bound", ""))
        yield (*key, "met"), {True: "met", False: "not met"}.get(row.get("met"), "not measured")
        yield (*key, "value"), tex.cell(row.get("value")) or tex.NONE


def _sets(subject: Subject) -> dict[str, dict]:
    found = subject.metrics.get("sets") or {}
    return {name: content for name, content in found.items() if isinstance(content, dict)}


def _entries(subject: Subject) -> Iterator[tuple[Key, dict, str]]:
    """Yield each number with its key and its unit: of all sets, and those that chapters keep."""
    for name, content in _sets(subject).items():
        for metric, entries in content.get("metrics", {}).items():
            unit = _unit(subject, metric, entries)
            for who in PREDICTORS:
                if isinstance(entries.get(who), dict):
                    yield (name, metric, who), entries[who], unit
    for chapter in chapter_names(subject.project):
        found = read_cache(subject.project.station(chapter) / "numbers.json")
        for name, entry in found.items() if isinstance(found, dict) else ():
            if isinstance(entry, dict):
                yield (chapter, *name.split(".")), entry, str(entry.get("unit") or "")


def _metric(name: str, entries: dict) -> tuple[Any, str | None]:
    from boxloop.measure.metrics import METRICS

    scales = [entry.get("scale") for entry in entries.values() if isinstance(entry, dict)]
    return METRICS.get(name), next(iter(scales), None)


def _unit(subject: Subject, name: str, entries: dict) -> str:
    """Return the unit of a metric in this study."""
    metric, scale = _metric(name, entries)
    return metric.in_unit(subject.settings.study.unit, scale) if metric else ""


def _macros(key: Key, entry: dict, unit: str) -> dict[Key, str]:
    """Return a number with interval and unit, and its parts, by their keys."""
    words, ended = tex.unit(unit), entry.get("value") is not None
    with_unit = rf"\,\mbox{{{words}}}" if words and ended else ""
    parts = {(*key, part): tex.number(entry, part) for part in PARTS}
    return {key: tex.interval(entry) + with_unit, **parts, (*key, "unit"): words}


def told(subject: Subject) -> dict[str, tuple[list[str], list[list]]]:
    """Return by name the tables that are made of all results: columns, and rows of plain values."""
    criteria = ["name", "metric", "set", "quantity", "bound", "value", "met"]
    checks = ["id", "notebook", "weight", "state", "value", "threshold", "detectable"]
    rows = subject.metrics.get("criteria") or []
    sizes = [
        [name, found.get("n_rows"), found.get("n_groups")] for name, found in _sets(subject).items()
    ]
    return {
        "benchmark": _benchmark(subject),
        "criteria": (criteria, [[row.get(name) for name in criteria] for row in rows]),
        "checks": (checks, [[row.get(name) for name in checks] for row in subject.checks]),
        "sample_sizes": (["set", "rows", "groups"], sizes),
    }


def _benchmark(subject: Subject) -> tuple[list[str], list[list]]:
    """Return all metrics by set with full digits, and why an interval is not to be trusted."""
    columns = ["set", "rows", "groups", "metric", "unit"]
    for who in PREDICTORS:
        columns += [who, f"{who}_low", f"{who}_high", f"{who}_note"]
    rows = []
    for name, content in _sets(subject).items():
        for metric, entries in content.get("metrics", {}).items():
            row = [name, content.get("n_rows"), content.get("n_groups"), metric]
            row.append(_unit(subject, metric, entries))
            for who in PREDICTORS:
                entry = entries.get(who) or {}
                row += [*(entry.get(part) for part in PARTS), _notes(entry)]
            rows.append(row)
    return columns, rows


def _benchmark_tex(subject: Subject) -> str:
    """Return the benchmark as a person reads it: a number with its interval in one cell."""
    rows = []
    for name, content in _sets(subject).items():
        for metric, entries in content.get("metrics", {}).items():
            known, scale = _metric(metric, entries)
            label, unit = known.titled(scale) if known else metric, _unit(subject, metric, entries)
            row = [tex.escaped(name.replace("_", " ")), tex.escaped(content.get("n_rows", ""))]
            row.append(tex.escaped(label) + (f" ({tex.unit(unit)})" if unit else ""))
            rows.append(row + [_with_note(entries.get(who) or {}) for who in PREDICTORS])
    heads = ["set", "rows", "metric", *PREDICTORS]
    said = f"reference: {tex.escaped(subject.settings.study.reference.label)}"
    return tex.table(heads, rows, "\n".join(filter(None, [_warning(subject), said])))


def _with_note(entry: dict) -> str:
    words = _notes(entry)
    return tex.interval(entry) + (f" ({words})" if words else "")


def kept(subject: Subject) -> dict[str, tuple[list[str], list[list]]]:
    """Return by name the tables that chapters have kept, their cells as they stand there."""
    found = {}
    for name, where in KEPT.items():
        path = subject.project.results / where
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                columns, *rows = csv.reader(file)
            found[name] = columns, [list(row) for row in rows]
    return found


def figures(folder: Path, project: Project, *, rows: bool = True) -> list[str]:
    """Write the figures of all chapters as ``NN_name.pdf``, and return what is to be said.

    Parameters
    ----------
    folder : Path
    project : Project
    rows : bool
        Whether rows may be read off a figure to the last digit.
    """
    from boxloop.figures.printed import printed

    pixels, taken = [], set()
    for chapter in chapter_names(project):
        for picture in sorted((project.station(chapter) / "figures").glob("*.png")):
            name = f"{chapter[:2]}_{picture.stem}"
            name = f"{chapter}_{picture.stem}" if name.lower() in taken else name
            taken.add(name.lower())
            content, drawn = printed(picture, project.put_aside(chapter, picture.stem), rows=rows)
            write_bytes(folder / f"{name}.pdf", content)
            pixels += [] if drawn else [name]
    if not pixels:
        return []
    named = ", ".join(pixels[:3]) + (f" and {len(pixels) - 3} more" if len(pixels) > 3 else "")
    remedy = "`boxloop run --from 01` and release again"
    return [f"In paper/figures, {named} are pixels and not lines: for those, {remedy}."]
