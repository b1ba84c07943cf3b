"""A model with all that a prediction needs, written by 08 and used by somebody else."""

import contextlib
import importlib
import json
import shutil
import sys

import bundle_project
import numpy as np
import pandas as pd
import pytest
from bundle_project import bundle, of_bundle, release, rows, zipped
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from boxloop.base.errors import UserError
from boxloop.measure.predicted import predictions
from boxloop.predict.bundle import Bundle
from boxloop.predict.fresh import ask

SCOPE = ["in_scope", "reason", "release"]
COLUMNS = {
    "regression": ["prediction", "low", "high"],
    "classification": ["score", "passes"],
    "anomaly-detection": ["score", "passes"],
    "several": [*(f"probability {name}" for name in ("dust", "gas", "star")), "class", "may_be_90"],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return ``made(task)``: the folder of a bundle, written once."""
    known = {}

    def made(task="regression"):
        if task not in known:
            known[task] = bundle(tmp_path_factory.mktemp(task), task)
        return known[task]

    return made


@pytest.mark.parametrize("task", COLUMNS)
def test_what_it_says_of_no_row_has_the_same_types(made, task):
    """From these `boxloop predict` knows what it will write, before it has read a row."""
    found, table = Bundle.open(made(task)), rows(10, 5, task).drop(columns="kind")
    said = list(COLUMNS[task])

    kinds = [found.predict(some)[said].dtypes for some in (table, table.iloc[:0])]
    assert kinds[0].equals(kinds[1])


@pytest.mark.parametrize("task", COLUMNS)
def test_it_says_what_the_study_says(made, task):
    """The columns of the task, and the numbers that the loop has for its own rows."""
    given = bundle_project.sources(made(task).parent, task)
    table = rows(100, 5, task).drop(columns="kind")
    out = Bundle.open(made(task)).predict(table)
    own = predictions(
        table,
        Bundle.open(made(task)).model,
        given["settings"],
        train=given["train"],
        validation=given["validation"],
        half_width=0.5 if task == "regression" else None,
    )

    assert list(out) == ["name", "field", *COLUMNS[task], *SCOPE]
    pd.testing.assert_frame_equal(out.drop(columns="release"), own)
    assert out["in_scope"].mean() > 0.9


def test_ids_come_through_as_they_are(made):
    """Leading zeros, numbers beyond 2^53 and words; in their order, and with their index."""
    table = rows(30, 5).drop(columns="kind").sample(frac=1, random_state=0)
    out = Bundle.open(made()).predict(table)
    named = Bundle.open(made()).predict(table.assign(name=range(30), field="a b"))

    assert out["name"].tolist() == table["name"].tolist()
    assert out["field"].tolist() == table["field"].tolist() and out["field"].dtype == "int64"
    assert out.index.tolist() == table.index.tolist()
    assert named["name"].tolist() == list(range(30)) and set(named["field"]) == {"a b"}
    nameless = Bundle.open(made()).predict(table.drop(columns=["name", "field"]))
    assert nameless.columns[0] == "prediction"


def test_rows_are_read_as_the_loop_reads_them(made):
    """Text as numbers, truth values, marks of missing values and spellings."""
    table = rows(8, 5)[["name", "size", "glow", "flag", "band"]].assign(band="red", glow=5.0)
    text = (
        table.astype(object)
        .astype(str)
        .assign(
            flag=table["flag"].map({0: "no", 1: "TRUE"}), band=[" red", "RED", "Red ", *["red"] * 5]
        )
    )
    text["size"] = [f"{value!r}".replace("e", "D") + " " for value in table["size"]]
    gap = table.assign(glow=-99.0)
    opened = Bundle.open(made())
    out, said, none = (opened.predict(one) for one in (table, text, gap))

    assert said["prediction"].tolist() == out["prediction"].tolist()
    assert said["reason"].tolist() == out["reason"].tolist()
    assert (
        none["prediction"].tolist()
        == opened.predict(table.assign(glow=np.nan))["prediction"].tolist()
    )


def test_a_cell_that_is_no_number_flags_its_row_and_no_other(made):
    """It is missing then, and the row stays."""
    table = rows(50, 5).astype({"size": object})
    table.loc[3, "size"], table.loc[7, "glow"] = "10 or so", np.inf
    out = Bundle.open(made()).predict(table)

    assert len(out) == 50
    assert out.loc[3, "reason"] == "size is '10 or so', which is no number"
    assert out.loc[7, "reason"] == "glow is infinite"
    assert not out.loc[[3, 7], "in_scope"].any() and out["in_scope"].sum() > 40
    assert out["prediction"].notna().all()


def test_a_column_that_is_missing_is_named(made):
    """All that are, in one sentence; two of one name are refused as well."""
    table = rows(5, 5)
    with pytest.raises(UserError, match="columns 'glow', 'band' are missing"):
        Bundle.open(made()).predict(table.drop(columns=["glow", "band"]))
    with pytest.raises(UserError, match="two columns 'size'"):
        Bundle.open(made()).predict(pd.concat([table, table[["size"]]], axis=1))


def test_no_rows_give_no_rows(made):
    """With the same columns: a row group of a file may be empty."""
    for task in COLUMNS:
        opened = Bundle.open(made(task))
        some, none = opened.predict(rows(5, 5, task)), opened.predict(rows(5, 5, task).head(0))
        assert list(none) == list(some) and len(none) == 0


def test_a_model_that_takes_no_gaps_is_asked_for_the_other_rows(tmp_path):
    """The rows that it cannot take stay, without a prediction and out of scope."""
    plain = make_pipeline(
        bundle_project.make_column_transformer(
            (OneHotEncoder(), ["band"]), (StandardScaler(), ["size", "flag"])
        ),
        LinearRegression(),
    )
    opened = Bundle.open(bundle(tmp_path, model=plain))
    table = rows(20, 5).assign(glow=5.0)
    table.loc[4, "band"], table.loc[5, "size"] = "violet", np.nan
    out = opened.predict(table)

    assert out.index[out["prediction"].isna()].tolist() == [4, 5]
    assert "violet" in out.loc[4, "reason"] and "size is missing" in out.loc[5, "reason"]
    assert opened.predict(table.loc[[4]])["prediction"].isna().all()
    assert out["prediction"].drop([4, 5]).tolist() == pytest.approx(
        opened.predict(table.drop([4, 5]))["prediction"].tolist()
    )


def test_it_is_the_same_wherever_it_lies(made, tmp_path):
    """A folder by itself, a release, and its zip, which is not unpacked; the id is that of it."""
    files = of_bundle(made())
    folder, packed = release(tmp_path / "release", files), zipped(tmp_path / "r.zip", files)
    before = sorted(tmp_path.rglob("*"))
    table = rows(50, 5)
    alone, one, two = (Bundle.open(path).predict(table) for path in (made(), folder, packed))
    name = json.loads((folder / "release.json").read_bytes())["id"]

    assert set(one["release"]) == set(two["release"]) == {name} and set(alone["release"]) == {""}
    pd.testing.assert_frame_equal(one, two)
    pd.testing.assert_frame_equal(one.drop(columns="release"), alone.drop(columns="release"))
    assert sorted(tmp_path.rglob("*")) == before


def test_the_same_sources_give_the_same_bytes(made, tmp_path):
    """Nothing of when, where and by whom; what was there before is replaced."""
    given = bundle(tmp_path / "elsewhere")
    assert of_bundle(given) == of_bundle(made())
    assert of_bundle(bundle(tmp_path / "elsewhere")) == of_bundle(made())
    assert str(tmp_path) not in (given / "facts.json").read_text("utf-8")
    assert sorted(path.name for path in given.parent.iterdir() if "bundle" in path.name) == []


def test_facts_say_what_it_is_made_of(made):
    """Types, versions, and what a table needs."""
    facts = json.loads((made() / "facts.json").read_bytes())

    assert facts["reads"] == {"size": "number", "glow": "number", "flag": "number", "band": "word"}
    assert facts["name"] == "small" and facts["model_hash"] == "abc"
    assert facts["versions"]["scikit-learn"] and facts["versions"]["python"]
    assert "boxloop.measure.scope.Scope" in facts["trusted"]
    assert "sklearn.pipeline.Pipeline" in facts["trusted"]
    assert Bundle.open(made()).drift == {}


def test_no_row_of_the_study_is_in_it_where_data_are_not_shared(tmp_path):
    """The proof is of made-up rows, and the scope keeps the shape of the cloud alone."""
    folder = bundle(tmp_path, share=False)
    opened, train = Bundle.open(folder), rows(600, 1)
    known = pd.concat([train, rows(200, 2)])

    assert not len(opened.scope.density_.kept_)
    assert not opened.proof["size"].isin(known["size"]).any()
    assert opened.agreement() == 0
    out = opened.predict(pd.concat([train.head(200), train.head(1).assign(size=90.0)]))
    assert out["in_scope"].iloc[:200].mean() > 0.95 and not out["in_scope"].iloc[-1]


def test_the_proof_agrees_and_another_model_does_not(made, tmp_path):
    """By it whoever opens a bundle sees that it says the same as where it was made."""
    assert Bundle.open(made()).agreement() == 0
    opened = Bundle.open(made())
    opened.model = bundle_project.usual("regression").set_params(decisiontreeregressor__max_depth=1)
    train = rows(600, 1)
    opened.model.fit(train[list(opened.reads)], train["kind"])
    assert opened.agreement() > 0


@pytest.mark.parametrize(
    "name", ["model.skops", "scope.skops", "facts.json", "study.toml", "intervals.json"]
)
def test_a_part_that_was_changed_or_is_gone_is_refused(made, tmp_path, name):
    """In a folder by itself too: one sentence."""
    folder = shutil.copytree(made(), tmp_path / "model")
    data = (folder / name).read_bytes()
    for broken in (data + b" " if name != "facts.json" else b"{}", data[:-40], None):
        (folder / name).unlink() if broken is None else (folder / name).write_bytes(broken)
        with pytest.raises(UserError) as found:
            Bundle.open(folder)
        assert "\n" not in str(found.value)


OWN = """
from sklearn.base import BaseEstimator, RegressorMixin

from .helpers import STEP

class Mean(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        self.mean_ = float(y.mean())
        return self

    def predict(self, X):
        return X["size"].to_numpy() * 0 + self.mean_ + STEP
"""


@contextlib.contextmanager
def a_python(root=None):
    """Let no `study` be known, or that below a folder; afterwards what was known is again."""

    def known():
        return [name for name in sys.modules if name.partition(".")[0] == "study"]

    with pytest.MonkeyPatch.context() as patch:
        for name in known():
            patch.delitem(sys.modules, name)
        patch.setattr(sys, "path", [*([str(root)] if root else []), *sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)
        importlib.invalidate_caches()
        try:
            yield
        finally:
            for name in known():
                del sys.modules[name]


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A study whose model is a class of its own, and releases with its code."""
    root = tmp_path_factory.mktemp("own")
    (root / "study").mkdir()
    code = {"__init__.py": "", "models.py": OWN, "helpers.py": "STEP = 1.0\n", "other.py": "X = 1"}
    for name, text in code.items():
        (root / "study" / name).write_text(text, encoding="utf-8")
    with a_python(root):
        bundle(root, model=importlib.import_module("study.models").Mean())
    files = of_bundle(root / "model")
    files |= {f"study/{name}": (root / "study" / name).read_bytes() for name in code}
    release(root / "release", files)
    zipped(root / "release.zip", files)
    return root


@pytest.mark.parametrize("form", ["release", "release.zip"])
def test_code_of_a_study_runs_where_it_is_ones_own_or_trusted(own, tmp_path, form):
    """Else nothing of it is imported; a change in another module of the study does not matter."""

    def use(root=None, *, trust=False):
        with a_python(root):
            try:
                opened = Bundle.open(own / form, trust_code=trust)
            except UserError as error:
                return str(error), "study" in sys.modules
            return opened.predict(rows(3, 5))["prediction"].iloc[0], True

    facts = json.loads((own / "model" / "facts.json").read_bytes())
    mine = shutil.copytree(own / "study", tmp_path / "mine" / "study").parent
    number = use(mine)
    (mine / "study" / "other.py").write_text("X = 2", encoding="utf-8")

    assert set(facts["study_code"]) == {f"study/{x}.py" for x in ("__init__", "helpers", "models")}
    assert number[0] > 10 and use(mine) == number
    assert use(trust=True) == number
    said, imported = use()
    assert "say --trust-code" in said and not imported
    (mine / "study" / "helpers.py").write_text("STEP = 2.0\n", encoding="utf-8")
    said, imported = use(mine)
    assert "say --trust-code" in said and not imported


def test_a_fresh_python_says_the_same(own):
    """Bit for bit, with what has another version, and a sentence where it cannot be opened."""
    table = rows(300, 5)
    found = ask(own / "release.zip", table, home=own)
    with a_python(own):
        here = Bundle.open(own / "release").guess(table)

    assert found.said.tobytes() == here.tobytes()
    assert found.drift == {}
    with pytest.raises(UserError, match="say --trust-code"):
        ask(own / "release.zip", table)


def test_a_word_that_training_has_not_is_no_warning():
    """The reason of its row says it; a warning of scikit-learn would say it once for all rows."""
    import warnings

    from boxloop.predict.bundle import _silent

    levels = OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False)
    levels.fit(pd.DataFrame({"band": ["g", "r"]}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="unknown categories"):
            levels.transform(pd.DataFrame({"band": ["z"]}))
        with _silent():
            levels.transform(pd.DataFrame({"band": ["z"]}))
