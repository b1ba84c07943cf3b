"""The page that tells an outsider what a benchmark asks, and how it is entered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boxloop.measure.entry import INPUTS, OF_CLASS, PREDICTION, ROW, SET
from boxloop.measure.kinds import OF_CLASSES
from boxloop.measure.metrics import METRICS, OF_ROWS

if TYPE_CHECKING:
    import pandas as pd

    from boxloop.settings.load import Settings

LEARNT = ("train", "validation")  # the sets that a study learns from
TREES = "HistGradientBoosting"
# What is done with the inputs may be anything; this runs with whatever columns there are.
SNIPPET = """\
import pandas as pd
from sklearn.ensemble import {estimator}

training, asked = pd.read_csv("training.csv"), pd.read_csv("{asked}")
training = training[training["{set}"].isin(["train", "validation"])]
inputs = [name for name in asked.columns if name != "{row}"]
X = pd.get_dummies(pd.concat([training[inputs], asked[inputs]], ignore_index=True))
known = {truth}
model = {estimator}(random_state=0).fit(X[: len(training)], known)
guess = {guess}
submission = pd.DataFrame({{"{row}": asked["{row}"], "{prediction}": guess}})
submission.to_csv("submission.csv", index=False)
"""
SNIPPET_OF_CLASSES = SNIPPET.replace(
    'submission = pd.DataFrame({{"{row}": asked["{row}"], "{prediction}": guess}})',
    """names = [f"{prediction} {{name}}" for name in model.classes_]
submission = pd.DataFrame(guess, columns=names).assign({row}=asked["{row}"])""",
)
LADDER = (
    "A second entry of one name is told its score where it beats the best of that name beyond "
    "chance; else the earlier score stands (after Blum & Hardt 2015, arXiv:1502.04585)."
)
QUANTITIES = {
    "value": "",
    "gain": "lead over the reference, as a share of it, in ",
    "difference_low": "lower end of the interval of the lead over the reference, in ",
}
ASKED = {
    "regression": "a number, in {unit}",
    "classification": "the probability that it is {positive}, between 0 and 1",
    OF_CLASSES: "the probability of each of {classes}, which add up to 1",
    "anomaly-detection": "a score, higher where it looks more like {positive}",
}


def page(
    settings: Settings,
    training: pd.DataFrame,
    *,
    released: dict,
    facts: dict,
    deployment: bool,
) -> str:
    """Return the README of a benchmark as Markdown.

    Parameters
    ----------
    settings : Settings
    training : DataFrame, see `boxloop.record.benchmark.training`
    released : dict, see `boxloop.record.release.releases`
    facts : dict, the content of ``task.json``
    deployment : bool
        Whether there are rows that nobody has labelled.
    """
    study = settings.study
    parts = [
        f"# {study.title}: a benchmark",
        study.question,
        _given(settings, training, released, deployment=deployment),
        _wanted(settings),
        _measured(settings, facts),
        _criteria(settings),
        _how(settings),
        _rules(settings, training, deployment=deployment),
        _limits(settings),
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def _unit(settings: Settings) -> str:
    return settings.study.unit or "its own unit"


def _given(settings: Settings, training: Any, released: dict, *, deployment: bool) -> str:
    """Return what lies in the folder, and what the columns mean."""
    many = ", ".join(f"{n} rows of {name}" for name, n in training[SET].value_counts().items())
    asked = sum(entry["n_rows"] for entry in released["sets"].values())
    unlabelled = "- `deployment.csv`: rows that nobody has labelled.\n" if deployment else ""
    rows = [
        "| column | role | unit | meaning |",
        "|---|---|---|---|",
    ]
    for name in training.columns:
        if name in settings.columns:
            column = settings.columns[name]
            words = " ".join(column.description.split()).replace("|", "\\|")
            role = "asked for" if name == settings.study.target else column.role
            rows.append(f"| `{name}` | {role} | {column.unit or '–'} | {words} |")
    return f"""## What is given

- `training.csv`: {len(training)} rows with truth ({many}); the column `{SET}` names them.
- `{INPUTS}`: {asked} rows without truth. They are those of {_sets(released)}, shuffled; which row \
is of which is not told, as it is not where a model is used.
{unlabelled}- `score.py`, with the study's own code in `metrics/`: it needs numpy, pandas and \
scikit-learn.
- `entries/`: what the study's model, its reference and the trivial baseline say; \
`leaderboard.csv`: their scores, and those of whoever enters.
- `manifest.json`: the sha256 of every file; `task.json`: what `score.py` reads.

""" + "\n".join(rows)


def _sets(released: dict) -> str:
    return ", ".join(f"`{name}` ({one['n_rows']})" for name, one in released["sets"].items())


def _wanted(settings: Settings) -> str:
    study = settings.study
    known = {"unit": _unit(settings), "positive": study.positive_class}
    names = study.classes or []
    words = ASKED[study.kind.measures].format(**known, classes=", ".join(names))
    columns = f"`{PREDICTION}`"
    if names:
        columns = ", ".join(f"`{OF_CLASS} {name}`" for name in names)
    return f"""## What is asked

For each row of `{INPUTS}`: {words}. Target: `{study.target}`. Reference of the field: \
{study.reference.label} ({study.reference.citation}).

