"""Toy tables: like the real ones, and no row of those is in them."""

import io
import json
import shutil
import subprocess
import sys
import tomllib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from default_project import boxloop, read
from study_files import STUDY

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.parcel import make_toy, recipe, toy
from boxloop.settings.load import parse_settings

ROLES = {
    "name": "id", "halo": "group", "mass": "target", "temp": "input", "lum": "input",
    "lum_err": "error", "counts": "input", "band": "input", "flag": "input", "seen": "time",
    "true_mass": "truth", "share": "weight", "comment": "ignored", "const": "ignored",
    "day": "ignored", "nothing": "ignored",
}  # fmt: skip
NUMBERS = ["mass", "temp", "lum", "lum_err", "counts", "seen", "true_mass", "share"]


def real(rows=3000, seed=1, size=3):
    """Return a table with all that a table may have."""
    rng = np.random.default_rng(seed)
    halo = np.arange(rows) // size
    mass = rng.normal(size=halo.max() + 1)[halo]
    frame = pd.DataFrame({
        "name": [f"J{number:06d}" for number in range(rows)], "halo": halo + 5000,
        "mass": np.exp(mass), "temp": mass + 0.3 * rng.normal(size=rows),
        "lum": np.exp(0.5 * mass + 0.2 * rng.normal(size=rows)),
        "counts": rng.poisson(np.exp(2 + 0.5 * mass)),
        "band": rng.choice([*"ugri", "a rare one"], rows, p=[0.5, 0.3, 0.15, 0.048, 0.002]),
        "flag": rng.random(rows) < 0.2, "seen": np.sort(rng.uniform(5e4, 6e4, rows)),
        "share": rng.choice([0.25, 1.0], rows), "const": 3.5, "nothing": np.nan,
        "comment": [f"seen by {number}" for number in rng.integers(0, 10**6, rows)],
        "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, rows), "s"),
    })  # fmt: skip
    frame["lum_err"] = frame["lum"] / 10 * rng.uniform(0.9, 1.1, rows)
    frame["true_mass"] = frame["mass"] * rng.uniform(0.99, 1.01, rows)
    frame.loc[rng.random(rows) < 0.1, ["lum", "lum_err"]] = np.nan
    frame.loc[rng.random(rows) < 0.05, "temp"] = np.nan
    frame.loc[[3, 500], "counts"] = 10**6 + 7  # nobody else is like these two
    return frame[list(ROLES)]


def settings(*, grouped=True, **more):
    """Return settings of such a table."""
    columns = "".join(
        f'[columns.{name}]\nrole = "{role}"\nunit = ""\ndescription = ""\n{more.get(name, "")}\n'
        for name, role in ROLES.items()
        if grouped or role != "group"
    )
    head, _, rest = STUDY.partition("[columns.height]")
    text = head.replace('"weight"', '"mass"') + columns + "[split]" + rest.partition("[split]")[2]
    if not grouped:
        text = text.replace('strategy = "group"', 'strategy = "random"')
    return parse_settings(text, SimpleNamespace(name="study.toml", parent=None))


def made(frame, told, larger=1.0, seed=0):
    """Return the recipe of a table, by way of a file, and the toy, by way of another."""
    found = json.loads(json.dumps(recipe.Table(frame, told, larger).recipe("t.csv", "toy")))
    text = make_toy.make(found, np.random.default_rng(seed)).to_csv(index=False)
    return found, pd.read_csv(io.StringIO(text), keep_default_na=True)


@pytest.fixture(scope="module")
def both():
    """A real table, its recipe and its toy."""
    frame = real()
    return frame, *made(frame, settings(), 1.25)


