"""The study for a table of one's own: its contract, its models, and its stress tests."""

import json

import numpy as np
import pandas as pd
import pytest

from boxloop.base import UserError, sha256
from boxloop.measure import Task, guess, load_model, save_model
from study import baseline, data, models, stress
from study.manifest import manifest
from study.outliers import Mahalanobis, Spread, Together

ROLES = {
    "star id": "id",
    "plate": "ignored",
    "w": "ignored",
    "e_m": "ignored",
    "e_Größe [kpc]": "error",
}
METRIC = {"regression": "rmse", "classification": "roc_auc", "anomaly-detection": "roc_auc"}


def stars(rows=200, seed=3):
    """Return a table with what tables hold: words, gaps, yes and no, and names of every kind."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "star id": [f"s{number}" for number in range(rows)],
            "Größe [kpc]": rng.normal(size=rows),
            "a b (c)": rng.normal(size=rows),
            "type": rng.choice([f"T{number}" for number in range(10)], size=rows),
            "flag": rng.random(rows) < 0.4,
            "plate": np.arange(rows) // 5,
            "w": rng.random(rows) + 0.1,
            "e_m": rng.uniform(0.1, 0.3, rows),
            "e_Größe [kpc]": rng.uniform(0.1, 0.3, rows),
        }
    )
    frame["m"] = (
        2 * frame["Größe [kpc]"]
        + frame["flag"]
        + (frame["type"] == "T3")
        + 0.3 * rng.normal(size=rows)
    )
    frame["kind"] = np.where(frame["m"] > 1.5, "rare", "common")
    return frame.assign(**{"a b (c)": frame["a b (c)"].mask(rng.random(rows) < 0.2)})


STUDY = """
[study]
title = "t"
question = "q"
task = "{task}"
target = "{target}"
unit = ""
primary_metric = "{metric}"
secondary_metrics = ["{metric}"]
seeds = [0, 1, 2, 3, 4]
motivation = "robustness"
study_type = "inference"
{positive}
[study.reference]
name = "TODO"
citation = "TODO"
[[study.criteria]]
name = "c"
metric = "{metric}"
set = "test"
above = 0
[data]
{tables}
{columns}
[split]
strategy = "{strategy}"
train = 0.6
validation = 0.2
test = 0.2
exploration = 0.3
[stress]
noise = [0.5]
missing = [1.0]
extreme = [0.2]
scale = [-0.05, 0.05]
{more}
"""


def quoted(text):
    return json.dumps(text, ensure_ascii=False)


def column(name, role, error_of, limits):
    """Return what study.toml says of a column."""
    lines = [f"[columns.{quoted(name)}]", f'role = "{role}"', 'unit = ""', 'description = ""']
    if role == "error":
        lines.append(f"error_of = {quoted(error_of[name])}")
    return "\n".join([*lines, *limits.get(name, [])])


@pytest.fixture
def adopt(tmp_path, monkeypatch):
    """Return a function that makes a project around a table, and returns its data/raw."""
    raw = tmp_path / "data" / "raw"

    def write(frame, kind, name):
        raw.mkdir(parents=True, exist_ok=True)
        frame.to_csv(raw / name, index=False)
        digest = sha256(raw / name)
        key = "sha256" if kind == "table" else f"{kind}_sha256"
        return f'{kind} = "data/raw/{name}"\n{key} = "{digest}"\n'

    def make(frame, *, task="regression", roles=None, deployment=None, strategy=None, more="",
             error_of=None, limits=None):  # fmt: skip
        target, other = ("m", "kind") if task == "regression" else ("kind", "m")
        roles = ROLES | {other: "ignored", target: "target"} | (roles or {})
        of = {"e_Größe [kpc]": "Größe [kpc]"} | (error_of or {})
        tables = write(frame, "table", "t.csv")
        if deployment is not None:
            tables += write(deployment, "deployment", "d.csv")
        columns = [column(name, roles.get(name, "input"), of, limits or {}) for name in frame]
        text = STUDY.format(
            task=task,
            target=target,
            metric=METRIC[task],
            positive="" if target == "m" else 'positive_class = "rare"',
            tables=tables,
            columns="\n".join(columns),
            strategy=strategy or ("random" if target == "m" else "stratified"),
            more=more,
        )
        (tmp_path / "study.toml").write_text(text, encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return raw

    return make


def test_one_reading_serves_every_question(adopt, monkeypatch):
    """Rows, new objects and what was left out ask for the file once; a change is seen."""
    frame = stars()
    frame.loc[3:6, "m"] = np.nan
    raw = adopt(frame, deployment=stars(40, seed=5).drop(columns=["m", "kind"]))
    seen, read = [], data.read_rows

    def spy(path, **options):
        seen.append(path.name)
        return read(path, **options)

    monkeypatch.setattr(data, "read_rows", spy)
    data.labelled(raw), data.deployment(raw), data.domains(raw)
    assert data.dropped(raw)["rows"].tolist() == [4]
    assert seen == ["t.csv", "d.csv"]

    raw = adopt(frame.drop(index=[3, 4]))
    assert data.dropped(raw)["rows"].tolist() == [2]


def test_no_copy_of_the_labelled_table_is_kept(adopt, tmp_path):
    """It would hold the sealed rows; a copy that an earlier version has left is removed."""
    raw, interim = adopt(stars()), tmp_path / "data" / "interim"
    interim.mkdir(parents=True)
    stars().to_parquet(interim / "raw_0123456789ab.parquet")
    first = data.labelled(raw)

    pd.testing.assert_frame_equal(data.labelled(raw), first)
    assert list(interim.iterdir()) == []
    assert data.prepare(raw) == [raw / "t.csv"]
    assert (len(first), set(first["flag"])) == (200, {0, 1})
    assert data.domains(raw) == {}
    assert data.deployment(raw) is None


def test_the_deployment_table_is_read_once_and_handed_on(adopt, tmp_path):
    """A copy in Parquet is kept, says the same, and is made again when somebody has damaged it."""
    raw = adopt(stars(), deployment=stars(40, seed=5).drop(columns=["m", "kind"]))
    first = data.deployment(raw)
    (copy,) = (tmp_path / "data" / "interim").glob("deployment_*.parquet")
    pd.testing.assert_frame_equal(data.deployment(raw), first)
    copy.write_bytes(b"no table")

    pd.testing.assert_frame_equal(data.deployment(raw), first)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_every_rung_learns_from_forty_rows(adopt, task):
    """Two dozen rows to fit, as such a table leaves: no rung is one constant."""
    adopt(stars(40), task=task)
    frame = data.labelled(adopt(stars(40), task=task))
    asked = Task(manifest())
    X, y = asked.seen(frame).head(24), asked.truth(frame).head(24)
    for name, rung in models.ladder(0).items():
        said = guess(rung.fit(X, y), X)
        assert np.ptp(said) > 0.1 * np.ptp(y), name
        last = rung[-1]
        last = getattr(last, "regressor", last)
        assert getattr(last, "min_samples_leaf", 20) == 20, "what was asked stays as it is"


def test_leaves_of_many_rows_are_as_large_as_asked(adopt, monkeypatch):
    """Twenty rows from 160 on; fewer rows are those of the fit, not of the table."""
    seen, fit = [], models.HistGradientBoostingRegressor.fit
    kind = models.HistGradientBoostingRegressor

    def noted(self, *args, **more):
        seen.append(self.min_samples_leaf)
        return fit(self, *args, **more)

    monkeypatch.setattr(kind, "fit", noted)
    rung = models.boosting(models.BoostedRegressor, 0, deep=False)
    for rows in (20, 80, 160, 500):
        rung.fit(np.arange(rows)[:, None], np.arange(rows))
    assert seen == [3, 10, 20, 20]


def test_decimal_commas_are_the_same_numbers_later(adopt, tmp_path):
    """The study reads a file as `boxloop adopt` has understood it."""
    raw = adopt(stars())
    points = data.labelled(raw)
    stars().to_csv(raw / "t.csv", index=False, sep=";", decimal=",")
    settings = (tmp_path / "study.toml").read_text(encoding="utf-8")
    digest = next(line for line in settings.splitlines() if line.startswith("sha256"))
    (tmp_path / "study.toml").write_text(
        settings.replace(digest, f'sha256 = "{sha256(raw / "t.csv")}"'), encoding="utf-8"
    )

    pd.testing.assert_frame_equal(data.labelled(raw), points)


def test_another_table_is_held_against_the_same_manifest(adopt):
    """Usable rows only; one telescope in all rows is no fault there, a lost column is."""
    raw = adopt(stars())
    other = stars(seed=4).drop(columns=["plate", "w"]).assign(type="T3")
    other.loc[7, "m"] = np.nan
    other.to_csv(raw / "other.csv", index=False)
    frame = data.another(raw, "other.csv")

    assert (len(frame), set(frame["flag"]), "plate" in frame) == (199, {0, 1}, False)
    other.drop(columns="flag").to_csv(raw / "other.csv", index=False)
    with pytest.raises(UserError, match=r"other\.csv, column 'flag' is missing"):
        data.another(raw, "other.csv")
    with pytest.raises(UserError, match=r"elsewhere\.csv is not there"):
        data.another(raw, "elsewhere.csv")


def test_another_file_under_the_same_name_is_refused(adopt):
    """What was adopted is what is studied: a changed or lost file is named, with the remedy."""
    raw = adopt(stars())
    (raw / "t.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"t\.csv is not the file that was adopted.*boxloop adopt"):
        data.prepare(raw)
    (raw / "t.csv").unlink()

    with pytest.raises(UserError, match=r"t\.csv is not there: put it back"):
        data.labelled(raw)


def test_rows_that_cannot_be_used_are_left_out_and_counted(adopt):
    """Rows without a target, an id or a weight are gone, each counted under its first reason."""
    frame = stars()
    frame.loc[3:6, "m"] = np.nan
    frame.loc[5:8, "star id"] = None
    frame.loc[20, "w"] = np.nan
    raw = adopt(frame, roles={"w": "weight"})
    left_out = data.dropped(raw)

    assert dict(zip(left_out["reason"], left_out["rows"], strict=True)) == {
        "no target (m)": 4,
        "no id (star id)": 2,
        "no weight (w)": 1,
    }
    assert len(data.labelled(raw)) == 193
    assert data.labelled(raw)["a b (c)"].isna().any()


def spoilt(column, row, value):
    def spoil(frame):
        return frame.assign(
            **{column: frame[column].astype(object).where(frame.index != row, value)}
        )

    return spoil


@pytest.mark.parametrize(
    ("spoil", "options", "words"),
    [
        (
            spoilt("Größe [kpc]", 7, np.inf),
            {},
            r"t\.csv, column 'Größe \[kpc\]' holds inf in row 8: infinite values are refused",
        ),
        (spoilt("m", 1, -np.inf), {}, r"column 'm' holds -inf in row 2"),
        (
            lambda f: f.assign(m=f["m"].astype(object).where(f.index % 5 != 3, "bright")),
            {},
            r"column 'm' holds 'bright' in row 4, the first of 40 .*: regression needs numbers",
        ),
        (
            lambda f: f.assign(flag=np.nan),
            {},
            r"column 'flag' has no value in any row: give it the role ignored",
        ),
        (lambda f: f.assign(flag=1), {}, r"column 'flag' is 1 in every usable row"),
        (
            lambda f: f.assign(type=f["star id"]),
            {},
            r"column 'type' holds 200 different words, .*role ignored or id",
        ),
        (
            lambda f: f.assign(m=1.0),
            {},
            r"column 'm' is '1\.0' in every row that has a value: choose another target",
        ),
        (
            lambda f: f.head(15),
            {},
            r"column 'm' has a value in 15 usable rows, at least 20 are needed",
        ),
        (lambda f: f.assign(m=np.nan), {}, r"column 'm' has a value in 0 usable rows"),
        (
            lambda f: f.assign(kind="rare"),
            {"task": "classification"},
            r"column 'kind' is 'rare' in every row",
        ),
        (
            lambda f: f.assign(kind=np.where(f.index > 2, "common", "odd")),
            {"task": "classification"},
            r"'rare' in no row; its classes are 'common', 'odd': correct study\.positive_class",
        ),
        (
            lambda f: f.assign(kind=np.where(f.index < 3, "rare", "common")),
            {"task": "anomaly-detection"},
            r"'rare' in 3 rows, fewer than split\.folds = 5",
        ),
        (
            lambda f: f.assign(plate=f.index % 3),
            {"roles": {"plate": "group"}, "strategy": "group"},
            r"'plate' has \d groups? in the part 'train'",
        ),
        (
            lambda f: f.assign(w=-f["w"]),
            {"roles": {"w": "weight"}},
            r"column 'w' holds -0\.\d+ in row 1, the first of 200 .*: a weight cannot be negative",
        ),
        (
            spoilt("e_m", 4, 0),
            {"roles": {"e_m": "error"}, "error_of": {"e_m": "m"}},
            r"column 'e_m' holds 0 in row 5: an error must be larger than zero",
        ),
        (
            lambda f: f,
            {"limits": {"m": ["max = 0"]}},
            r"column 'm' holds .* in row \d+, .*: above its max = 0 in study\.toml: correct your",
        ),
        (
            lambda f: f,
            {"more": '[columns.lost]\nrole = "input"\nunit = ""\ndescription = ""'},
            r"column 'lost' is missing",
        ),
    ],
)
def test_each_breach_of_the_contract_is_one_sentence(adopt, spoil, options, words):
    """File, column, row and remedy stand in it."""
    raw = adopt(spoil(stars()), **options)

    with pytest.raises(UserError, match=words):
        data.labelled(raw)


def test_deployment_rows_need_the_inputs_and_nothing_else(adopt):
    """They go without target and id; a lost input is named; numbers may be words there, too."""
    fresh = stars(40, seed=5).drop(columns=["m", "kind", "star id", "w"])
    raw = adopt(stars(), deployment=fresh.assign(type=7))
    found = data.deployment(raw)
    assert found["star id"].tolist()[:2] == ["row 1", "row 2"]
    assert set(found["type"]) == {"7"}

    with pytest.raises(UserError, match=r"d\.csv, column 'type' is missing, which the model reads"):
        data.deployment(adopt(stars(), deployment=fresh.drop(columns="type")))


@pytest.mark.parametrize("task", METRIC)
def test_every_model_learns_from_a_table_with_gaps_and_words_and_can_be_stored(
    adopt, tmp_path, task
):
    """Each rung is motivated, repeatable, better than nothing, and the same after a save."""
    raw = adopt(stars(), task=task, roles={"w": "weight"})
    settings, frame = manifest(), data.labelled(raw)
    X, y = Task(settings).seen(frame), Task(settings).truth(frame)
    rungs = models.ladder(0)
    assert list(rungs) == [name for name in models.MOTIVATION if name in rungs]

    for name, model in {
        "stand-in": baseline.stand_in(),
        "simplest": baseline.simplest(),
        **rungs,
    }.items():
        said = guess(model.fit(X[:150], y[:150]), X[150:].drop(columns="w"))
        save_model(tmp_path / "model.skops", model)
        again = models.ladder(0)[name].fit(X[:150], y[:150]) if name in rungs else model

        assert np.isfinite(said).all()
        np.testing.assert_array_equal(guess(load_model(tmp_path / "model.skops"), X[150:]), said)
        np.testing.assert_array_equal(guess(again, X[150:]), said)
        assert task == "anomaly-detection" or np.corrcoef(said, y[150:])[0, 1] > 0.5


@pytest.mark.parametrize("size", [1e-14, 1e42])
def test_the_unit_of_the_target_does_not_matter(adopt, size):
    """Every rung learns as much of luminosities in erg/s as of small numbers."""
    frame = stars()
    raw = adopt(frame.assign(m=size * (frame["m"] + 9)))
    table = data.labelled(raw)
    X, y = Task(manifest()).seen(table), Task(manifest()).truth(table)

    for model in models.ladder(0).values():
        assert np.corrcoef(model.fit(X[:150], y[:150]).predict(X[150:]), y[150:])[0, 1] > 0.5


def test_no_model_learns_from_weights_or_from_the_error_of_the_target(adopt):
    """A prediction is the same whatever stands in these columns, and without them."""
    raw = adopt(stars(), roles={"w": "weight", "e_m": "error"}, error_of={"e_m": "m"})
    frame = data.labelled(raw)
    X = Task(manifest()).seen(frame)
    model = models.ladder(0)["ridge"].fit(X, frame["m"])

    assert model.weights == ["w"]
    assert model.errors == ["e_m"]
    np.testing.assert_array_equal(
        model.predict(X.assign(w=9.0, e_m=9.0)), model.predict(X[manifest().inputs])
    )


@pytest.mark.parametrize(
    "detector",
    [Spread(), Mahalanobis(), Together(members=[("far", Mahalanobis()), ("wide", Spread())])],
)
def test_a_far_point_is_more_unusual(detector):
    """The score falls with the distance from the bulk, of which one row in a hundred is unusual."""
    bulk = np.random.default_rng(0).normal(size=(2000, 3))
    fitted = detector.fit(bulk)
    far = fitted.score_samples(np.array([[0.0, 0, 0], [3, 3, 3], [30, 30, 30]]))

    assert far[0] > far[1] > far[2]
    assert np.mean(fitted.predict(bulk) == -1) == pytest.approx(0.01, abs=0.002)


def test_the_distance_knows_which_columns_go_together():
    """Against a correlation of 0.95 one sigma is sqrt(39) times as far as along it."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=20_000)
    bulk = np.sqrt(0.95) * common[:, None] + np.sqrt(0.05) * rng.normal(size=(20_000, 2))
    along, against = -Mahalanobis().fit(bulk).score_samples(np.array([[1.0, 1.0], [1.0, -1.0]]))

    assert against / along == pytest.approx(np.sqrt(1.95 / 0.05), rel=0.15)