A submission is a CSV file with the columns `{ROW}` and {columns}, a line for each row, as \
`example_submission.csv`, which holds the trivial baseline."""


def _measured(settings: Settings, facts: dict) -> str:
    """Return how entries are measured: metrics, cut, mix, intervals."""
    study = settings.study
    label = METRICS[study.primary_metric].titled(study.scale)
    others = ", ".join(METRICS[name].titled(study.scale) for name in study.secondary_metrics)
    better = {"lower": "lower is better", "higher": "higher is better", "zero": "0 is best"}
    lines = [
        f"First by {label} ({better[METRICS[study.primary_metric].better]}), on the set `test`.",
        f"Beside it {others}; each on each set of rows.",
        f"Intervals are of 95 %, from {facts['draws']} bootstrap draws of whole groups.",
        "An entry is set beside the reference on the same draws.",
    ]
    if cut := study.kind.cut:
        lines.append(f"What needs a cut is read at {study.working_point:g}: {cut.words}.")
        names = {study.primary_metric, *study.secondary_metrics}
        mixed = sorted(METRICS[n].label for n in names if METRICS[n].mixed and n not in OF_ROWS)
        if mixed:
            lines.append(f"{', '.join(mixed)}: {_mix(settings)}.")
    if study.scale:
        lines.append(f"Residuals are divided by {study.scale}.")
    bound = study.outlier_bound
    if "outlier_fraction" in (study.primary_metric, *study.secondary_metrics):
        said = f"{bound:g}" if bound else "3 NMAD of the reference"
        lines.append(f"An outlier is beyond {said}.")
    return "## How it is measured\n\n" + "\n".join(lines)


def _mix(settings: Settings) -> str:
    study = settings.study
    if study.prevalence is not None:
        return f"told for a share of {study.prevalence:g} of {study.positive_class}"
    if settings.role("weight"):
        return "told for the mix that the weights of the rows give"
    return "told for the mix of the rows that are measured"


def _criteria(settings: Settings) -> str:
    """Return what the study was held to, which an entry may be held to as well."""
    rows = []
    for one in settings.study.criteria:
        known = {"at least": one.at_least, "at most": one.at_most, "above": one.above}
        bound = next(f"{words} {value:g}" for words, value in known.items() if value is not None)
        words = f"{QUANTITIES[one.quantity]}{METRICS[one.metric].label}"
        rows.append(f"- {one.name}: {words} on `{one.set}` {bound}.")
    return "## What success was to be\n\nWritten before any model was trained:\n\n" + "\n".join(
        rows
    )


def _how(settings: Settings) -> str:
    """Return the code that makes a submission, and the commands that look at it."""
    study = settings.study
    classes, several = study.kind.has_classes, study.kind.several
    truth = f'training["{study.target}"]'
    if several:
        truth += ".astype(str)"
    elif classes:
        truth = f'training["{study.target}"].astype(str) == "{study.positive_class}"'
    code = (SNIPPET_OF_CLASSES if several else SNIPPET).format(
        estimator=f"{TREES}{'Classifier' if classes else 'Regressor'}",
        asked=INPUTS,
        set=SET,
        row=ROW,
        prediction=OF_CLASS if several else PREDICTION,
        truth=truth,
        guess=f"model.predict{'_proba' if classes else ''}(X[len(training) :])"
        + ("[:, 1]" if classes and not several else ""),
    )
    return f"""## How it is entered

```python
{code}```

    python score.py submission.csv

says whether it is as it should be. What it is worth you can see beforehand on rows that you have \
kept from training: predictions of rows of `training.csv`, in the same form, are measured by

    python score.py mine.csv --truth training.csv

Then send the file to whoever gave you this folder. There it is scored by \
`boxloop benchmark --score submission.csv --by NAME`, and stands in the leaderboard."""


def _rules(settings: Settings, training: Any, *, deployment: bool) -> str:
    """Return what is allowed."""
    more = ", `deployment.csv`" if deployment else ""
    lines = [
        f"Learn by any method from `training.csv`{more}, and other data without test rows.",
        f"`{INPUTS}` is for predicting: do not fit to it.",
        "Do not label it by hand, nor look its truth up or generate it.",
        "Every entry is a look at the test rows and stands on record.",
        LADDER,
        "The best of many entries looks better than it will be: the leaderboard counts them.",
    ]
    if others := [f"`{name}`" for name in training[SET].unique() if name not in LEARNT]:
        lines.append(
            f"The study's model was fitted to `train` and chosen by `validation`. Rows of "
            f"{', '.join(others)} were kept to test it with: say in your name if you learn from "
            "them."
        )
    if settings.study.task == "anomaly-detection":
        lines.append(
            "The study's own model has learnt no label of the class of interest; say in your name "
            "whether yours has."
        )
    return "## What is allowed\n\n" + "\n".join(f"- {line}" for line in lines)


def _limits(settings: Settings) -> str:
    author = settings.study.author or "the authors of the study"
    return f"""## What it cannot do

Truth is withheld, not hidden: whoever has the data of the study has it, and so has whoever can \
run its generator. The inputs are those that the study's model was given.

## Licence and citation

`LICENSE` and `CITATION.cff` are those of the study, by {author}: cite it, and the sha256 of \
`manifest.json`, which says which version of the benchmark you entered."""