def test_no_value_of_a_row_is_in_it(both):
    """Ids, groups and numbers are others; words and numbers that many share stay."""
    frame, told, toy_rows = both
    shared = {}
    for name in frame:
        known = frame[name].dropna()
        counts = known.astype(str).value_counts()
        common = set(counts[counts >= recipe.FEWEST].index)
        found = set(toy_rows[name].dropna().astype(str))
        shared[name] = (found & set(known.astype(str))) - common
    whole = {word for word in shared.pop("counts") if abs(float(word)) > 100}

    assert whole == set() and not any(shared.values()), shared
    assert "a rare one" not in json.dumps(told) and "J0" not in json.dumps(told)
    assert "1000007" not in json.dumps(told) and toy_rows["counts"].max() < 200


def test_kinds_gaps_and_words_are_those_of_the_table(both):
    """The columns in their order, of the same dtype, with about as many gaps."""
    frame, _, toy_rows = both
    again = pd.read_csv(io.StringIO(frame.to_csv(index=False)))

    assert list(toy_rows) == list(frame) and len(toy_rows) == 3750
    assert toy_rows.dtypes.to_dict() == again.dtypes.to_dict()
    assert np.allclose(toy_rows.isna().mean(), again.isna().mean(), atol=0.02)
    assert (toy_rows["lum"].isna() == toy_rows["lum_err"].isna()).all()
    for name, levels in (("band", [*"ugri"]), ("flag", [True, False]), ("share", [0.25, 1])):
        counts = [rows[name].value_counts(normalize=True)[levels] for rows in (again, toy_rows)]
        assert np.allclose(*counts, atol=0.03), name
    assert toy_rows["seen"].is_monotonic_increasing and toy_rows["name"].is_unique


def test_laws_and_rank_correlations_are_about_those_of_the_table(both):
    """Within what another draw of the same law would give."""
    frame, _, toy_rows = both
    ranks = [rows[NUMBERS].corr("spearman").to_numpy() for rows in (frame, toy_rows)]
    assert np.abs(ranks[0] - ranks[1]).max() < 0.08
    for name in NUMBERS:
        ours, theirs = (np.nanquantile(rows[name], [0.1, 0.5, 0.9]) for rows in (toy_rows, frame))
        spread = np.nanquantile(frame[name], 0.9) - np.nanquantile(frame[name], 0.1)
        assert np.abs(ours - theirs).max() < 0.1 * spread, name
    assert toy_rows["mass"].min() > 0 and toy_rows["lum_err"].min() > 0


def test_groups_are_of_the_same_size_and_alike_inside(both):
    """What a group shares it shares in the toy; what scatters within one scatters as much."""
    frame, _, toy_rows = both
    sizes = toy_rows.groupby("halo").size()

    assert set(sizes) == {3} and not set(toy_rows["halo"]) & set(frame["halo"])
    assert toy_rows.groupby("halo")["mass"].nunique().max() == 1
    inner = [rows.groupby("halo")["temp"].std().mean() for rows in (frame, toy_rows)]
    assert inner[1] == pytest.approx(inner[0], rel=0.1)


def test_toy_rows_are_no_nearer_to_real_ones_than_other_real_ones_are(both):
    """Distances to the nearest real row, against those of a sample that is independent of it."""
    from sklearn.neighbors import NearestNeighbors

    frame, _, toy_rows = both
    names = ["mass", "temp", "lum", "seen"]
    scale = frame[names].std()
    near = NearestNeighbors(n_neighbors=1).fit(frame[names].dropna() / scale)
    distances = [
        near.kneighbors(rows[names].dropna() / scale)[0] for rows in (toy_rows, real(seed=2))
    ]
    toys, others = (np.quantile(found, [0.001, 0.01, 0.5]) for found in distances)
    assert (toys > 0.6 * others).all(), (toys, others)


