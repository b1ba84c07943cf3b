"""Model card and data card: what a stranger must know before using the model or the data.

Sections after Mitchell et al. (2019, model cards) and Gebru et al. (2021, datasheets).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from boxloop.base.errors import shown
from boxloop.measure.evidence import ROBUST
from boxloop.measure.metrics import METRICS
from boxloop.measure.numbers import decimals, told

if TYPE_CHECKING:
    from boxloop.settings.load import Settings


MOST_CLASSES = 30  # of more, a table of them is a list
BY_CLASS = (
    "Value with 95 % interval; `called` is how many rows are called by the class. Purities are "
    "those of the mix of these rows. `few`: too few rows or groups for the interval to be trusted."
)
OVERRIDDEN = "# Released all the same, because"
_WARNING = "**Not to be believed; see the verdict.**"
FLAGS = {"too_few": "too few groups", "heavy_tails": "heavy tails"}
# What Markdown, or the mathematics and HTML in it, would take for its own.
_MARKS = re.compile(r"[\\`*~|$]|<(?=[\w/!?])|\](?=[(\[])|&(?=#?\w+;)|(?<!\w)_|_(?!\w)")


def as_written(text: int | str) -> str:
    """Return Markdown that shows a text as it is, on one line: a name is no formatting."""
    return _MARKS.sub(r"\\\g<0>", shown(str(text)))


def markdown_table(frame: pd.DataFrame, *, digits: Any = 3) -> str:
    """Return a DataFrame as a Markdown table: `digits` significant digits, empty cells for NaN."""

    def cell(value: Any) -> str:
        if isinstance(value, float):
            return "" if pd.isna(value) else f"{value:.{digits}g}"
        return "" if value is None else as_written(value)

    lines = [[as_written(name) for name in frame], ["---"] * len(frame.columns)]
    lines += [[cell(value) for value in row] for row in frame.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def demoted(text: str, *, levels: Any = 2) -> str:
    """Return Markdown with every heading moved down, so that a card can stand inside a chapter."""
    lines = text.splitlines()
    return "\n".join("#" * levels + line if line.startswith("#") else line for line in lines) + "\n"


def metric_table(sets: dict) -> pd.DataFrame:
    """Return the metrics of all sets of rows as a DataFrame of text, each value with its interval.

    Parameters
    ----------
    sets : dict
        The `sets` of ``metrics.json``.
    """
    rows = []
    for name, content in sets.items():
        for key, values in led(content["metrics"]).items():
            row = {"set": name, "rows": content["n_rows"], "metric": titled(key, values)}
            shown = {who: values.get(who) for who in ("model", "reference", "difference")}
            places = decimals(*values.values())  # as `interval_table` has them
            words = {who: interval_text(one, digits=places) for who, one in shown.items() if one}
            rows.append(row | dict.fromkeys(shown, "") | words | _mix(key, values))
    return pd.DataFrame(rows)


def interval_text(entry: dict, *, digits: int | None = None) -> str:
    """Return a value with its interval, and in words why the interval is not to be trusted."""
    words = told(entry, digits, "{} [{}, {}]")
    return ", ".join([words, *(FLAGS[key] for key in FLAGS if key in entry)])


def _mix(name: str, entries: dict) -> dict[str, str]:
    """Return the mix of classes that a metric is told for, as a cell; none where none matters."""
    words = [METRICS[name].mix_in_words(entry) for entry in entries.values()]
    return {"mix": words[0]} if words and words[0] else {}


def titled(name: str, entries: dict) -> str:
    """Return the label of a metric, and what its residuals are divided by."""
    scales = [entry.get("scale") for entry in entries.values() if isinstance(entry, dict)]
    return METRICS[name].titled(next(iter(scales), None))


def led(metrics: dict) -> dict:
    """Return metrics in the order of a table: the robust one first where tails are heavy."""
    entries = [one for entry in metrics.values() for one in entry.values() if one]
    if ROBUST in metrics and any("heavy_tails" in one for one in entries):
        return {ROBUST: metrics[ROBUST]} | metrics
    return metrics


def interval_table(compared: dict, *, digits: int | None = None) -> pd.DataFrame:
    """Return intervals as text: a row per metric, a column per predictor, and of scores the mix.

    Parameters
    ----------
    compared : dict
        What `boxloop.measure.intervals.compare` returns.
    digits : int, optional
        Behind the point; as many as the narrowest interval of a row has by default.
    """
    rows = {}
    for name, found in led(compared).items():
        places = decimals(*found.values()) if digits is None else digits
        words = {who: interval_text(one, digits=places) for who, one in found.items()}
        rows[titled(name, found)] = words | _mix(name, found)
    return pd.DataFrame(rows).T.fillna("")


def with_overrides(card: str, openings: list[dict]) -> str:
    """Return a model card that says what its test set was opened in spite of."""
    said = [
        f"- {as_written(event['anyway'])} (in spite of: {as_written(' '.join(_despite(event)))})"
        for event in openings
        if event.get("anyway")
    ]
    if not said:
        return card
    return "\n".join([card.rstrip(), "", OVERRIDDEN, "", *said, ""])


def with_sections(card: str, sections: dict[str, Any]) -> str:
    """Return a model card with the sections that it lacks, before the last one if that overrides.

    Parameters
    ----------
    card : str
        As `model_card` returns it.
    sections : dict
        By heading their content: text, a DataFrame, or a list of both. What the card says already
        stays as it is.
    """
    parts = [
        f"## {heading}\n\n{_text(content)}"
        for heading, content in sections.items()
        if f"\n## {heading}\n" not in card
    ]
    body, mark, rest = card.partition(f"\n{OVERRIDDEN}\n")
    return "\n\n".join([body.rstrip(), *parts]) + "\n" + (f"{mark}{rest}" if mark else "")


def _despite(event: dict) -> list[str]:
    found = event.get("despite")
    return [str(one) for one in found] if isinstance(found, list) else []


def _text(content: Any) -> str:
    """Return the content of a section as Markdown: text, a DataFrame, or a list of both."""
    if isinstance(content, list | tuple):
        return "\n\n".join(_text(part) for part in content)
    return markdown_table(content) if isinstance(content, pd.DataFrame) else str(content).strip()


def model_card(
    model: Any,
    *,
    title: str,
    intended_use: str,
    not_for: str,
    data: str,
    metrics: list,
    strata: pd.DataFrame,
    safe_unsafe: pd.DataFrame,
    training: pd.DataFrame,
    limits: str,
    citation: str,
    checks: pd.DataFrame | None = None,
    verdict: dict | None = None,
    predictions: pd.DataFrame | None = None,
    classes: pd.DataFrame | None = None,
) -> str:
    """Return the model card as Markdown, rendered by `skops.card.Card`.

    Parameters
    ----------
    title, intended_use, ..., citation : str, DataFrame or list
        Content of a section; all are required, because a card with a hole misleads.
    checks, verdict, predictions, classes : see `power_table`, `verdict`, `Desk.class_table`
    """
    sections = {
        "Intended use": intended_use,
        "Not for": not_for,
        "Data": data,
        "Metrics": metrics,
        "Metrics by stratum": strata,
        "Where it is safe and where it breaks": safe_unsafe,
        "Training": training,
        "Limits": limits,
        "Citation": citation,
        **({} if classes is None else {"Class by class": [BY_CLASS, classes]}),
    }
    top, card = f"Model card: {as_written(title)}".replace("/", "-"), _empty(model)
    card.add(**{top: "What this model is for, how well it works, and where it must not be used."})
    parts = _headed(sections | _foreseen(predictions), checks, verdict)
    card.add(**{f"{top}/{heading}": _text(content) for heading, content in parts})
    return card.render().strip() + "\n"


def _empty(model: Any) -> Any:
    from skops.card import Card

    return Card(model, template=None, model_diagram=False)


def _foreseen(predictions: pd.DataFrame | None) -> dict[str, list]:
    """Return the section with the table of the predictions, none where none is registered."""
    if predictions is None or predictions.empty:
        return {}
    words = (
        "Registered before it was measured; right or wrong where the whole interval lies on one "
        "side of the bound."
    )
    columns = ["prediction", "predicted", "value", "low", "high", "state", "note"]
    table = predictions[columns].astype({"value": float, "low": float, "high": float})
    return {"What was predicted": [words, table]}


def _headed(
    sections: dict[str, Any], checks: pd.DataFrame | None, verdict: dict | None
) -> list[tuple[str, Any]]:
    """Return sections with the verdict before them; where it is void, no number stands alone."""
    if checks is not None:
        sections = sections | {"What the checks could have seen": _sourced(checks)}
    if verdict is None:
        return list(sections.items())
    if verdict["state"] == "void":
        named = ("Metrics", "Metrics by stratum", "Class by class", "What was predicted")
        warned = {name: sections[name] for name in named if name in sections}
        sections = sections | {name: [_WARNING, _text(found)] for name, found in warned.items()}
    return [("Verdict", _judged(verdict)), *sections.items()]


def _judged(verdict: dict) -> str:
    """Return the verdict as Markdown, and by which checks and criteria it came about."""
    because = "; ".join(as_written(name) for name in verdict["because"])
    said = f"**{verdict['state'].capitalize()}.** {as_written(verdict['sentence'])}"
    return f"{said}\n\nBecause of: {because}." if because else said


def power_table(checks: list[dict]) -> pd.DataFrame:
    """Return what each check that measures found in this study, and how well it hears elsewhere.

    Parameters
    ----------
    checks : list of dict
        Rows of ``checks.json``; those that count one by one are left out.

    Returns
    -------
    DataFrame
        ``seen from``: the smallest fault that this study's rows would have shown. ``false alarms``
        and ``heard``: see `boxloop.checks.power.measured_power`.
    """
    from boxloop.checks.power import measured_power

    known, rows = measured_power(), []
    for row in checks:
        if row["id"] in known and row["state"] != "not-applicable":
            measured = known[row["id"]]
            shares = {
                words: f"{measured[key]:.0%}" if key in measured else ""
                for key, words in (("false_alarms", "false alarms"), ("heard", "heard"))
            }
            facts = {"check": row["id"], "state": row["state"], "value": row["value"]}
            rows.append(facts | {"seen from": row.get("detectable")} | shares)
    return pd.DataFrame(rows)


def _sourced(checks: pd.DataFrame) -> list:
    words = (
        "False alarms: the largest share of clean tables of 1,000 rows, over four simulated "
        "worlds, that a check accused or asked about. Heard: the smallest share of tables of "
        "3,000 rows in which it heard the strongest fault that was planted for it. Measured once "
        "for this version of the checks (boxloop/checks/power.csv), not on this study."
    )
    return [words, checks]


def composition(tables: dict[str, pd.DataFrame], *, group: str | None = None) -> pd.DataFrame:
    """Return one row per table: rows, groups, copies of rows, and missing cells."""
    rows = []
    for name, frame in tables.items():
        row = {"table": name, "rows": len(frame)}
        if group:
            row["groups"] = frame[group].nunique() if group in frame else None
        row["copied rows"] = int(frame.duplicated().sum())
        row["missing cells"] = int(frame.isna().sum().sum())
        rows.append(row)
    return pd.DataFrame(rows)


def _class_counts(tables: dict[str, pd.DataFrame], settings: Settings) -> list[str]:
    """Return how many rows of each class the tables hold, as Markdown; nothing of numbers."""
    from boxloop.measure.task import Task

    task, target = Task(settings), settings.study.target
    if not task.has_classes:
        return []
    labels = {name: task.labels(frame) for name, frame in tables.items() if target in frame}
    counts = pd.DataFrame(
        {name: found.str.strip().value_counts() for name, found in labels.items()}
    )
    if counts.empty or len(counts) > MOST_CLASSES:
        return []
    counts = counts.fillna(0).astype(int).rename_axis("class")
    first = counts.columns[0]
    counts = counts.sort_values(first, ascending=False, kind="stable").reset_index()
    return [f"Rows of each class:\n\n{markdown_table(counts)}"]


def column_table(frame: pd.DataFrame, columns: dict) -> pd.DataFrame:
    """Return one row per column of `frame`: role, unit, meaning, share missing, range, median.

    Parameters
    ----------
    frame : DataFrame
    columns : dict of boxloop.settings.load.Column
    """
    rows = []
    for name in (name for name in columns if name in frame):
        column, values = columns[name], frame[name]
        row = {
            "column": name,
            "role": column.role,
            "unit": column.unit,
            "meaning": column.description,
        }
        row["missing"] = f"{values.isna().mean():.1%}"
        if pd.api.types.is_numeric_dtype(values):
            row |= {
                "min": float(values.min()),
                "median": float(values.median()),
                "max": float(values.max()),
            }
        rows.append(row)
    return pd.DataFrame(rows)


def _learnt(study: Any) -> str:
    """Return in a sentence what models learn instead of the target, or nothing."""
    from boxloop.measure.transform import TRANSFORMS

    name = getattr(study, "transform", None)
    if name is None:
        return ""
    told = "numbers are told in its own unit, and a prediction is nearer to a median than a mean"
    return f" Models learn {TRANSFORMS[name].words.format(study.target)}: {told}."


def data_card(
    tables: dict[str, pd.DataFrame],
    settings: Settings,
    *,
    motivation: str,
    collection: str,
    uses: str,
    distribution: str,
    maintenance: str,
) -> str:
    """Return the data card as Markdown, its composition filled from the data.

    Parameters
    ----------
    tables : dict of DataFrame
        The open tables; the columns of the first are described one by one.
    settings : boxloop.settings.load.Settings
    motivation, collection, uses, distribution, maintenance : str
        What only a person can say.
    """
    first, strategy = next(iter(tables)), settings.split.strategy
    divided = f"Split by {strategy}; everything that learns from data is in the pipeline."
    divided += _learnt(settings.study)
    data = getattr(settings, "data", None)
    parts = [
        f"# Data card: {as_written(settings.study.title)}",
        f"## Motivation\n\n{_text(motivation)}",
        f"## Composition\n\n{markdown_table(composition(tables, group=settings.only('group')))}",
        *([data.drawn] if data and data.drawn else []),
        *_class_counts(tables, settings),
        f"Columns of {first}:\n\n{markdown_table(column_table(tables[first], settings.columns))}",
        f"## Collection\n\n{_text(collection)}",
        f"## Preprocessing\n\n{divided}",
        f"## Uses\n\n{_text(uses)}",
        f"## Distribution\n\n{_text(distribution)}",
        f"## Maintenance\n\n{_text(maintenance)}",
    ]
    return "\n\n".join(parts) + "\n"
