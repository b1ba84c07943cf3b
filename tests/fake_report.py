"""A project that looks as if the loop had run: executed notebooks and results, written by hand."""

import base64
import csv
import json
import struct
import zlib
from pathlib import Path

from study_files import STUDY

from boxloop.base.places import STATIONS, Project
from boxloop.notebooks.file import signed

ANSWER = {"id": "data", "appendix": ["1a", "4a"], "reforms": ["1b"]}
STATES = ("pass", "fail", "waived", "not-applicable", "unanswered")


def png(width=3, height=2):
    """Return a small grey picture."""
    rows = b"".join(b"\x00" + b"\x80" * width for _ in range(height))

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def markdown(cell_id, source, tags=(), **metadata):
    """Return a Markdown cell."""
    return {
        "cell_type": "markdown",
        "id": cell_id,
        "metadata": {"tags": list(tags)} | metadata,
        "source": source,
    }


def code(cell_id, source, outputs=(), tags=(), count=1):
    """Return an executed code cell."""
    facts = {"cell_type": "code", "id": cell_id, "metadata": {"tags": list(tags)}, "source": source}
    return facts | {"execution_count": count, "outputs": list(outputs)}


def figure(alt="A rising line; read off 0.1 dex", picture=None, **facts):
    """Return the output of a figure; without `alt` it has none."""
    data = {"image/png": base64.b64encode(picture or png()).decode(), "text/plain": "<Figure>"}
    return {
        "output_type": "display_data",
        "data": data,
        "metadata": {"image/png": {"alt": alt} | facts if alt else {}},
    }


def rich(html):
    """Return the output of an object with an HTML form."""
    data = {"text/html": html, "text/plain": "text"}
    return {"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}


def error(name="ValueError", message="\x1b[31mno rows\x1b[0m"):
    """Return the output of a cell that raised."""
    return {
        "output_type": "error",
        "ename": name,
        "evalue": message,
        "traceback": [f"\x1b[31m{name}\x1b[0m: {message}"],
    }


def answer(cell_id="answer-data", text="They hold every cluster above the limit."):
    """Return an answer cell with one question."""
    return markdown(
        cell_id, f"**Why these data?**\n\n{text}", ["answer"], boxloop={"answers": [ANSWER]}
    )


def notebook(cells):
    """Return an executed notebook around some cells."""
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python", "version": "3.12.1"},
            "boxloop": {"needs": [], "makes": [], "minutes": {"read": 1, "run": 1}},
            "papermill": {
                "start_time": "2026-11-21T22:10:11.123",
                "duration": 3.2,
                "parameters": {},
            },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def chapter(name, extra=()):
    """Return an executed notebook with one cell of each kind."""
    table = (
        '<style scoped>.x {}</style><table border="1" '
        'class="dataframe"><thead><tr><th></th><th>a</th></tr></thead></table>'
    )
    estimator = (
        "<style>#sk-container-id-1 b {font-weight: 500}</style><div "
        'id="sk-container-id-1"><b>fit</b></div>'
    )
    return notebook(
        [
            markdown(
                "title",
                (
                    f"# {name[:2]} {name[3:].capitalize()}\n\n"
                    f"Go to [the split](03_split.ipynb) or [below](#The-seal)."
                ),
            ),
            code("parameters", "smoke = False", tags=["parameters"]),
            code("injected", "smoke = True", tags=["injected-parameters"]),
            markdown(
                "maths",
                "The law is $M_{500} < x$, in full\n\n$$\nE = mc^2\n$$\n\nand `$not$` maths.",
            ),
            markdown("seal", "## The seal\n\nOnce.\n\n## The seal\n\nTwice."),
            code(
                "look", 'here.check("split.groups", train, held_out)\nfig', [rich(table), figure()]
            ),
            code("fit", "model.fit(X, y)", [rich(estimator)]),
            code(
                "quiet",
                "secret_plumbing()",
                [figure(caption="Another line")],
                tags=["remove-input"],
            ),
            answer(f"answer-{name[:2]}"),
            *extra,
        ]
    )


def write_json(path, value):
    """Write JSON, making its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")


def check_row(check_id="split.groups", notebook="03_split", state="pass", **facts):
    """Return a row of checks.json."""
    row = {
        "id": check_id,
        "notebook": notebook,
        "state": state,
        "value": 0,
        "threshold": 0.05,
        "source": "Paper §2",
    }
    return (
        row
        | {"message": "No group is on both sides.", "fix": "Split by group.", "reason": ""}
        | facts
    )


def interval(value, half):
    """Return a value with a symmetric interval."""
    return {"value": value, "low": value - half, "high": value + half}


def metrics(**facts):
    """Return the content of metrics.json."""
    entry = {"name": "rmse", "label": "RMSE", "unit": "dex", "set": "validation", "better": "lower"}
    entry |= {
        "model": interval(0.112, 0.006),
        "reference": interval(0.151, 0.007),
        "trivial": interval(0.36, 0.02),
    }
    entry |= {"difference": interval(0.039, 0.008)}
    criterion = {
        "name": "better than the line",
        "metric": "rmse",
        "set": "test",
        "quantity": "gain",
        "bound": "at least 0.2",
    }
    return {
        "primary": entry,
        "secondary": [entry | {"name": "bias", "label": "bias", "better": "zero"}],
        "criteria": [
            criterion | {"value": 0.258, "met": True},
            criterion | {"value": None, "met": None},
        ],
        "sets": {"validation": {"n_rows": 400, "n_groups": 120, "metrics": {}}},
    } | facts


def write_failures(project, rows):
    """Write the failures log."""
    path = project.station("07_failures_log") / "failures.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["what", "explanation"], *rows])


def write_chapter(project, name, content):
    """Write a notebook as executed copy and as source."""
    write_json(project.notebooks / f"{name}.ipynb", content)
    project.executed.mkdir(parents=True, exist_ok=True)
    copy = signed(json.loads(json.dumps(content)))
    (project.executed / f"{name}.ipynb").write_text(copy, encoding="utf-8")


def make_report_project(root, *, names=STATIONS, study=STUDY):
    """Write a project whose notebooks in `names` were executed, and return it."""
    project = Project(Path(root))
    project.study.mkdir(parents=True)
    project.settings_file.write_text(study, encoding="utf-8")
    for name in names:
        write_chapter(project, name, chapter(name))
    ids = ("data.schema", "split.groups", "train.pipeline", "stress.swap", "log.complete")
    homes = ("01_scoping", "03_split", "04_train", "06_stress_test", "07_failures_log")
    rows = [
        check_row(*pair, state, reason="because")
        for *pair, state in zip(ids, homes, STATES, strict=True)
    ]
    write_json(project.checks_file, rows)
    write_json(project.metrics_file, metrics())
    write_failures(project, [["a forest", "it read the catalogue number\nand nothing else"]])
    project.sealed.mkdir(parents=True)
    events = [
        {"event": "sealed", "time": "2026-11-20"},
        {"event": "opened", "time": "2026-11-21", "reason": "for the paper"},
    ]
    project.ledger_file.write_text(
        "".join(json.dumps(event) + "\n" for event in events), encoding="utf-8"
    )
    write_json(
        project.passes / "001.json",
        {"number": 1, "time": "2026-11-21", "note": "first", "released": False},
    )
    environment = project.station("08_release") / "environment.txt"
    environment.parent.mkdir(parents=True, exist_ok=True)
    environment.write_text("numpy==2.4\n", encoding="utf-8")
    return project