def test_nothing_is_told_of_fewer_than_ten(monkeypatch):
    """A group of many rows is one; blocks, words and numbers are of ten groups or more."""
    frame = real(size=50)  # sixty groups
    frame.loc[frame["halo"] < 5009, "temp"] = 99.0  # 450 rows, and nine groups
    frame.loc[frame["halo"] < 5009, "band"] = "theirs"
    told, toy_rows = made(frame, settings())
    (part,) = told["parts"]

    assert "theirs" not in json.dumps(told) and 99.0 not in part["values"]["temp"]["low"]
    assert part["sizes"] == [[50, 60]]
    assert len(part["values"]["mass"]["shares"]) <= 6
    assert not (toy_rows["temp"] == 99).any()
    monkeypatch.setattr(recipe, "FEWEST", 5)
    told, _ = made(frame, settings())
    assert "theirs" in json.dumps(told)


def test_ends_lie_further_out_and_on_their_side_of_zero():
    """No number of a recipe is the smallest or the largest of a column."""
    rng = np.random.default_rng(5)
    for values in (rng.normal(size=500), rng.lognormal(size=500), rng.normal(size=12) * 1e-9):
        law = recipe.Law(values, np.arange(len(values))).steps()
        ends = [*law["low"], *law["high"]]
        assert not set(ends) & set(values.tolist())
        assert min(ends) > 0 or values.min() < 0
        assert np.isclose(sum(law["shares"]), len(values))
    law = recipe.Law(np.abs(values), np.arange(len(values)), (None, 2e-10)).steps()
    assert max(law["high"]) == 2e-10


def test_marks_of_missing_values_and_names_are_made_up(both):
    """A sentinel stands where nothing was measured; numbers as ids stay numbers."""
    frame = real().drop(columns="halo")
    frame["name"] = np.arange(len(frame)) + 1000
    _, toy_rows = made(frame, settings(grouped=False, temp="missing = [-999.0, -1.0]"))

    assert (toy_rows["temp"] == -999).mean() == pytest.approx(0.05, abs=0.02)
    assert not toy_rows["temp"].isna().any()
    assert toy_rows["name"].dtype.kind == "i" and not set(toy_rows["name"]) & set(frame["name"])


def test_columns_of_any_kind_are_taken():
    """Whole numbers with gaps, dates with a zone, categories, infinities, and no value at all."""
    frame = real(600)
    frame["counts"] = frame["counts"].astype("Int64").where(frame["counts"] > 2)
    frame["day"] = frame["day"].dt.tz_localize("Europe/Paris")
    frame["band"] = frame["band"].astype("category")
    frame.loc[frame.index[:5], "temp"] = np.inf
    frame["comment"] = None
    _, toy_rows = made(frame, settings())

    assert (toy_rows["counts"].dropna() == toy_rows["counts"].dropna().round()).all()
    assert toy_rows["counts"].isna().mean() == pytest.approx(
        frame["counts"].isna().mean(), abs=0.05
    )
    assert pd.to_datetime(toy_rows["day"]).dt.year.between(2019, 2024).all()
    assert np.isfinite(toy_rows["temp"].dropna()).all() and toy_rows["comment"].isna().all()


def several(rows=1200, seed=0):
    """Return a table of three classes, one of them rare, whose order no correlation tells."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(list("abc"), rows, p=[0.5, 0.49, 0.01])
    x = rng.normal(size=rows) + np.where(kind == "b", 0, np.where(rng.random(rows) < 0.5, 3, -3))
    return pd.DataFrame({"x": x, "y": rng.normal(size=rows), "kind": kind})


def test_each_class_has_its_own_law():
    """A class between two clumps of another: one copula could not tell it."""
    from sklearn.model_selection import cross_val_score
    from sklearn.tree import DecisionTreeClassifier

    text = """[columns.x]
