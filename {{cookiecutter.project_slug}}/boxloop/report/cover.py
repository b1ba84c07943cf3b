"""The cover: question, verdict, one number with its interval, and what kept its word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boxloop.base.provenance import version
from boxloop.measure.numbers import decimals, ends, is_interval, is_number, short, text
from boxloop.notebooks.needed import NEEDED, is_needed
from boxloop.record.excused import excuses
from boxloop.record.verdict import gain, open_words
from boxloop.report.drawing import interval_drawing

if TYPE_CHECKING:
    from boxloop.report.chapters import Chapter
    from boxloop.settings.load import Settings
    from boxloop.split.locked import Past


_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)[\d:.]*(?:Z|\+00:00)")
PACKAGES = (
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "matplotlib",
    "papermill",
    "nbconvert",
    "skops",
)
QUANTITIES = {
    "value": "{metric} of the model",
    "low": "lower end of {metric}",
    "high": "upper end of {metric}",
    "gain": "gain in {metric} over the reference",
    "difference_low": "lower end of the difference in {metric} from the reference",
}
BETTER = {
    "lower": "lower is better",
    "higher": "higher is better",
    "zero": "closer to zero is better",
}


def headline(
    metrics: dict, settings: Settings | None, past: Past, checks: list[dict]
) -> dict | None:
    """Return the headline: its sentences, its drawing and the set it speaks of, or None.

    Parameters
    ----------
    metrics : dict
        Content of ``results/metrics.json``; any part may be missing.
    settings : boxloop.settings.load.Settings or None
    past : boxloop.split.locked.Past
        The ledger: how often the test set was opened.
    checks : list of dict
        Where one that voids is excused by somebody's word, that comes first, and no gain leads.
    """
    words = excuses(checks)
    stated = metrics.get("primary") or {}
    primary = stated.get("robust") or stated  # heavy tails: the robust metric leads
    drawing = interval_drawing(primary)
    if drawing is None:
        return None
    names = _names(settings)
    for row in drawing["rows"]:
        row["name"] = names[row["role"]]
    unit = primary.get("unit") or ""
    rows = (metrics.get("sets") or {}).get(primary.get("set"), {})
    return {
        "drawing": drawing,
        "label": primary.get("label") or primary.get("name") or "primary metric",
        "unit": unit,
        "better": BETTER.get(primary.get("better") or "", ""),
        "set": primary.get("set") or "",
        "n_rows": rows.get("n_rows"),
        "n_groups": rows.get("n_groups"),
        "difference": comparison(primary.get("difference"), unit, names["reference"]),
        "excuses": words,
        "gain": "" if words else _gain(primary),
        "drawn": _drawn(settings, rows),
        "tails": _tails(stated, names["reference"]),
        "few": (primary.get("difference") or {}).get("too_few", False),
        "reference": names["reference"],
        "opened": len(past.counted) + past.uncounted,
        "times": past.words,
    }


def _names(settings: Settings | None) -> dict[str, str]:
    """Return what the predictors are called."""
    reference = settings.study.reference.label if settings else "the domain reference"
    return {"model": "the model", "reference": reference, "trivial": "the trivial baseline"}


def judged(verdict: dict | None, checks: list[dict], chapters: list[Chapter]) -> dict | None:
    """Return the verdict with the place on the page of each of the things that it is due to."""
    if verdict is None:
        return None
    places = {row["id"]: f"#check-{row['id']}" for row in checks}
    places |= {chapter.name: f"#{chapter.slug}" for chapter in chapters}
    because = [{"name": name, "to": places[name]} for name in verdict["because"] if name in places]
    others = [name for name in verdict["because"] if name not in places]
    if others:
        words = others[0] if len(others) == 1 else f"{len(others)} criteria"
        because.append({"name": words, "to": "#criteria"})
    return verdict | {"because": because}


def _drawn(settings: Settings | None, rows: dict) -> str:
    """Return what the bootstrap draws: groups where there are such, else rows."""
    if settings is not None:
        return "groups" if settings.only("group") else "rows"
    return "rows" if rows.get("n_groups") == rows.get("n_rows") else "groups"


def comparison(difference: Any, unit: str, reference: str) -> str:
    """Return one sentence on the paired difference, which is positive where the model is better."""
    if not is_interval(difference):
        return ""
    places = decimals(difference)
    size = f"{text(abs(difference['value']), places)} {unit}".strip()
    paired = f"(paired difference, interval {ends(difference, places)})"
    if difference["low"] == difference["high"] == 0:
        return f"The model and {reference} score the same in every draw: nothing was gained."
    if difference["low"] > 0:
        return f"The model is better than {reference} by {size} {paired}."
    if difference["high"] < 0:
        return f"The model is worse than {reference} by {size} {paired}."
    value = f"{text(difference['value'], places)} {unit}".strip()
    return f"No clear difference between the model and {reference}: {value} {paired}."


def _tails(primary: dict, reference: str) -> str:
    """Return why the robust metric leads, and what the primary one says; nothing where it leads."""
    if not primary.get("heavy_tails"):
        return ""
    label, unit = primary.get("label") or "the primary metric", primary.get("unit") or ""
    said = comparison(primary.get("difference"), unit, reference)
    return f"{primary.get('note', 'heavy tails')}. By {label}, the primary metric: {said}".strip()


def _gain(primary: Any):
    """Return the gain (see `boxloop.record.verdict.gain`) in words, where it is clear."""
    difference, share = primary.get("difference"), gain(primary)
    if share is None or not is_interval(difference) or primary.get("better") == "zero":
        return ""
    unclear = difference["low"] <= 0 <= difference["high"]
    return "" if unclear else f"{100 * share:+.0f} %".replace("-", "−")


def secondary(metrics: dict) -> list[dict]:
    """Return the rows of the table of all metrics on the headline's set."""
    rows = []
    primary = metrics.get("primary") or {}
    robust, rest = primary.get("robust") or {}, metrics.get("secondary") or []
    rest = [entry for entry in rest if not robust or entry.get("name") != robust.get("name")]
    for entry in [robust, primary, *rest]:
        shown = [entry.get(role) for role in ("model", "reference", "trivial", "difference")]
        if any(isinstance(value, dict) for value in shown):
            label = entry.get("label") or entry.get("name") or ""
            places = decimals(*shown)
            cells = [_cell(value, places) for value in shown]
            facts = {"unit": entry.get("unit") or "", "mix": entry.get("mix") or ""}
            rows.append({"label": label, "cells": cells} | facts)
    return rows


