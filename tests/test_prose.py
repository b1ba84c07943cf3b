"""What only a person can answer is asked, once, in a cell with an id that links can keep."""

import json
from collections import Counter
from pathlib import Path

import pytest

from boxloop.base.places import Project
from boxloop.notebooks.answers import read_answers
from boxloop.record.sheets import appendix_a, reforms

# Each line is one theme of Huppenkothen et al. (2023) and Cheng (2022) that no computer can
# settle: what is asked, and the ids that answer it.
ASKED = {
    "01_scoping": {
        "the problem and why it exists": "problem",
        "a good solution": "good-solution",
        "which motivation, and not machine learning for its own sake": "motivation",
        "context, strengths, weaknesses, the reference": "context",
        "what practice would take": "practice",
        "controlled or observational, noise, format": "nature",
        "how the labels were made": "labels",
        "errors that differ from row to row": "heterogeneous",
        "is simulation cheap": "cheap",
        "rights to share": "sharing",
        "how inputs are derived": "inputs",
        "spurious factors, in advance": "spurious",
        "nuisances and systematics": "nuisances",
        "symmetries and laws": "symmetries",
        "the population": "population",
        "the selection function": "selection",
        "do training data match the target, and which precision is needed": "match",
        "do the data suit the question": "suit",
        "inference or theoretical limit": "study-type",
        "where the model should perform": "trust",
        "valid conclusions and speculation": "conclusions",
        "cause or correlation": "causal",
        "limits of parameter space, rare events": "limits",
        "where outputs go": "downstream",
        "statistical, systematic, aleatoric, epistemic": "uncertainties",
        "ethics": "ethics",
        "the metrics, classes of interest, costs": "metrics",
        "what would make us abandon it": "expectation",
        "the hypothesis that fixes the test sets, the search channel": "hypothesis",
        "citations of best practice": "literature",
        "departures from it": "departures",
        "a community benchmark": "benchmark",
        "the audience of the code": "audience",
        "which turn of the loop": "iteration",
    },
    "02_baseline": {
        "when the traditional method is better": "when-traditional",
        "original code, fair tuning": "reference-code",
        "no benchmark": "benchmark-none",
    },
    "03_split": {
        "source and truth": "source",
        "sampling and exclusions": "frame",
        "preparation": "preparation",
        "representative": "represent",
        "the list of test sets": "test-sets",
    },
    "04_train": {
        "where extra information comes from": "rationale",
        "a neighbouring field": "neighbouring-field",
        "selection of the model": "model-selection",
    },
    "05_diagnose": {
        "each failure mode": "residual-failures",
        "physics of the model": "physics-of-the-model",
        "limits of explanations": "limits-of-explanations",
        "the working point": "metric-choice",
    },
    "06_stress_test": {
        "safe and unsafe": "safe-use",
        "beyond the scope": "not-tested",
        "surprises": "surprising",
        "sub-populations": "sub-populations",
    },
    "07_failures_log": {
        "abandoned techniques": "abandoned",
        "catastrophic successes": "too-good",
        "informative failures": "informative-failures",
        "null results": "null-result",
        "the next move": "next-move",
        "valid or speculation": "valid-or-speculation",
        "rules broken": "rules-broken",
        "lessons": "lessons",
        "research ideas": "ideas",
    },
    "08_release": {
        "maintenance": "maintenance",
        "restrictions": "restrictions",
        "software and its use": "software-available",
        "archive and citation": "archive",
        "bias for users": "limits",
        "context restated": "context-restated",
    },
}


@pytest.fixture(scope="module")
def project(baked):
    return Project(Path(baked))


def test_every_theme_has_an_answer(project):
    """And the worked example answers it."""
    given = {(row["notebook"], row["id"]): row["answered"] for row in read_answers(project)}
    asked = [(notebook, name) for notebook, themes in ASKED.items() for name in themes.values()]

    assert [pair for pair in asked if not given.get(pair)] == []
    assert [pair for pair, answered in given.items() if not answered] == []


def test_ids_are_unique_in_a_notebook(project):
    """A link must lead to one place."""
    counts = Counter((row["notebook"], row["id"]) for row in read_answers(project))
    assert [pair for pair, count in counts.items() if count > 1] == []


def test_every_item_that_asks_for_prose_finds_it(project):
    """In both sheets, before anything was run."""
    for sheet in (appendix_a, reforms):
        assert [row["item"] for row in sheet(project) if row["missing"]] == []


def test_a_todo_is_open(project, tmp_path):
    """In a copy with one answer taken back, its item is unanswered."""
    (tmp_path / "notebooks").mkdir()
    for path in project.notebooks.glob("*.ipynb"):
        text = path.read_text(encoding="utf-8")
        if path.stem == "07_failures_log":
            notebook = json.loads(text)
            cell = next(cell for cell in notebook["cells"] if cell["id"] == "answer-lessons")
            cell["source"] = "".join(cell["source"]).replace("One, planted;", "TODO, planted;")
            text = json.dumps(notebook)
        (tmp_path / "notebooks" / path.name).write_text(text, encoding="utf-8")
    rows = {row["item"]: row for row in appendix_a(Project(tmp_path))}

    assert [piece["id"] for piece in rows["5b"]["answers"] if piece["state"] == "unanswered"] == [
        "too-good"
    ]