role = "input"
unit = ""
description = ""
[columns.y]
role = "input"
unit = ""
description = ""
[columns.kind]
role = "target"
unit = ""
description = ""
"""
    head, _, _ = STUDY.partition("[columns.height]")
    head = head.replace('"weight"', '"kind"').replace('"regression"', '"classification"')
    head = head.replace("[study.reference]", 'classes = ["a", "b", "c"]\n[study.reference]', 1)
    head = head.replace('"rmse"', '"class_log_loss"').replace('["bias", "nmad"]', '["accuracy"]')
    split = STUDY[STUDY.index("[split]") :].replace('"group"', '"stratified"')
    told = parse_settings(head + text + split, SimpleNamespace(name="s", parent=None))
    frame = several()
    _, toy_rows = made(frame, told)

    counts = toy_rows["kind"].value_counts()
    assert set(counts.index) == {"a", "b", "c"} and 10 <= counts["c"] <= 30
    scores = [
        cross_val_score(DecisionTreeClassifier(max_depth=4), rows[["x", "y"]], rows["kind"] == "b")
        for rows in (frame, toy_rows)
    ]
    assert scores[1].mean() == pytest.approx(scores[0].mean(), abs=0.06)


def project(folder, frame, told=""):
    """Return a project with the open tables that 03 has made, and its subject."""
    root = folder / "study"
    (root / "data" / "interim").mkdir(parents=True)
    (root / "data" / "raw").mkdir()
    frame.iloc[:1800].to_parquet(root / "data/interim/train.parquet")
    frame.iloc[1800:2400].to_parquet(root / "data/interim/validation.parquet")
    frame.to_csv(root / "data/raw/mine.csv", index=False)
    release = {"release": SimpleNamespace(share_data=False)}
    data = {"data": SimpleNamespace(table="data/raw/mine.csv", deployment=None, sources={})}
    known = settings().model_copy(update=release | data)
    return SimpleNamespace(project=Project(root), settings=known)


def test_the_generator_makes_the_same_bytes_alone(tmp_path):
    """With numpy and pandas and nothing of this project; the sealed rows are in none of it."""
    frame = real()
    frame.loc[2400:, "band"] = "sealed"
    subject = project(tmp_path, frame)
    assert toy.write(tmp_path / "release", subject) == []
    place = tmp_path / "release" / "toy"
    names = ["README.md", "make_toy.py", "recipe.json", "table.csv"]
    assert sorted(path.name for path in place.iterdir()) == names
    before = (place / "table.csv").read_bytes()
    (place / "table.csv").unlink()
    code = "import sys, runpy; sys.modules['boxloop'] = None; runpy.run_path('make_toy.py', "
    done = subprocess.run([sys.executable, "-c", f"{code}run_name='__main__')"], cwd=place)

    assert done.returncode == 0 and (place / "table.csv").read_bytes() == before
    assert len(pd.read_csv(place / "table.csv")) == 3000
    assert "sealed" not in (place / "recipe.json").read_text()
    assert toy.made(json.loads((place / "recipe.json").read_text()))["table.csv"].encode() == before
    assert "fewer than 10 groups" in toy.sentence(subject.settings)


def test_unlabelled_rows_have_a_toy_of_their_own(tmp_path):
    """Without the target, with other ids, and study.toml names both."""
    frame = real()
    subject = project(tmp_path, frame)
    subject.settings.data.deployment = "data/raw/new.csv"
    new = (
        frame.head(900).drop(columns=["mass", "true_mass"]).assign(temp=lambda rows: rows.temp + 9)
    )
    new.to_parquet(subject.project.interim / "deployment.parquet")
    (tmp_path / "release").mkdir()
    told = '[data]\ntable = "data/raw/mine.csv"\ndeployment = "data/raw/new.csv"\n'
    (tmp_path / "release" / "study.toml").write_text(told)
    assert toy.write(tmp_path / "release", subject) == []

    place = tmp_path / "release" / "toy"
    rows, labelled = (pd.read_csv(place / f"{name}.csv") for name in ("deployment", "table"))
    assert list(rows) == list(new) and len(rows) == 900
    assert rows["temp"].median() - labelled["temp"].median() == pytest.approx(9, abs=0.3)
    assert not set(rows["name"]) & {*labelled["name"], *frame["name"]}
    assert not set(rows["halo"]) & {*frame["halo"]}
    data = tomllib.loads((tmp_path / "release" / "study.toml").read_text())["data"]
    assert data["deployment"] == "toy/deployment.csv" and "deployment_sha256" in data


def test_rows_that_are_shared_need_no_toy(tmp_path):
    """Nothing is written, and nothing is said."""
    shared = SimpleNamespace(release=SimpleNamespace(share_data=True))
    subject = SimpleNamespace(project=None, settings=shared)

    assert toy.write(tmp_path, subject) == [] and list(tmp_path.iterdir()) == []
    assert toy.sentence(shared) == "" and toy.study_toml("[split]\n", tmp_path) == "[split]\n"


def test_a_file_without_a_toy_is_named(tmp_path):
    """Of another survey, which `study.data.domains` reads; whoever has the release knows, too."""
    subject = project(tmp_path, real())
    (subject.project.raw / "away.csv").write_text("a\n1\n")

    (said,) = toy.write(tmp_path / "release", subject)
    assert "data/raw/away.csv" in said
    assert said in (tmp_path / "release/toy/README.md").read_text(encoding="utf-8")


def test_study_toml_points_to_the_toy(tmp_path):
    """All else stays as it is, comments too; what hangs below [data] goes with it."""
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "table.csv").write_text("a\n1\n")
    text = (
        '# mine\n[data]  # as adopted\ntable = "data/raw/mine.fits"\nsha256 = "00"\n'
        'inside = "2"\ndeployment = "data/raw/new.csv"\n[data.sources]\n"a.csv" = "11"\n\n'
        "[split]  # last\nk = 1\n"
    )
    found = toy.study_toml(text, tmp_path)

    told = tomllib.loads(found)
    assert told["data"]["table"] == "toy/table.csv" and set(told["data"]) == {"table", "sha256"}
    assert found.startswith("# mine\n[data]  # as adopted\n") and found.endswith("# last\nk = 1\n")
    with pytest.raises(UserError, match="write \\[data\\] as"):
        toy.study_toml('data = { table = "x" }\n', tmp_path)


@pytest.mark.slow
def test_the_loop_runs_on_the_toy(bake, tmp_path):
    """From adoption to a toy, and from the toy to a report, about as good as the real one."""
    frame = real(1500).drop(columns=["nothing", "day", "const", "comment", "true_mass", "share"])
    frame = frame.drop(columns="seen")
    frame.to_csv(tmp_path / "mine.csv", index=False)
    root = bake(tmp_path, task="regression", start_from="own-data")
    words = ["--target", "mass", "--group", "halo", "--id", "name"]
    done = boxloop(root, "adopt", str(tmp_path / "mine.csv"), *words)
    assert done.returncode == 0, done.stderr
    text = (root / "study.toml").read_text(encoding="utf-8")
    known = parse_settings(text, root / "study.toml")
    release = {"release": known.release.model_copy(update={"share_data": False})}
    (root / "data" / "interim").mkdir(exist_ok=True)
    frame.iloc[:900].to_parquet(root / "data" / "interim" / "train.parquet")
    frame.iloc[900:1200].to_parquet(root / "data" / "interim" / "validation.parquet")
    subject = SimpleNamespace(project=Project(root), settings=known.model_copy(update=release))
    assert toy.write(root, subject) == []
    (root / "study.toml").write_text(toy.study_toml(text, root), encoding="utf-8", newline="\n")
    shutil.rmtree(root / "data" / "interim")
    for path in (root / "data" / "raw").glob("*.csv"):
        path.unlink()

    done = boxloop(root, "run")
    assert "Verdict: " in done.stdout, done.stdout + done.stderr
    values = read(root, "metrics.json")["sets"]["validation"]["metrics"]["r2"]
    assert values["model"]["value"] > 0.6
