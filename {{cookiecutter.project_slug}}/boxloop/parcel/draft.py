"""A draft of a paper: what the study has answered and measured, in the order of a paper.

Numbers stand in it as text with their intervals, so that it can be read anywhere; sources are told
as Pandoc cites them (``[@key]``, of ``study/references.bib``). What no one has answered is a TODO.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from boxloop.base.files import write_text
from boxloop.base.written import says_something
from boxloop.measure.metrics import METRICS
from boxloop.measure.numbers import decimals, is_number, short, text
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.needed import ITEMS, item_of
from boxloop.notebooks.prose import ADDRESS, LINK
from boxloop.parcel.said import full_name
from boxloop.predict.layout import PAPER
from boxloop.record.cards import FLAGS, as_written, demoted, led, titled
from boxloop.record.prose import numbers_said, results_of

if TYPE_CHECKING:
    from pathlib import Path

    from boxloop.notebooks.stated import Entry
    from boxloop.parcel.subject import Subject
    from boxloop.record.traced import Results

FILE = "paper.md"
# Which items of Appendix A, and other answers, make which part of a paper.
PARTS = {
    "Question": ("01_scoping.context", "01_scoping.downstream"),
    "Data": (),
    "Methods": ("01_scoping.literature", "05_diagnose.metric-choice"),
    "Results": ("05_diagnose.residual-failures", "05_diagnose.physics-of-the-model"),
    "Limits": (
        "06_stress_test.safe-use",
        "01_scoping.trust",
        "07_failures_log.rules-broken",
        "07_failures_log.abandoned",
        "07_failures_log.informative-failures",
    ),
    "Availability": ("08_release.data-available", "08_release.software-available"),
}
CHOOSING = ("exploration", "train_cv")  # sets by which methods were chosen: no result
WHO = ("model", "reference", "trivial", "difference")
_NUMBER = re.compile(r"[-−+]?\d+(?:\.(\d+))?\s*(%|per cent)?")
_NOTE = (
    "*A draft that boxloop has made of the answers and the results of the study. Intervals are "
    "95 %. Whatever is changed here is not changed in the study: answers stand in `notebooks/`, "
    "and `numbers.tex` of a release has every number as a macro.*"
)


def write(folder: Path, subject: Subject) -> None:
    """Write ``paper/paper.md`` into a release."""
    write_text(folder / PAPER / FILE, draft(subject))


def draft(subject: Subject) -> str:
    """Return the draft as Markdown.

    Parameters
    ----------
    subject : boxloop.parcel.subject.Subject
        Of a study that was run, released or not.
    """
    results = results_of(subject.project)
    answers = {f"{row['notebook']}.{row['id']}": row for row in read_answers(subject.project)}
    wrong = {
        (row["notebook"], row["cell"], row["address"], row["text"])
        for row in numbers_said(subject.project, results)
        if row.get("holds") is False
    }
    facts = {"Question": _question, "Data": _data, "Methods": _methods, "Results": _measured}
    facts["Limits"] = _not_passed
    parts = [*_head(subject), _NOTE]
    for title, names in PARTS.items():
        parts.append(f"## {title}")
        parts += facts[title](subject) if title in facts else []
        for name in names:
            if row := answers.get(name):
                parts += _answer(row, results, wrong)
    parts += _open(answers.values())
    return "\n\n".join(parts) + "\n"


def _head(subject: Subject) -> Iterator[str]:
    yield f"# {as_written(subject.title)}"
    if names := [as_written(full_name(one)) for one in subject.authors]:
        yield ", ".join(names)
    verdict = subject.verdict or {}
    if verdict.get("sentence"):
        yield f"**Verdict ({verdict['state']}).** {as_written(verdict['sentence'])}"


# What people have said.


def _answer(row: dict, results: Results, wrong: set[tuple]) -> Iterator[str]:
    """Yield a question and its answer, with the numbers in it resolved."""
    of_example = " (answer of the worked example)" if row["state"] == "example" else ""
    yield f"### {row['question']}{of_example}"
    if row["state"] == "unanswered":
        yield f"TODO: {row['why']}."
    if says_something(row["text"]):
        yield demoted(resolved(row, results, wrong), levels=3).strip()


def resolved(row: dict, results: Results, wrong: Collection[tuple] = ()) -> str:
    """Return the text of an answer in which links to results are numbers with intervals.

    Parameters
    ----------
    row : dict from `boxloop.notebooks.answers.read_answers`
    results : boxloop.record.traced.Results
    wrong : set of (notebook, cell, address, text)
        Numbers that the results of today do not bear out: what they are now stands behind them.
    """

    def told(match: re.Match[str]) -> str:
        words, target = match["text"], match["target"]
        if target.startswith("@"):
            return f"{words} [{target}]"
        if not (found := ADDRESS.fullmatch(target)):
            return match[0]
        address = found["address"]
        entry = None if address == "given" else results.find(address)
        if (row["notebook"], row["cell"], address, words) in wrong:
            return f"{words} (TODO: now {_now(entry)})"
        return words + _interval(words, entry)

    return LINK.sub(told, row["text"])


def _now(entry: Entry | None) -> str:
    if entry is None:
        return "without a result"
    if entry.state or entry.value is None:
        return entry.state
    places = decimals(vars(entry))
    return text(entry.value, places) + _ends(entry, 1, places)


def _interval(words: str, entry: Entry | None) -> str:
    """Return the interval behind a number in words that states a value; else nothing."""
    found = _NUMBER.search(words)
    if entry is None or entry.value is None or found is None:
        return ""
    scale, places = 100 if found[2] else 1, len(found[1] or "")
    number = float(re.sub(r"[^\d.]", "", found[0].replace("−", "-")))
    off = abs(abs(entry.value) * scale - number)
    return _ends(entry, scale, places) if off <= 0.51 * 10.0**-places else ""


def _ends(entry: Entry, scale: float, places: int) -> str:
    """Return ends in brackets, with so many digits that they are two numbers."""
    if entry.low is None or entry.high is None:
        return ""
    low, high = entry.low * scale, entry.high * scale
    while text(low, places) == text(high, places) and low != high and places < 9:
        places += 1
    sign = " %" if scale > 1 else ""
    return f" ({text(low, places)} to {text(high, places)}{sign})"


def _open(rows: Iterable[dict]) -> list[str]:
    """Return what a paper needs and nobody has answered."""
    waiting = [row for row in rows if not row["answered"]]
    lines = [
        f"- {item} {row['question']} (`notebooks/{row['notebook']}.ipynb`)"
        for row in waiting
        if (item := item_of(row["notebook"], row["id"]))
    ]
    return [f"## To be answered ({len(lines)} of {len(ITEMS)})", "\n".join(lines)] if lines else []


# What was measured.


def _question(subject: Subject) -> list[str]:
    return [as_written(subject.settings.study.question)]


def _data(subject: Subject) -> list[str]:
    study, rows = subject.settings.study, ["| Set | Rows | Groups |", "| --- | ---: | ---: |"]
    for name, content in (subject.metrics.get("sets") or {}).items():
        counts = (content.get(key) for key in ("n_rows", "n_groups"))
        rows.append(f"| {as_written(name)} | {' | '.join(map(str, counts))} |")
    unit = f" ({as_written(study.unit)})" if study.unit else ""
    inputs = ", ".join(map(as_written, subject.settings.inputs))
    said = f"The target is {as_written(study.target)}{unit}; a model is handed {inputs}."
    return [said] + (["\n".join(rows)] if len(rows) > 2 else [])


def _methods(subject: Subject) -> list[str]:
    study, named = subject.settings.study, str(subject.facts.get("name") or "")
    source = f" ({as_written(study.reference.citation)})" if study.reference.citation else ""
    model = f"The model is {as_written(named)}, and" if named else "The model is compared:"
    reference = f"the domain reference is {as_written(study.reference.name)}{source}"
    said = f"{model} {reference}. "
    metric = METRICS[study.primary_metric].label
    said += f"The primary metric is {metric}. "
    times = "once" if subject.openings == 1 else f"{subject.openings} times"
    sealed = f"was opened {times}" if subject.openings else "is still sealed"
    return [f"{said}The test set {sealed}."]


def _measured(subject: Subject) -> list[str]:
    """Return every metric of every set with its interval, and what became of the criteria."""
    void = (subject.verdict or {}).get("state") == "void"
    lines = ["| Set | Metric | Model | Reference | Trivial | Difference |", "|" + " --- |" * 6]
    for name, content in (subject.metrics.get("sets") or {}).items():
        if name in CHOOSING:
            continue
        for key, entries in led(content.get("metrics", {})).items():
            label, unit = titled(key, entries), METRICS[key].in_unit(subject.settings.study.unit)
            scaled = any((entries.get(who) or {}).get("scale") for who in WHO)
            words = f"{label} ({as_written(unit)})" if unit and not scaled else label
            cells = [as_written(name), words, *(told(entries.get(who)) for who in WHO)]
            lines.append(f"| {' | '.join(cells)} |")
    parts = ["Nothing here is to be believed: the verdict is void."] if void else []
    parts += ["\n".join(lines)] if len(lines) > 2 else ["TODO: nothing was measured yet."]
    return [*parts, *_criteria(subject)]


def told(entry: dict | None) -> str:
    """Return a number with its interval as text."""
    if not entry or not is_number(entry.get("value")):
        return "–"
    places = decimals(entry)
    said = text(entry["value"], places)
    if is_number(entry.get("low")) and is_number(entry.get("high")):
        said += f" ({text(entry['low'], places)} to {text(entry['high'], places)})"
    return ", ".join([said, *(words for flag, words in FLAGS.items() if entry.get(flag))])


def _criteria(subject: Subject) -> list[str]:
    met = {True: "met", False: "not met"}
    lines = [
        f"- {met.get(row.get('met'), 'not measured')}: {as_written(row.get('name', ''))} "
        f"({row.get('bound')}, {as_written(row.get('set', ''))}; measured: "
        f"{short(row.get('value')) or '–'})"
        for row in subject.metrics.get("criteria") or []
    ]
    return ["Criteria, which were written before training:", "\n".join(lines)] if lines else []


def _not_passed(subject: Subject) -> list[str]:
    """Return the checks that fail or are waived, with the reasons given."""
    lines = []
    for row in subject.checks:
        if row.get("state") in ("fail", "waived", "cannot-tell"):
            reason = f" Waived because: {as_written(row['reason'])}" if row.get("reason") else ""
            said = as_written(row.get("message") or "")
            lines.append(f"- `{row['id']}` ({row['state']}): {said}{reason}")
    return ["Checks that do not pass:", "\n".join(lines)] if lines else []
