"""A small project with desks, checks, a seal and a release, and a walk that breaks it."""

import contextlib
import io
import json
import sys

from fake_loop import cell
from study_files import STUDY

from boxloop import cli
from boxloop.base import door
from boxloop.base.places import Project
from boxloop.notebooks.file import signed
from boxloop.record.facts import inputs

HEAD = """
import pandas as pd
from boxloop.record.station import Station
here = Station({name!r}, smoke=smoke)
from study import data
def table(value):
    one = {{"value": value, "low": value, "high": value}}
    gap = {{"value": 1 - value, "low": 1 - value, "high": 1 - value}}
    reference = one | {{"value": 1.0}}
    return {{
        "rmse": {{"model": one, "reference": reference, "trivial": one, "difference": gap}}
    }}
"""
BODIES = {
    "01_scoping": """
here.keep("criteria.json", [c.model_dump() for c in here.settings.study.criteria])
raw = here.project.raw / "all.csv"
from boxloop.base.files import write_table
write_table(raw, data.rows())
""",
    "02_baseline": """
pd.read_csv(here.uses(here.project.raw / "all.csv"))
here.not_applicable("baseline.beats_trivial", "There is one number only.")
here.not_applicable("baseline.domain_reference", "There is one number only.")
""",
    "03_split": """
from boxloop.split.seal import close
frame = pd.read_csv(here.uses(here.project.raw / "all.csv"))
here.keep_table("train", frame.head(6))
close(here.project, frame.tail(4).assign(set="test"))
here.not_applicable("split.time", "Nothing is in time.")
""",
    "04_train": """
from boxloop.split.seal import note_training
note_training(here.project, here.settings)
frame = here.table("train")
NOISE = 0
here.keep("model.json", {"model_hash": f"m{frame.x.sum() + NOISE}", "score": 0.5 + NOISE / 10})
here.check("provenance.deterministic", [1.0], [1.0 + NOISE])
""",
    "05_diagnose": """
model = here.read("04_train/model.json")
SHIFT = 0.0
here.metrics("validation", table(model["score"] + SHIFT), n_rows=3, n_groups=3)
here.keep("intervals.json", {"level": 0.9})
""",
    "06_stress_test": """
here.read("04_train/model.json")
LEVELS = [1, 2]
here.keep("stress.csv", pd.DataFrame({"level": LEVELS}))
here.not_applicable("stress.sculpting", "No search.")
""",
    "07_failures_log": """
here.read("05_diagnose/intervals.json"), here.read("06_stress_test/stress.csv")
LOGGED = ["forest"]
here.check("log.complete", ["forest"], [{"about": name} for name in LOGGED])
""",
    "08_release": """
from boxloop.notebooks.answers import read_answers
from boxloop.record.release import earlier, releases
from boxloop.split.seal import last, open_seal, read_ledger
facts = here.read("04_train/model.json")
known = earlier(here.project, facts["model_hash"], "r")
sets, history = known["sets"] if known else {}, releases(here.project)
if not known and release_reason.strip():
    frame = open_seal(here.project, reason=release_reason, model_hash=facts["model_hash"])
    sets = {"test": {"n_rows": 4, "n_groups": 4, "metrics": table(facts["score"] + 0.1)}}
events = read_ledger(here.project)
record = {"model_hash": facts["model_hash"], "reference_hash": "r"}
record["sealed"] = last(events, "sealed")["content"]
history += [record | {"sets": sets}] if sets and not known else []
here.keep("release.json", {"releases": history})
for name, found in sets.items():
    here.metrics(name, found["metrics"], n_rows=found["n_rows"], n_groups=found["n_groups"])
here.check("seal.openings", events)
here.check("answers.complete", read_answers(here.project))
""",
}
TRAIN, SEALED = (
    "data/interim/train.parquet",
    ["data/sealed/test.parquet", "data/sealed/ledger.jsonl"],
)
GRAPH = {
    "01_scoping": ([], ["data/raw/all.csv", "results/01_scoping/criteria.json"]),
    "02_baseline": (["data/raw/all.csv"], ["results/02_baseline/checks.json"]),
    "03_split": (["data/raw/all.csv"], [TRAIN, *SEALED]),
    "04_train": ([TRAIN], ["results/04_train/model.json"]),
    "05_diagnose": (["results/04_train/model.json"], ["results/05_diagnose/intervals.json"]),
    "06_stress_test": (["results/04_train/model.json"], ["results/06_stress_test/stress.csv"]),
    "07_failures_log": (
        [
            "results/05_diagnose/intervals.json",
            "results/06_stress_test/stress.csv",
            "results/04_train/checks.json",
        ],
        ["results/07_failures_log/checks.json"],
    ),
    "08_release": (
        [
            "study.toml",
            *SEALED,
            "results/04_train/model.json",
            "results/07_failures_log/checks.json",
            "notebooks/*.ipynb",
        ],
        ["results/08_release/release.json"],
    ),
}
DATA = '''"""Ten rows."""
import pandas as pd
FIRST = 0
def rows():
    return pd.DataFrame({"x": range(FIRST, FIRST + 10)})
'''
ANSWER = {
    "boxloop": {"answers": [{"id": "why", "appendix": [], "reforms": []}]},
    "tags": ["answer"],
}