@pytest.mark.parametrize("task", METRIC)
def test_stress_tests_make_a_harder_table_and_leave_theirs_alone(adopt, task):
    """Each has levels, gives rows with the same columns, and keeps both classes if any."""
    frame = data.labelled(adopt(stars(), task=task))
    before, settings = frame.copy(), manifest()
    kinds = {test.kind for test in stress.TESTS}
    assert kinds == {"noise", "missing", "covariate", "instrument"}
    for test in stress.TESTS:
        harder = test.function(frame, settings.stress[test.levels][0], np.random.default_rng(0))

        pd.testing.assert_frame_equal(frame, before)
        assert list(harder) == list(frame)
        assert len(harder) >= 5
        assert task == "regression" or Task(settings).truth(harder).nunique() == 2


def test_noise_follows_the_error_bar_where_there_is_one(adopt):
    """Half an error bar for an input that has one, else half a spread, nothing for yes and no."""
    frame = data.labelled(adopt(stars(4000)))
    step = (
        stress.noise(frame, 0.5, np.random.default_rng(0))[["Größe [kpc]", "a b (c)", "flag"]]
        - frame[["Größe [kpc]", "a b (c)", "flag"]]
    )
    up = stress.one_error_up(frame)

    assert np.std(step["Größe [kpc]"] / frame["e_Größe [kpc]"]) == pytest.approx(0.5, rel=0.05)
    assert np.std(step["a b (c)"]) == pytest.approx(0.5, rel=0.08)
    assert not step["flag"].any()
    assert list(up) == ["Größe [kpc]"]
    np.testing.assert_allclose(up["Größe [kpc]"] - frame["Größe [kpc]"], frame["e_Größe [kpc]"])


