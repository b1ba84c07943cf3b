"""Several files become one table: a class each, or rows one below the other."""

import tomllib

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import QTable
from conftest import TEMPLATE
from test_adopt import project

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.settings.load import load_settings
from boxloop.table.read import read_rows

ROWS = 60
BIG = 2**60 + 1


def rows(seed, *, shift=0.0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({"x": rng.normal(shift, 1, ROWS), "y": rng.normal(size=ROWS)})


def written(folder, names):
    """Write a table for each name, and return the paths."""
    paths = [folder / name for name in names]
    for seed, path in enumerate(paths):
        path.parent.mkdir(exist_ok=True)
        frame = rows(seed, shift=seed)
        if path.suffix == ".parquet":
            frame[["y", "x"]].to_parquet(path)
        else:
            frame.to_csv(path, index=False)
    return paths


def adopted(here, *words):
    from boxloop.cli import main

    with pytest.raises(SystemExit) as end:
        main(["adopt", *map(str, words)])
    assert end.value.code == 0
    return load_settings(here.settings_file)


NAMES = {
    "their names": (["star.csv", "galaxy.parquet"], "name", ["star", "galaxy"]),
    "words that differ": (["dr3_star_v2.csv", "dr3_qso_v2.csv"], "name", ["star", "qso"]),
    "their folders": (["stars/t.csv", "galaxies/t.csv"], "name", ["stars", "galaxies"]),
    "a pattern": (["a-star-1.csv", "b-star-2.csv", "c-qso-1.csv"], r"-(\w+)-", ["star", "qso"]),
}


@pytest.mark.parametrize("case", NAMES)
def test_a_file_for_each_class(tmp_path, monkeypatch, capsys, case):
    """The class is what differs in the names; columns are matched by name, in any order.

    What is written holds all rows, and study.toml names the files with their hashes.
    """
    names, way, classes = NAMES[case]
    here, paths = project(tmp_path), written(tmp_path, names)
    monkeypatch.chdir(here.root)
    settings = adopted(here, *paths, "--class-from", way)
    frame = read_rows(here.root / settings.data.table)
    said = capsys.readouterr().out

    assert settings.study.target == "class" and settings.inputs == ["x", "y"]
    assert sorted(frame["class"].unique()) == sorted(classes) and len(frame) == ROWS * len(names)
    means = frame.groupby("class")["x"].mean()
    assert means[classes[-1]] > means[classes[0]] + 0.4  # rows keep their class
    assert list(settings.data.sources.values()) == [sha256(path) for path in paths]
    assert "Column 'class' holds the class of each row" in said and "(60 rows)" in said


def test_rows_of_several_files(tmp_path, monkeypatch, capsys):
    """Without classes the same columns are needed; adopting them once more makes the same file."""
    here, paths = project(tmp_path, "regression"), written(tmp_path, ["a.csv", "b.parquet"])
    monkeypatch.chdir(here.root)
    settings = adopted(here, *paths, "--target", "y")
    again = adopted(here, *paths, "--target", "y")

    assert len(read_rows(here.root / settings.data.table)) == 2 * ROWS
    assert settings.data.sha256 == again.data.sha256
    assert "One table was made of a.csv (60 rows), b.parquet (60 rows)." in capsys.readouterr().out


def test_identifiers_stay_exact_between_files(tmp_path, monkeypatch):
    """One file has a gap, the other has none."""
    here = project(tmp_path, "regression")
    monkeypatch.chdir(here.root)
    rows(0).assign(source=np.arange(ROWS) + BIG).to_parquet(tmp_path / "a.parquet")
    gap = pd.array([None, *range(BIG + ROWS, BIG + 2 * ROWS - 1)], dtype="Int64")
    rows(1).assign(source=gap).to_parquet(tmp_path / "b.parquet")
    settings = adopted(here, tmp_path / "a.parquet", tmp_path / "b.parquet", "--target", "y")
    source = read_rows(here.root / settings.data.table)["source"]

    assert source.dropna().astype(int).tolist() == list(range(BIG, BIG + 2 * ROWS - 1))


def odd(folder, name, frame):
    frame.to_csv(folder / name, index=False)
    return folder / name


REFUSED = {
    "other columns": (lambda f: f.rename(columns={"x": "q"}), [], "has no column 'x'"),
    "words": (lambda f: f.assign(x="faint"), [], "holds numbers in a.csv and words in b.csv"),
    "a pattern": (lambda f: f, ["--class-from", "q(.)"], "finds nothing in the name a.csv"),
    "no pattern": (lambda f: f, ["--class-from", "(("], "is no pattern"),
    "one class": (lambda f: f, ["--class-from", "csv"], "all files are of the class 'csv'"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_files_that_do_not_fit_together(tmp_path, case):
    """One sentence that names file, column and remedy."""
    from boxloop.adopt.command import adopt

    change, words, says = REFUSED[case]
    first, second = odd(tmp_path, "a.csv", rows(0)), odd(tmp_path, "b.csv", change(rows(1)))
    way = dict(zip(["class_from"], words[1:], strict=False))
    target = None if way else "y"
    with pytest.raises(UserError, match=says.replace("(", "[(]")):
        adopt(project(tmp_path), [first, second], target=target, **way)


def test_units_that_differ_are_refused(tmp_path):
    """Numbers in two units are not one column."""
    from boxloop.adopt.command import adopt

    for name, unit in (("a.ecsv", u.mag), ("b.ecsv", u.Jy)):
        QTable({"x": np.arange(60.0) * unit, "y": np.arange(60.0)}).write(tmp_path / name)
    with pytest.raises(UserError, match=r"'x' is in mag in a\.ecsv and in Jy in b\.ecsv: conv"):
        adopt(project(tmp_path), [tmp_path / "a.ecsv", tmp_path / "b.ecsv"], target="y")


def test_neither_target_nor_classes(tmp_path, monkeypatch, capsys):
    """And a single file has no classes by its name."""
    from boxloop.cli import main

    here, (path,) = project(tmp_path), written(tmp_path, ["a.csv"])
    monkeypatch.chdir(here.root)
    for words, says in (([], "--target is missing"), (["--class-from", "name"], "is the only one")):
        with pytest.raises(SystemExit) as end:
            main(["adopt", str(path), *words])
        assert end.value.code == 2 and says in capsys.readouterr().err


def two_groups(path):
    import h5py

    with h5py.File(path, "w") as file:
        for group, frame in (("first", rows(0).drop(columns="y")), ("second", rows(1))):
            for name in frame:
                file[f"{group}/{name}"] = frame[name].to_numpy()


def test_the_chosen_table_is_the_one_that_the_study_reads(tmp_path, monkeypatch, capsys):
    """Without a choice it is the first that has the target; study.toml keeps it."""
    import importlib
    import shutil
    import sys

    here = project(tmp_path, "regression")
    two_groups(tmp_path / "t.h5")
    monkeypatch.chdir(here.root)
    settings = adopted(here, tmp_path / "t.h5", "--target", "y", "--deployment", tmp_path / "t.h5")
    shutil.copytree(TEMPLATE / "studies" / "own_data", here.root / "study")
    monkeypatch.syspath_prepend(here.root)
    for name in [name for name in sys.modules if name.partition(".")[0] == "study"]:
        monkeypatch.delitem(sys.modules, name)
    data = importlib.import_module("study.data")

    assert settings.data.inside == "second"
    assert tomllib.loads(here.settings_file.read_text())["data"]["deployment_inside"] == "first"
    assert data.labelled(here.raw)["x"].tolist() == rows(1)["x"].tolist()
    assert data.deployment(here.raw)["x"].tolist() == rows(0)["x"].tolist()
    said = capsys.readouterr().out
    assert "second is read, the first one with the column 'y'" in said
    for name in [name for name in sys.modules if name.partition(".")[0] == "study"]:
        sys.modules.pop(name)
