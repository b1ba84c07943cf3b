"""Releases to describe, without a loop: each study as it is baked, with a ledger and a few rows."""

import shutil

import numpy as np
import pandas as pd
from conftest import TEMPLATE
from walk_project import command

from boxloop.base.files import write_json, write_table
from boxloop.base.places import Project
from boxloop.parcel import environment, metadata
from boxloop.parcel.subject import Subject
from boxloop.split.seal import append

STUDIES = {
    "clusters": {"task": "regression"},
    "transients": {"task": "classification"},
    "dijet": {"task": "anomaly-detection"},
    "own_data": {"task": "regression", "start_from": "own-data"},
}
ENVIRONMENT = "# Python 3.13.2 on Linux x86_64\nnumpy==2.3.1\npandas==2.3.0\nmy-study==0.1.0\n"
# Names of columns as people have them: with blanks, signs, and words of another alphabet.
COLUMNS = ("r mag (AB)", "σ/km s⁻¹", "flux,total", "z")
AUTHORS = """
doi = "https://doi.org/10.5281/zenodo.1234567"
repository = "https://github.com/example/study"
data_licence = "CC-BY-4.0"

[[release.authors]]
given = "Ada"
family = "Lovelace"
orcid = "0000-0002-1825-0097"
affiliation = "Analytical Society"
email = "ada@example.org"

[[release.authors]]
given = "Ludwig"
family = "van \\"Beethoven\\" \\\\ {x} # & ü"
affiliation = "Analytical Society"

[[release.authors]]
family = "The Collaboration"
orcid = "https://orcid.org/0000-0001-5109-3700"
"""


def project(bake, folder, study="clusters"):
    """Bake a study into a folder, as if it had been released; own data are adopted."""
    baked = Project(bake(folder, **STUDIES[study]))
    if study == "own_data":
        table = folder / "stars.csv"
        rng = np.random.default_rng(0)
        pd.DataFrame(rng.normal(size=(200, 4)), columns=COLUMNS).to_csv(table, index=False)
        code, said = command(baked, "adopt", str(table), "--target", "z")
        assert code == 0, said
    write_json(baked.station("04_train") / "model.json", {"model_hash": "m", "reference_hash": "r"})
    append(baked, "sealed", content="rows")
    append(baked, "opened", content="rows", model="m", reason="to see how it looks")
    place = baked.station("08_release") / "environment.txt"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(ENVIRONMENT, encoding="utf-8", newline="\n")
    write_json(baked.verdict_file, {"state": "stands", "sentence": "Better <than> & all.\n\x85"})
    return baked


def says(baked, more):
    """Write more lines into the table [release] of study.toml, and return what stood there."""
    path = baked.settings_file
    text = path.read_text(encoding="utf-8")
    assert text.count("[release]\n") == 1
    head, tail = text.split("[release]\n")
    before, rest = tail.split("\n\n", 1)
    path.write_text(f"{head}[release]\n{before}\n{more}\n\n{rest}", encoding="utf-8", newline="\n")
    return text


def rows(settings, count=5):
    """Return a table with the columns of a study."""
    numbers = np.linspace(0.5, 1.5, count)
    words = {"id", "group"} | ({"target"} if settings.study.positive_class else set())
    return pd.DataFrame(
        {
            name: [f"w{at}" for at in range(count)] if column.role in words else numbers
            for name, column in settings.columns.items()
        }
    )


def release(baked, folder, *, shared=True):
    """Write what a release of a study has, and describe it; return what was said, and Subject."""
    for name in ("study", "notebooks"):
        shutil.copytree(baked.root / name, folder / name)
    shutil.copytree(
        TEMPLATE / "boxloop" / "run",
        folder / "boxloop" / "run",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("LICENSE", "study.toml", "pyproject.toml", "README.md"):
        shutil.copy(baked.root / name, folder / name)
    subject = Subject(baked)
    table = rows(subject.settings)
    places = ["data/interim/train.parquet", "data/raw/as it came.parquet"]
    for name in places if shared else ["toy/table.csv"]:
        write_table(folder / name, table)
    if shared:
        write_table(folder / "data/raw/unread.csv", table)
    write_json(folder / "results" / "metrics.json", {"primary": None})
    said = environment.write(folder, subject)
    metadata.write(folder, subject)
    write_json(folder / "release.json", {"files": {}})
    return said, subject