def test_without_levels_there_is_no_test(adopt, tmp_path):
    """Who empties a line of [stress] is not asked for it; without a table the reason is said."""
    adopt(stars())
    file = tmp_path / "study.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(
        text.replace("noise = [0.5]\n", "").replace("missing = [1.0]", "missing = []"),
        encoding="utf-8",
    )
    assert {test.levels for test in stress.TESTS} == {"extreme", "scale"}
    file.write_text(text.replace('table = "data/raw/t.csv"', 'table = ""'), encoding="utf-8")

    with pytest.raises(UserError, match="boxloop adopt"):
        _ = stress.TESTS


@pytest.mark.parametrize("task", METRIC)
def test_what_is_searched_is_a_setting_and_the_written_one_is_tried(adopt, task):
    """Every rung and the reference, with weights or without; the curve is of a setting there is."""
    for roles in ({}, {"w": "weight"}):
        adopt(stars(), task=task, roles=roles)
        rungs = models.ladder(0) | {"reference": baseline.reference()}
        assert set(models.grids()) == set(rungs)
        for name, grid in models.grids().items():
            for setting, values in grid.items():
                assert rungs[name].get_params()[setting] in values, (name, setting)
        name, setting, values = models.curve()
        assert setting in rungs[name].get_params() and values == sorted(values)


