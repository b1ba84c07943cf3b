"""Cases of a release whose rows are not shared: what stands in for them."""

import shutil
from pathlib import Path

import pandas as pd
from remedies import calls, case

from boxloop.parcel import toy
from boxloop.parcel.subject import Subject
from boxloop.settings.load import load_settings

RELEASE = "\n[release]\nshare_data = false\n"
DATA = '\n[data]\ntable = "data/raw/all.csv"\n'
PREPARE = """
def prepare(raw):
    path = raw / "all.csv"
    if not path.exists():
        rows().to_csv(path, index=False)
    return [path]
"""


def withheld(person, more=""):
    """Take the small project, and let it share no rows."""
    person.small()
    text = person.path("study.toml").read_text(encoding="utf-8")
    person.damage("study.toml", text + RELEASE + more)


def writes(person):
    """Return the door of what `boxloop release` does for rows that are not shared."""

    def write():
        subject = Subject(person.project)
        subject.settings = load_settings(person.project.settings_file)
        release = person.folder / "release"
        release.mkdir(exist_ok=True)
        shutil.copy(person.path("study.toml"), release / "study.toml")
        toy.write(release, subject)

    return calls(write)


def shares(person):
    person.edit("study.toml", "share_data = false", "share_data = true")


@case
def a_table_that_nobody_simulates_is_shared(person):
    withheld(person)
    yield writes(person), "does not make all.csv anew"
    shares(person)


@case
def a_table_that_nobody_simulates_is_simulated(person):
    withheld(person)
    person.monkeypatch.delitem(__import__("sys").modules, "study", raising=False)
    person.monkeypatch.delitem(__import__("sys").modules, "study.data", raising=False)
    yield writes(person), "does not make all.csv anew"
    code = person.path("study/data.py").read_text(encoding="utf-8")
    person.damage("study/data.py", code + PREPARE)
    person.monkeypatch.delitem(__import__("sys").modules, "study.data", raising=False)


@case
def too_few_rows_for_a_toy(person):
    withheld(person, DATA)
    yield writes(person), "fewer than 20"
    shares(person)


@case
def data_written_in_one_line(person):
    withheld(person)
    text = person.path("study.toml").read_text(encoding="utf-8")
    person.damage("study.toml", 'data = { table = "data/raw/all.csv" }\n' + text)
    frame = pd.DataFrame({"x": range(60), "weight": range(60), "family": range(60)})
    for name in ("train", "validation"):
        frame.to_parquet(Path(person.path(f"data/interim/{name}.parquet")))
    yield writes(person), "write [data] as `boxloop adopt` does"
    person.edit("study.toml", 'data = { table = "data/raw/all.csv" }\n', "")
    text = person.path("study.toml").read_text(encoding="utf-8")
    person.damage("study.toml", text + DATA)
