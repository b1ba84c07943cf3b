"""A stranger's table is taken in: what is understood, what is written, and what is never lost."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from conftest import ROOT

from boxloop.adopt import study_toml
from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.settings.load import load_settings
from boxloop.table.read import read_catalogue

MAGIC = ROOT.parent / "shared" / "data" / "magic04.csv"


def project(folder, task="classification"):
    """Return a project as baked: the placeholder of study.toml, and an empty data/raw."""
    text = (ROOT / "templates" / "studies" / "own_data.toml").read_text(encoding="utf-8")
    for name, value in {
        "project_name|in_quotes": "My study",
        "author_name|in_quotes": "A. Author",
        "task": task,
    }.items():
        text = text.replace("{{ cookiecutter." + name + " }}", value)
    root = folder / "project"
    (root / "data" / "raw").mkdir(parents=True)
    (root / "study.toml").write_text(text, encoding="utf-8")
    return Project(root)


def table(rows=200, seed=0):
    rng = np.random.default_rng(seed)
    kind = np.where(rng.random(rows) < 0.3, "star", "galaxy")
    return pd.DataFrame({
        "source_id": np.arange(rows) + 10**15,
        "mag": rng.normal(20, 1, rows), "e_mag": rng.random(rows) / 10,
        "colour": rng.normal(size=rows), "band": rng.choice(list("gri"), rows),
        "good": rng.random(rows) < 0.5, "kind": kind,
    })  # fmt: skip


def written(folder, frame, name="table.csv"):
    path = folder / name
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return path


def test_before_adoption_nothing_runs(tmp_path):
    """The placeholder says what to do, in one sentence."""
    with pytest.raises(UserError, match="no table yet: run `boxloop adopt FILE --target COLUMN`"):
        load_settings(project(tmp_path).settings_file)


def test_the_placeholder_counts_as_untouched(tmp_path):
    """Whatever title, author and task were chosen; one more line counts as edited."""
    text = project(tmp_path, "regression").settings_file.read_text(encoding="utf-8")

    assert study_toml.is_untouched(text)
    assert study_toml.is_untouched(text.replace("My study", "Another").replace("\n", "\r\n"))
    assert not study_toml.is_untouched(text + "# mine\n")
    assert not study_toml.is_untouched(text.replace('table = ""', 'table = "x"'))


def test_a_table_is_copied_and_described(tmp_path):
    """The settings can be loaded, and say file, hash, roles, units and class of interest."""
    here, path = project(tmp_path), written(tmp_path, table())
    found = adopt(here, path, target="kind")
    settings = load_settings(here.settings_file)

    assert found.table.read_bytes() == path.read_bytes()
    assert settings.data.table == "data/raw/table.csv" and len(settings.data.sha256) == 64
    assert settings.inputs == ["mag", "colour", "band", "good"]
    assert (settings.only("id"), settings.error_of("mag"), settings.study.positive_class) == (
        "source_id",
        "e_mag",
        "star",
    )
    assert settings.split.strategy == "stratified"
    assert settings.study.title == "My study" and settings.study.author == "A. Author"
    assert found.backup is None and not list(here.root.glob("study.backup*"))


def test_an_edited_study_is_never_lost(tmp_path):
    """Refused without --force; with it, a copy is kept, and title and question are taken over."""
    here, path = project(tmp_path), written(tmp_path, table())
    adopt(here, path, target="kind")
    text = here.settings_file.read_text(encoding="utf-8").replace(
        "TODO: one sentence that ends with a question mark", "Which are stars?"
    )
    here.settings_file.write_text(text, encoding="utf-8")

    with pytest.raises(UserError, match="was edited: add --force"):
        adopt(here, path, target="kind")
    assert here.settings_file.read_text(encoding="utf-8") == text

    adopt(here, path, target="kind", force=True)
    assert (here.root / "study.backup-1.toml").read_text(encoding="utf-8") == text
    assert load_settings(here.settings_file).study.question == "Which are stars?"


def test_what_a_release_says_is_taken_over(tmp_path):
    """Authors, DOI, and that rows are not shared: all of it, with its comments, and once."""
    here, path = project(tmp_path), written(tmp_path, table())
    adopt(here, path, target="kind")
    text = here.settings_file.read_text(encoding="utf-8")
    told = '[[release.authors]]\nfamily = "Lovelace"  # the first\n'
    text = text.replace("share_data = true", "share_data = false")
    text = text.replace("# A check's own", f"{told}\n# A check's own")
    here.settings_file.write_text(text, encoding="utf-8")
    for _ in "ab":
        adopt(here, path, target="good", force=True)

    settings, text = load_settings(here.settings_file), here.settings_file.read_text("utf-8")
    assert settings.study.target == "good"
    assert not settings.release.share_data
    assert [author.family for author in settings.release.authors] == ["Lovelace"]
    assert told in text and text.count("# A check's own") == 1


def test_an_untouched_study_may_be_adopted_again(tmp_path):
    """With another target, say."""
    here, path = project(tmp_path), written(tmp_path, table())
    adopt(here, path, target="kind")
    adopt(here, path, target="good")

    assert load_settings(here.settings_file).study.target == "good"


def test_raw_data_are_never_replaced(tmp_path):
    """Another table of the same name is refused.

    A table that lies in data/raw stays where it is.
    """
    here = project(tmp_path)
    adopt(here, written(tmp_path, table()), target="kind")
    before = (here.raw / "table.csv").read_bytes()

    with pytest.raises(UserError, match=r"rename table.csv"):
        adopt(here, written(tmp_path, table(seed=1)), target="kind")
    assert (here.raw / "table.csv").read_bytes() == before
    adopt(here, here.raw / "table.csv", target="kind")
    assert [path.name for path in here.raw.iterdir()] == ["table.csv"]


def test_a_study_that_is_worked_is_left_alone(tmp_path):
    """A worked example has no place for a table."""
    here = project(tmp_path)
    here.settings_file.write_text('[study]\ntask = "regression"\n', encoding="utf-8")

    with pytest.raises(UserError, match="worked example"):
        adopt(here, written(tmp_path, table()), target="kind")


@pytest.mark.parametrize(
    ("task", "target", "says"),
    [
        ("regression", "kind", "regression needs numbers.*task = classification"),
        ("regression", "good", "two different values"),
        ("classification", "mag", "not whole.*task = regression"),
        ("classification", "source_id", "200 different values"),
        ("anomaly-detection", "colour", "not whole"),
    ],
)
def test_the_task_is_held_against_the_column(tmp_path, task, target, says):
    """One sentence with the remedy, and nothing is written."""
    here = project(tmp_path, task)
    before = here.settings_file.read_bytes()

    with pytest.raises(UserError, match=f"table.csv, column '{target}'.*{says}"):
        adopt(here, written(tmp_path, table()), target=target)
    assert here.settings_file.read_bytes() == before and not list(here.raw.iterdir())


@pytest.mark.parametrize(
    ("values", "wanted", "chosen"),
    [
        ([0, 1, 1], None, "1"),
        ([True, False], None, "1"),
        (["no", "yes"], None, "yes"),
        (["a", "b", "b"], None, "a"),
        (["a", "b", "b"], "b", "b"),
        ([-1, 1], None, "1"),
        ([3, 5, 5, 7, 7], None, None),  # several are told apart, unless one is named
        ([3, 5, 5, 7, 7], "5", "5"),
    ],
)
def test_the_class_of_interest(tmp_path, values, wanted, chosen):
    """The one that says yes, else the rarer one, else the one that is named; of three none."""
    here, frame = (
        project(tmp_path),
        pd.DataFrame({"x": np.random.default_rng(0).normal(size=200), "y": np.resize(values, 200)}),
    )
    adopt(here, written(tmp_path, frame), target="y", positive=wanted)

    assert load_settings(here.settings_file).study.positive_class == chosen


def test_names_of_any_kind_survive(tmp_path):
    """Blanks, brackets, dots, quotes, Greek and emoji; units are taken from brackets."""
    rng, names = (
        np.random.default_rng(0),
        ["Mass [Msun]", "a.b", 'say "x"', "α β", "☀", "[C/H]", "x\\y", "class", "#n"],
    )
    frame = pd.DataFrame({name: rng.normal(size=80) for name in names}).assign(
        y=rng.normal(size=80)
    )
    here = project(tmp_path, "regression")
    adopt(here, written(tmp_path, frame, "t.parquet"), target="y")
    settings = load_settings(here.settings_file)

    assert settings.inputs == names
    assert settings.columns["Mass [Msun]"].unit == "Msun"


@pytest.mark.parametrize(
    ("kind", "name"), [("fits", "a.fits"), ("votable", "a.vot"), ("ascii.ecsv", "a.ecsv")]
)
def test_units_and_masks_of_astronomers(tmp_path, kind, name):
    """Units come from the file, masked values are missing and no error."""
    rng = np.random.default_rng(0)
    made = QTable({"flux": rng.random(60) * u.mJy, "z": rng.random(60)})
    made["gap"] = MaskedColumn(rng.normal(size=60), mask=np.arange(60) % 5 == 0)
    Table(made).write(tmp_path / name, format=kind)
    here = project(tmp_path, "regression")
    adopt(here, tmp_path / name, target="z")
    settings = load_settings(here.settings_file)

    assert settings.columns["flux"].unit == "mJy" and settings.inputs == ["flux", "gap"]
    text = here.settings_file.read_text(encoding="utf-8")
    assert re.search(r"seen: .*% missing", text)  # of the exploration rows


def test_dates_become_years_and_a_time(tmp_path):
    """In a text file as well."""
    days, x = (
        pd.date_range("2020-01-01", periods=100).strftime("%Y-%m-%d"),
        np.random.default_rng(0).normal(size=100),
    )
    frame = pd.DataFrame({"seen": days, "x": x, "y": np.arange(100) % 3})
    here = project(tmp_path)
    adopt(here, written(tmp_path, frame), target="y", time="seen")
    settings = load_settings(here.settings_file)

    assert (settings.columns["seen"].role, settings.split.strategy) == ("time", "time")
    assert read_catalogue(here.raw / "table.csv").frame["seen"].iloc[[0, -1]].round(2).tolist() == [
        2020.0,
        2020.27,
    ]


def test_a_deployment_table_comes_along(tmp_path):
    """It needs the inputs and no target."""
    here, frame = project(tmp_path), table()
    path = written(tmp_path, frame.drop(columns="kind"), "new.parquet")
    adopt(here, written(tmp_path, frame), target="kind", deployment=path)

    assert load_settings(here.settings_file).data.deployment == "data/raw/new.parquet"
    words = "other.parquet, column 'colour' is missing, which the model reads: add it"
    with pytest.raises(UserError, match=words):
        adopt(
            here,
            written(tmp_path, frame),
            target="kind",
            deployment=written(tmp_path, frame[["mag", "band", "good"]], "other.parquet"),
        )


@pytest.mark.skipif(
    not MAGIC.is_file(), reason=f"needs the catalogue {MAGIC.name} beside the repository"
)
def test_a_real_catalogue(tmp_path):
    """MAGIC: ten image parameters, two classes, the rarer one taken for the class of interest."""
    here = project(tmp_path)
    adopt(here, MAGIC, target="class")
    settings = load_settings(here.settings_file)

    assert len(settings.inputs) == 10 and settings.study.positive_class == "h"


def test_the_command_prints_what_it_understood(tmp_path, monkeypatch, capsys):
    """A short table, the files, and the next command; exit code 0."""
    from boxloop.cli import main

    here, path = project(tmp_path), written(tmp_path, table())
    monkeypatch.chdir(here.root)
    with pytest.raises(SystemExit) as end:
        main(["adopt", str(path), "--target", "kind"])
    said = capsys.readouterr().out

    assert end.value.code == 0
    assert "mag" in said and "named as the error of mag" in said and "boxloop run" in said
    assert (
        tomllib.loads(here.settings_file.read_text(encoding="utf-8"))["study"]["target"] == "kind"
    )
    assert json.dumps(said) and not Path("study.toml.part").exists()


def test_an_error_of_the_target_is_said_to_weigh(tmp_path):
    """In a note, and beside the column in study.toml."""
    here, rng = project(tmp_path, "regression"), np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "m": rng.normal(size=200),
            "e_m": rng.uniform(0.1, 0.2, 200),
            "x": rng.normal(size=200),
            "e_x": rng.uniform(0.1, 0.2, 200),
        }
    )
    found = adopt(here, written(tmp_path, frame), target="m")
    text = here.settings_file.read_text(encoding="utf-8")

    said = (
        "Column 'e_m' is the error of the target: rows with small errors weigh more in every fit; "
        "give it the role ignored to turn that off."
    )
    assert found.notes == [said]
    frame.loc[[4, 9], "e_m"] = np.nan
    lost = adopt(here, written(tmp_path, frame, "gaps.csv"), target="m").notes[0]
    assert "weigh more in every fit and the 2 rows without one are left out; give it" in lost
    assert (
        text.count(
            "rows with small errors weigh more in every fit; the role ignored turns that off; "
            "seen: "
        )
        == 1
    )


@pytest.mark.parametrize(
    ("kind", "name"), [("fits", "a.fits"), ("votable", "a.vot"), ("ascii.ecsv", "a.ecsv")]
)
def test_descriptions_are_kept(tmp_path, kind, name):
    """Those of the file; quotes and lines do no harm."""
    rng, here = np.random.default_rng(0), project(tmp_path, "regression")
    made = Table({"flux": rng.random(60), "z": rng.random(60)})
    made["flux"].description = 'Flux of the "core" at 1.4 GHz'
    made.write(tmp_path / name, format=kind)
    adopt(here, tmp_path / name, target="z")
    columns = load_settings(here.settings_file).columns

    if kind != "fits" or columns["flux"].description:  # FITS has no place of its own for it
        assert columns["flux"].description == 'Flux of the "core" at 1.4 GHz'
    assert columns["z"].description == ""


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (
            lambda n: 10 ** n(0, 1.5),
            r"Column 'L' spans \d\.\d decades: its logarithm may be the better target",
        ),
        (
            lambda n: 1e-5 * n(0, 1),
            (
                r"Column 'L' has a standard deviation of 1e-05: bring it to another unit, the "
                r"report prints three decimals"
            ),
        ),
        (lambda n: 1e9 + 1e8 * n(0, 1), r"Column 'L' has a standard deviation of 1e\+08"),
        (lambda n: n(20, 1), None),
        (lambda n: np.where(np.arange(300) % 50, n(20, 1), -9999.0), None),
    ],
)
def test_hints_on_a_target_that_is_a_number(tmp_path, values, says):
    """A logarithm or another unit; the table is adopted all the same."""
    rng, here = np.random.default_rng(0), project(tmp_path, "regression")
    found = adopt(
        here,
        written(
            tmp_path,
            pd.DataFrame(
                {"L": values(lambda a, b: rng.normal(a, b, 300)), "x": rng.normal(size=300)}
            ),
        ),
        target="L",
    )
    said = [note for note in found.notes if "decades" in note or "deviation" in note]

    assert load_settings(here.settings_file).study.target == "L"
    assert len(said) == bool(says)
    if says:
        assert re.match(says, said[0])


def test_one_class_against_all_others_is_said(tmp_path):
    """And how to choose another one."""
    here, frame = (
        project(tmp_path),
        table(300).assign(kind=np.resize(["RRab", "RRc", "EB", "RRab"], 300)),
    )
    found = adopt(here, written(tmp_path, frame), target="kind", positive="EB")

    assert (
        "The target has 3 classes: 'EB' is set against all others; --positive CLASS chooses "
        "another one."
    ) in found.notes


def test_what_is_new_in_a_deployment_table_is_said(tmp_path):
    """Columns that are not used, and words that no model will have seen."""
    here, frame = project(tmp_path), table()
    new = frame.drop(columns="kind").assign(
        seeing=1.0, band=np.where(np.arange(200) < 3, "z", frame["band"])
    )
    found = adopt(
        here,
        written(tmp_path, frame),
        target="kind",
        deployment=written(tmp_path, new, "new.parquet"),
    )

    assert (
        "new.parquet: not used, because the labelled table does not have them: seeing."
        in found.notes
    )
    words = (
        "new.parquet, column 'band' has words that the labelled table does not have, in 3 rows: "
        "z; no model can know what they mean."
    )
    assert words in found.notes


def test_decimal_commas_are_measurements(tmp_path):
    """They are inputs and not words, and it is said."""
    here, path = project(tmp_path), tmp_path / "t.csv"
    table().to_csv(path, index=False, sep=";", decimal=",")
    found = adopt(here, path, target="kind")

    assert load_settings(here.settings_file).inputs == ["mag", "colour", "band", "good"]
    assert "The file has decimal commas: they are read as points." in found.notes