def _cell(entry: Any, places: int) -> dict:
    if is_interval(entry):
        few = ", too few groups" if entry.get("too_few") else ""
        return {"value": text(entry["value"], places), "interval": f"{ends(entry, places)}{few}"}
    return {"value": short(entry.get("value")) if isinstance(entry, dict) else "", "interval": ""}


def criteria(metrics: dict) -> list[dict]:
    """Return the criteria as rows of words, and how many are met."""
    rows = []
    for row in metrics.get("criteria") or []:
        quantity = QUANTITIES.get(row.get("quantity"), "{metric}").format(
            metric=row.get("metric", "")
        )
        state = {True: "met", False: "not met"}.get(row.get("met"), "not measured")
        rows.append(
            {
                "name": row.get("name", ""),
                "quantity": quantity,
                "set": row.get("set", ""),
                "bound": short(row.get("bound")),
                "value": short(row.get("value")),
                "state": state,
                "now": row.get("now", ""),
            }
        )
    return rows


def criteria_words(rows: list[dict]) -> str:
    """Return ``"3 of 4 met, 1 not measured yet"``."""
    met = sum(row["state"] == "met" for row in rows)
    unknown = sum(row["state"] == "not measured" for row in rows)
    return f"{met} of {len(rows)} met" + (f", {unknown} not measured yet" if unknown else "")


def predictions(rows: list[dict]) -> list[dict]:
    """Return predictions as rows of words; see `boxloop.record.foreseen.rows`."""
    words = ("prediction", "of", "predicted", "state", "note", "earlier")
    found = []
    for row in rows:
        facts = {key: row[key] for key in words}
        found.append(facts | _cell(row, decimals(row)))
    return found


def predictions_words(rows: list[dict]) -> str:
    """Return ``"2 of 3 right, 1 wrong"``."""
    states = [row["state"] for row in rows]
    rest = [f"{states.count(one)} {one}" for one in dict.fromkeys(states) if one != "right"]
    return ", ".join([f"{states.count('right')} of {len(rows)} right", *rest])


def moment(time: str) -> str:
    """Return a time of the ledger for people: ``"2026-11-21 22:51 UTC"``; else what it is."""
    parts = _MOMENT.fullmatch(str(time or ""))
    return f"{parts[1]} {parts[2]} UTC" if parts else str(time or "")


def counts(checks: list[dict], answers: list[dict], passes: list[dict], past: Past) -> list[dict]:
    """Return the small facts beside the headline: label, words, anchor."""
    waits = "#exceptions" if checks else "#checks"
    open_answers = sum(not answer["answered"] for answer in answers)
    replied = (
        f"{len(answers) - open_answers} of {len(answers)} written" if answers else "none asked"
    )
    wanted = [answer for answer in answers if is_needed(answer)]
    if open_answers and wanted:
        there = sum(answer["answered"] for answer in wanted)
        replied += f", {there} of the {len(wanted)} {NEEDED}"
    if own := sum(answer.get("state") == "example" for answer in answers):
        replied += f", {own} by the example"
    return [
        {"label": "Open", "words": open_words(checks) or "nothing", "to": waits},
        {"label": "Answers", "words": replied, "to": "#needed"},
        {
            "label": "Test set",
            "words": past.words,
            "to": "#provenance",
        },
        {"label": "Passes so far", "words": str(len(passes)), "to": "#provenance"},
    ]


def provenance(chapters: Any, commit: Any) -> list:
    """Return where the results come from, as ``(label, text)``."""
    dates = sorted(chapter.facts["date"] for chapter in chapters if chapter.facts.get("date"))
    pythons = sorted(
        {chapter.facts["python"] for chapter in chapters if chapter.facts.get("python")}
    )
    seconds = [chapter.facts.get("seconds") for chapter in chapters]
    rows = [("Code", f"commit {commit}" if commit else "not under version control")]
    if dates:
        span = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
        rows.append(("Executed", f"{span} UTC"))
    if any(is_number(value) for value in seconds):
        rows.append(
            (
                "Time",
                f"{sum(value for value in seconds if is_number(value)):.0f} s for the notebooks",
            )
        )
    rows += [("Python", ", ".join(pythons))] if pythons else []
    used = [f"{name} {found}" for name in PACKAGES if (found := version(name))]
    return [*rows, ("Packages", ", ".join(used))]