def sources():
    """Return ``{path: text}`` of everything that a person writes in the small project."""
    files = {"study.toml": STUDY, "study/__init__.py": '"""Nothing."""\n', "study/data.py": DATA}
    for name, (needs, makes) in GRAPH.items():
        parameters = "smoke = False" + ('\nrelease_reason = ""' if name == "08_release" else "")
        cells = [cell("code", "parameters", parameters, ["parameters"])]
        if name == "01_scoping":
            cells.append(cell("markdown", "why", "**Why?**\n\nBecause.") | {"metadata": ANSWER})
        cells.append(cell("code", "work", HEAD.format(name=name) + BODIES[name]))
        cells.append(cell("code", "finish", "here.finish()"))
        content = {
            "cells": cells,
            "metadata": {"boxloop": {"needs": needs, "makes": makes}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        files[f"notebooks/{name}.ipynb"] = json.dumps(content, indent=1)
    return files


def write(root, files):
    """Write the sources into a folder and return the project."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return Project(root)


class Killed(BaseException):
    """The process was ended in the middle of a cell."""


def execute_here(project, chapter, parameters, *, kill_at=(None, None), **_):
    """Do what the executor does, in this process and with the project's own `study`."""
    for name in [
        name for name in list(sys.modules) if name == "study" or name.startswith("study.")
    ]:
        del sys.modules[name]
    content = json.loads(chapter.path.read_text(encoding="utf-8"))
    content["metadata"]["papermill"] = {"parameters": parameters}
    content["metadata"]["boxloop"]["inputs"] = inputs(project)
    names, error = {}, None
    with contextlib.chdir(project.notebooks), contextlib.redirect_stdout(io.StringIO()):
        for item in (item for item in content["cells"] if item["cell_type"] == "code"):
            if (chapter.name, item["id"]) == kill_at:
                door._DOOR.folder = None
                raise Killed
            try:
                exec(item["source"], names)
                names |= parameters
            except Exception as fault:
                words = (str(fault).splitlines() or [""])[0]
                error = f"{chapter.name}, cell {item['id']}: {type(fault).__name__}: {words}"
                item["outputs"] = [
                    {
                        "output_type": "error",
                        "ename": type(fault).__name__,
                        "evalue": str(fault),
                        "traceback": [],
                    }
                ]
                break
    door._DOOR.folder = None  # its kernel ends here, and what was shut in it
    station = project.station(chapter.name) / "station.json"
    if station.is_file():
        from boxloop.base.files import sha256

        content["metadata"]["boxloop"]["station"] = sha256(station)
    project.executed.mkdir(parents=True, exist_ok=True)
    (project.executed / f"{chapter.name}.ipynb").write_text(signed(content), encoding="utf-8")
    return error


def command(project, *words):
    """Type ``boxloop WORDS`` in a project, in this process.

    Return its exit code and what it said.
    """
    said = io.StringIO()
    words = [*words, "--jobs", "1"] if words[0] in ("run", "release") else words
    with (
        contextlib.chdir(project.root),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        try:
            cli.main(list(words))
            code = 0
        except SystemExit as stop:
            code = stop.code
    return code, said.getvalue()
