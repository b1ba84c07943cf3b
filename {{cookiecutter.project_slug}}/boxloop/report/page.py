"""The page: everything a project has to show, in one file that asks nothing of the network."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from collections.abc import Callable
from functools import cache, partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.files import read_cache, write_text
from boxloop.base.provenance import git_commit
from boxloop.measure.numbers import short
from boxloop.notebooks import needed
from boxloop.notebooks.answers import cell_anchor, read_answers
from boxloop.notebooks.folder import chapter_names
from boxloop.record import foreseen, history
from boxloop.record.excused import author_words
from boxloop.record.health import losses
from boxloop.record.passes import all_passes
from boxloop.record.passes import damaged as passes_damaged
from boxloop.record.prose import results_of
from boxloop.record.results import NOT_OF_TODAY, behind, read_checks, read_metrics
from boxloop.record.sheets import appendix_a, reforms, tally
from boxloop.record.status import status
from boxloop.record.verdict import judge
from boxloop.report import cover, front
from boxloop.report.chapters import read_chapters
from boxloop.report.classes import by_class
from boxloop.report.convert import make_exporter
from boxloop.report.drawing import loop_drawing
from boxloop.report.every_cut import curves
from boxloop.report.headings import in_words
from boxloop.report.safe import without_unseen
from boxloop.settings.load import load_settings
from boxloop.split.locked import Past
from boxloop.split.seal import read_ledger

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.base.places import Project
    from boxloop.report.chapters import Chapter
    from boxloop.settings.load import Settings


STYLES = (
    *("report.css", "chapters.css", "tables.css", "every_cut.css", "narrow.css"),
    "short.css",
)
SCRIPTS = ("report.js", "search.js", "save.js", "every_cut.js")
_OF_OTHERS = ("index.", "slides")  # templates of nbconvert, and of the slides
_STYLE = re.compile(r"<style>.*?</style>", re.DOTALL)


def build_report(project: Project, *, stale: dict | None = None) -> Path:
    """Build ``report/index.html`` from what was executed so far, and return its path.

    Parameters
    ----------
    project : boxloop.base.places.Project
    stale : dict, optional
        Why a chapter is out of date, by name of its notebook; found out by default.

    Returns
    -------
    Path
        One file without a request to anywhere. What is missing is named in it; what cannot be
        read is named on top of it.
    """
    read = Reader()
    settings = read(load_settings, project.settings_file)
    metrics = read(read_metrics, project, default={})
    checks = read(read_checks, project, default=[])
    past = Past(read(read_ledger, project, default=[]))
    passes = read(all_passes, project, default=[])
    answers = read(read_answers, project, default=[])
    read.problems += [*losses(project), *passes_damaged(project)]
    stale, undone = read(_behind, project, default=({}, [])) if stale is None else _given(stale)
    checks = [row | {"old": _is_old(row, stale), "words": author_words(row)} for row in checks]
    chapters = read_chapters(project, checks, stale=stale, sealed=_is_sealed(metrics))
    html = fragment(
        "page.html.j2",
        **_named(project, settings),
        smoke=_smoke(project),
        chapters=chapters,
        drawing=loop_drawing(chapters),
        verdict=cover.judged(judge(checks, metrics, settings, undone=undone), checks, chapters),
        headline=cover.headline(metrics, settings, past, checks),
        old=[" ".join(row) for row in undone if row[1] in NOT_OF_TODAY],
        **_measured(project, metrics, settings),
        counts=cover.counts(checks, answers, passes, past),
        provenance=cover.provenance(chapters, git_commit(project.root)),
        **words_of_criteria(metrics, checks) | _predictions(read(_scored, project, default=[])),
        **_history(passes, past),
        **_sheets(project, read, checks, chapters, old=stale) | _answers(answers, chapters),
        **_in_front(project, checks, chapters) | assets(STYLES, SCRIPTS),
        problems=list(dict.fromkeys(read.problems)),
    )
    return write_text(project.report / "index.html", without_unseen(_styles_once(html)))


class Reader:
    """Calls what reads a file; where that is damaged, notes the sentence and goes on."""

    def __init__(self) -> None:
        self.problems = []

    def __call__(self, function: Callable, *arguments: Any, default: Any = None):
        """Return what a reader gives, or `default`."""
        try:
            return function(*arguments)
        except UserError as error:
            self.problems.append(str(error))
            return default


def _is_sealed(metrics: dict) -> bool:
    """Return whether the test set has no numbers yet."""
    return "test" not in (metrics.get("sets") or {})


def _named(project: Project, settings: Settings | None) -> dict:
    study = settings.study if settings else None
    return {"study": study, "title": study.title if study else project.root.name}


def _measured(project: Project, metrics: dict, settings: Settings | None) -> dict:
    found = {"metrics": cover.secondary(metrics), "classes": by_class(project)}
    return found | {"cuts": curves(project, settings, metrics)}


def words_of_criteria(metrics: dict, checks: list[dict]) -> dict:
    """Return what the cover says of criteria, as its template takes it."""
    rows, lock = cover.criteria(metrics), metrics.get("lock")
    words = {"criteria": rows, "criteria_words": cover.criteria_words(rows)}
    kept = [row["state"] for row in checks if row["id"] == "criteria.unchanged" and not row["old"]]
    moved = lock.get("sentences") or [] if isinstance(lock, dict) else []
    early = bool(lock.get("early")) if isinstance(lock, dict) else True
    first = kept == ["pass"] and early and not moved
    return words | {"first_criteria": first, "criteria_moved": moved}


def _scored(project: Project) -> list[dict]:
    return foreseen.rows(project, results_of(project))


def _predictions(rows: list[dict]) -> dict:
    shown = cover.predictions(rows)
    return {"predictions": shown, "predictions_words": cover.predictions_words(shown)}


def _history(passes: list[dict], past: Past) -> dict:
    """Return passes and openings, also those before a reset that do not count."""
    table = history.table(passes)
    opened = [{**one.event, "counts": past.counts(one)} for one in past.openings]
    drawn = {"history": table, "history_drawings": history.drawings(table)}
    return {"passes": passes, "openings": opened} | drawn


def _is_old(row: dict, stale: dict) -> bool:
    """Return whether what a check found once does not count now; a failure counts until mended."""
    return row.get("notebook") in stale and row["state"] not in ("fail", "unanswered")


def _sheets(
    project: Project, read: Reader, checks: list[dict], chapters: list[Chapter], *, old: dict
) -> dict:
    """Return what stands after the chapters."""
    names = {chapter.name for chapter in chapters}
    return {
        "checks": checks,
        "other_checks": [row for row in checks if row.get("notebook") not in names],
        "appendix": read(partial(appendix_a, old=old), project, default=[]),
        "reforms": read(partial(reforms, old=old), project, default=[]),
        "failures": _table(project.station("07_failures_log") / "failures.csv"),
        "environment": _text(project.station("08_release") / "environment.txt"),
    }


def _in_front(project: Project, checks: list[dict], chapters: list[Chapter]) -> dict[str, Any]:
    """Return the alerts, what does not pass, and the map of safe use."""
    found = front.safe_map(project, chapters)
    words = {"words": front.map_words(found["rows"])}
    shown = {"alerts": front.alerts(checks), "exceptions": front.exceptions(checks)}
    return shown | {"safe_map": found | words}


def _answers(answers: list[dict], chapters: list[Chapter]) -> dict[str, Any]:
    """Return the answers that a paper needs, and the questions that wait, each with its place."""
    there = sorted(
        (row for chapter in chapters for row in chapter.needed), key=lambda row: row["item"]
    )
    shown = {"needed": there, "examples": sum(row["example"] for row in there)}
    found = {
        name: [
            row
            | {
                "to": f"#{cell_anchor(row['notebook'], row['cell'])}",
                "item": needed.item_of(row["notebook"], row["id"]),
            }
            for row in rows
        ]
        for name, rows in needed.waiting(answers).items()
    }
    for rows in found.values():
        rows.sort(key=lambda row: row["item"])
    return shown | {"waits": found, "source": needed.SOURCE}


def get_ready(*, converts: bool = True) -> None:
    """Import what a report is made with and compile its templates, while there is time for it.

    Parameters
    ----------
    converts : bool
        Also what converts notebooks, which takes a second and is not needed where all are kept.
    """
    import bs4  # noqa: F401

    from boxloop.report import tidy  # noqa: F401
    from boxloop.report.kept import converters

    if converts:
        import latex2mathml.converter  # noqa: F401

        make_exporter()
    converters()  # hashes the machinery
    templates = _templates()
    for name in templates.list_templates(extensions=["j2"]):
        if not name.startswith(_OF_OTHERS):
            templates.get_template(name)  # compiled, and kept as such


def fragment(template: str, **context: Any) -> str:
    """Return one of the report's templates with its values; every value is escaped."""
    return _templates().get_template(template).render(**context)