def test_trees_see_the_colours_of_magnitudes(adopt):
    """Inputs in one unit meet as differences, inside the pipeline; those without one do not."""
    adopt(stars())
    settings, X = manifest(), Task(manifest()).seen(data.labelled(adopt(stars())))
    names = settings.inputs[:2]
    columns = {n: c.model_copy(update={"unit": "mag" if n in names else ""})
               for n, c in settings.columns.items()}  # fmt: skip
    step = Task(settings.model_copy(update={"columns": columns})).contrasts().fit(X)
    numbers = [name for name in names if pd.api.types.is_numeric_dtype(X[name])]
    assert len(step.pairs_) == (len(numbers) == 2)
    assert models.ladder(0)["gradient boosting"][0].__class__.__name__ == "Contrasts"
    assert models.ladder(0)["ridge"][0].__class__.__name__ != "Contrasts"


def test_a_network_takes_fewer_steps_of_many_rows_and_no_stiff_penalty_of_few(adopt, monkeypatch):
    """What was asked stays as it is."""
    seen = []

    def noted(self, X, y, **more):
        seen.append((self.max_iter, self.alpha))
        return self

    monkeypatch.setattr(models.MLPRegressor, "fit", noted)
    rung = models.network(models.NetworkRegressor, 0, alpha=1.0)
    for rows in (50, 1_000, 20_000, 1_000_000):
        rung.fit(np.zeros((rows, 1)), np.zeros(rows))
    assert seen == [(300, 0.05), (300, 1.0), (100, 1.0), (40, 1.0)]
    assert (rung.max_iter, rung.alpha) == (300, 1.0)