@cache
def _templates():
    from jinja2 import Environment, FileSystemLoader

    folder = files("boxloop") / "templates" / "report"
    environment = Environment(
        loader=FileSystemLoader(str(folder)), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"short": short, "tally": tally, "moment": cover.moment}
    environment.filters["sentence"] = lambda words: f"{words[0].upper()}{words[1:]}."
    return environment


def _styles_once(html: str) -> str:
    """Return the page with each style once: every estimator brings the same one along."""
    seen = set()

    def first(match: Any) -> str:
        known = match[0] in seen
        seen.add(match[0])
        return "" if known else match[0]

    return _STYLE.sub(first, html)


def assets(styles: tuple, scripts: tuple) -> dict[str, str]:
    """Return style and script as text, and the policy that lets a browser run this script only.

    Parameters
    ----------
    styles, scripts : tuple of str
        Files among the report's templates.
    """
    folder = files("boxloop") / "templates" / "report"
    style, script = (
        "".join((folder / name).read_text(encoding="utf-8") for name in names)
        for names in (styles, scripts)
    )
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    policy = (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    return {"style": style, "script": script, "policy": policy}


def _behind(project: Project) -> tuple[dict, list]:
    """Return why chapters are out of date, and which of all are not done, for the verdict."""
    rows = status(project)
    stale = {row.name: f"Out of date: {row.detail}." for row in rows if row.state == "stale"}
    return stale, behind(rows)


def _given(stale: dict) -> tuple[dict, list]:
    return stale, [[name, "is out of date"] for name in stale]


def _smoke(project: Project) -> list[str]:
    """Return the notebooks whose numbers are quick ones, not results."""
    facts = {
        name: read_cache(project.station(name) / "station.json") for name in chapter_names(project)
    }
    return [name for name, found in facts.items() if isinstance(found, dict) and found.get("smoke")]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _table(path: Path) -> dict | None:
    """Return a CSV file as a header and rows of text, or None where there is none."""
    rows = [row for row in csv.reader(io.StringIO(_text(path), newline="")) if row]
    return {"head": list(map(in_words, rows[0])), "rows": rows[1:]} if rows else None
