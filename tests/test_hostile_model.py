"""Model files that somebody made up: nothing in them runs, and each ends in one sentence."""

import contextlib
import importlib
import io
import json
import os
import pickle
import sys
import zipfile

import numpy as np
import pytest
from scipy.special import expit
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import ExtraTreesRegressor
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest, f_regression
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import Ridge
from sklearn.metrics import make_scorer, mean_pinball_loss
from sklearn.metrics.pairwise import paired_distances, rbf_kernel
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from skops.io import dumps

from boxloop.base.errors import UserError
from boxloop.checks.release import reload
from boxloop.measure.model_file import load_model, save_model

X = np.random.default_rng(0).lognormal(size=(60, 3))
STUDY = """
import os
from os import makedirs, system
import numpy as np
from sklearn.base import BaseEstimator

class Mean(BaseEstimator):
    def fit(self, X, y):
        self.mean_ = y.mean()
        return self

    def predict(self, X):
        return np.full(len(X), self.mean_)

class Text:
    def __init__(self, path):
        open(path, "w").close()

def first(X):
    return np.asarray(X)[:, :1]

def write(path, text=""):
    with open(path, "w") as target:
        target.write(text)
    return np.ones((1, 1))
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study with an estimator and functions of its own, which imports dangerous functions.

    A package `elsewhere` that is no part of it has the same, and was imported too.
    """
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "__init__.py").write_text("", encoding="utf-8")
    for name in ("study/data", "study/models", "elsewhere"):
        (tmp_path / f"{name}.py").write_text(STUDY, encoding="utf-8")
    for name in [name for name in sys.modules if name.partition(".")[0] == "study"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.import_module("elsewhere")
    yield importlib.import_module("study.models")
    for name in ("study", "study.data", "study.models", "elsewhere"):
        sys.modules.pop(name, None)


def schema_of(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return json.loads(archive.read("schema.json")), {
            name: archive.read(name) for name in archive.namelist() if name != "schema.json"
        }


def packed(schema, parts=(), **options):
    """Return a skops file with this schema, which may be text."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", **options) as archive:
        for name, part in dict(parts).items():
            archive.writestr(name, part)
        archive.writestr("schema.json", schema if isinstance(schema, str) else json.dumps(schema))
    return target.getvalue()


def changed(model, change):
    """Return a model's file after `change` was done to its schema, in place or returned."""
    schema, parts = schema_of(dumps(model))
    return packed(change(schema) or schema, parts)


def node(loader, name, content=None, **more):
    module, _, name = name.rpartition(".")
    return {
        "__class__": name,
        "__module__": module,
        "__loader__": loader,
        "content": content,
    } | more


def text(value):
    return node("JsonNode", "builtins.str", json.dumps(value))


def attribute(name, value):
    """Return a change that gives an attribute of the estimator another value."""
    return lambda schema: schema["content"]["content"].__setitem__(name, value)


def transformer(function, **options):
    """Return the file of a transformer that calls this function, given as module and name."""
    loader = "TypeNode" if function.startswith("builtins.") else "FunctionNode"
    return changed(FunctionTransformer(**options), attribute("func", node(loader, function)))


def distribution(code):
    """A distribution of scipy, which runs a text as code as soon as it is made."""
    from scipy.stats import norm

    schema, parts = schema_of(dumps(norm))
    schema["content"]["content"]["_parse_arg_template"] = text(code)
    return packed(schema, parts)


def keys(kind, key):
    """A dictionary whose key is made by this type, from a text of the file's choosing."""
    kinds = node("ListNode", "builtins.list", [node("TypeNode", kind)])
    return changed(
        Ridge().fit(X, X[:, 0]),
        attribute("coef_", node("DictNode", "builtins.dict", {key: text(1)}, key_types=kinds)),
    )


def confused(path):
    """A part that passes for harmless because a harmless one bears the same number.

    A class of the study may be named, but not make the keys of a dictionary.
    """
    kinds = node("ListNode", "builtins.list", [node("TypeNode", "builtins.str", __id__=7)])
    told = {
        "alpha": node("TypeNode", "study.models.Text", __id__=7),
        "coef_": node("DictNode", "builtins.dict", {path: text(1)}, key_types=kinds),
    }
    return changed(
        Ridge().fit(X, X[:, 0]), lambda schema: schema["content"]["content"].update(told)
    )


def named(state):
    """Say another name for the kind of random numbers."""
    state["content"]["bit_generator"].update(content='"seed"')


def shown(state):
    """Keep the name for show, and take another one from a row of the file's array."""
    state.update(__loader__="NdArrayNode", __module__="numpy", __class__="void")
    state.update(type="numpy", file="0.npy")
    state["content"].update(text(1))


def generator(change):
    """The file of a model with a random generator whose state was changed."""
    schema, _ = schema_of(dumps(Ridge(random_state=np.random.default_rng(0))))
    change(schema["content"]["content"]["random_state"]["content"]["bit_generator"])
    array = io.BytesIO()
    np.save(array, np.array(("seed",), dtype=[("bit_generator", "U4")]))
    return packed(schema, {"0.npy": array.getvalue()})


def pickled(path, suffix):
    """The file of a model whose array is a pickle that makes a folder, under a name of any kind."""

    class Evil:
        def __reduce__(self):
            return os.makedirs, (path,)

    schema, parts = schema_of(dumps(Ridge().fit(X, X[:, 0])))
    array = schema["content"]["content"]["coef_"]
    parts[f"0{suffix}"] = pickle.dumps(Evil())
    array["file"] = f"0{suffix}"
    return packed(schema, parts)


WRITE = node("FunctionNode", "study.data.write")


def words(**given):
    """Return the node of a dictionary."""
    kinds = node("ListNode", "builtins.list", [node("TypeNode", "builtins.str")] * len(given))
    return node("DictNode", "builtins.dict", given, key_types=kinds)


def summed(path):
    """A text of the file's choosing in place of a table, for the step behind it."""
    return FunctionTransformer(np.sum, kw_args={"dtype": "O", "initial": path, "where": False})


def searched(**given):
    """A search that would set these parameters when it is fitted."""
    grid = node("ListNode", "builtins.list", [words(**given)])
    return changed(GridSearchCV(FunctionTransformer(), {}), attribute("param_grid", grid))


def in_pairs(model, **given):
    """The file of an estimator whose parameters come as pairs and not by name."""

    def change(schema):
        told = {**schema["content"]["content"], **given}
        pairs = [
            node("TupleNode", "builtins.tuple", [text(name), value]) for name, value in told.items()
        ]
        schema["content"] = node("ListNode", "builtins.list", pairs)

    return changed(model, change)


# What runs code, as bytes: made of the code in Python, the command of the system, and the path of
# the canary.
RUNS = {
    "a builtin function": lambda code, *_: dumps(FunctionTransformer(max, kw_args={"key": eval})),
    "a builtin that runs text": lambda *_: transformer("builtins.exec"),
    "a function that imports": lambda *_: transformer("builtins.__import__"),
    "numpy writes": lambda *_: dumps(FunctionTransformer(np.save, kw_args={"arr": [1]})),
    "numpy reads pickles": lambda *_: dumps(
        FunctionTransformer(np.load, kw_args={"allow_pickle": True})
    ),
    "pandas reads pickles": lambda *_: transformer("pandas.io.pickle.read_pickle"),
    "scikit-learn's helpers": lambda *_: transformer("sklearn.datasets._base.load_files"),
    "the machinery writes": lambda *_: transformer(
        "boxloop.base.files.write_text", kw_args={"text": "x"}
    ),
    "what the study imports": lambda *_: transformer("study.models.system"),
    "what the study imports, in Python": lambda *_: transformer("study.models.makedirs"),
    "an estimator from elsewhere": lambda *_: dumps(sys.modules["elsewhere"].Mean()),
    "a class that starts processes": lambda *_: changed(
        Ridge().fit(X, X[:, 0]),
        attribute(
            "coef_", node("ObjectNode", "sklearn.utils.parallel.Parallel", words(n_jobs=text(2)))
        ),
    ),
    "numpy reads each document": lambda *_: changed(
        CountVectorizer(), attribute("analyzer", node("FunctionNode", "numpy.loadtxt"))
    ),
    "a module in the study": lambda *_: transformer("study.models.os.system"),
    "the study's numpy": lambda *_: transformer("study.models.np.save", kw_args={"arr": [1]}),
    "a distribution": lambda code, *_: distribution(code),
    "types of keys": lambda code, *_: keys("builtins.exec", code),
    "a class of the study for keys": lambda code, command, path: keys("study.models.Text", path),
    "one number twice": lambda code, command, path: confused(path),
    "a method": lambda *_: dumps(FunctionTransformer(StandardScaler().set_params)),
    "a method by name": lambda *_: changed(
        FunctionTransformer(),
        attribute(
            "func", node("OperatorFuncNode", "operator.methodcaller", attrs=text(["system"]))
        ),
    ),
    "a partial function": lambda *_: dumps(
        FunctionTransformer(__import__("functools").partial(np.save, arr=[1]))
    ),
    "a constructor": lambda code, command, path: changed(
        Ridge(),
        attribute(
            "coef_",
            node(
                "ConstructorFromReduceNode",
                "numpy.memmap",
                node("TupleNode", "builtins.tuple", [text(path)]),
            ),
        ),
    ),
    "an array that is no array": lambda code, command, path: changed(
        Ridge().fit(X, X[:, 0]),
        lambda schema: schema["content"]["content"]["coef_"].update(
            __module__="numpy", __class__="fromfile"
        ),
    ),
    "a list that is no list": lambda *_: changed(
        Ridge(), attribute("coef_", node("ListNode", "study.models.system", []))
    ),
    "a random generator": lambda *_: generator(named),
    "a random generator of an array": lambda *_: generator(shown),
    "a pickle for an array": lambda code, command, path: pickled(path, ".npy"),
    "a pickle by another name": lambda code, command, path: pickled(path, ".bin"),
    "a cache on the disk": lambda code, command, path: dumps(
        make_pipeline(StandardScaler(), Ridge(), memory=path)
    ),
    "joblib's cache": lambda code, command, path: dumps(
        make_pipeline(StandardScaler(), Ridge(), memory=__import__("joblib").Memory(None))
    ),
    "a sum that is a text": lambda code, command, path: dumps(
        make_pipeline(summed(path), FunctionTransformer(sys.modules["study.models"].write))
    ),
    "a function of the study that writes": lambda *_: transformer("study.data.write"),
    "that function as a type": lambda *_: changed(
        FunctionTransformer(), attribute("func", node("TypeNode", "study.data.write"))
    ),
    "that function for the way back": lambda *_: changed(
        FunctionTransformer(), attribute("inverse_func", WRITE)
    ),
    "that function for each document": lambda *_: changed(
        CountVectorizer(), attribute("analyzer", WRITE)
    ),
    "a class of the study as a function": lambda *_: changed(
        FunctionTransformer(), attribute("func", node("TypeNode", "study.models.Text"))
    ),
    "a type that makes text": lambda *_: transformer("builtins.str"),
    "text for arithmetic": lambda *_: dumps(
        FunctionTransformer(np.nan_to_num, kw_args={"nan": "x"})
    ),
    "an array for arithmetic": lambda *_: dumps(
        FunctionTransformer(np.clip, kw_args={"a_min": np.array(["x"])})
    ),
    "a scorer as a function": lambda *_: dumps(FunctionTransformer(make_scorer(mean_pinball_loss))),
    "a search sets the function": lambda *_: searched(
        func=node("ListNode", "builtins.list", [node("FunctionNode", "numpy.sum")])
    ),
    "a search for a step's function": lambda *_: searched(
        a__func=node("ListNode", "builtins.list", [node("FunctionNode", "numpy.sum")])
    ),
    "a search for a step's words": lambda *_: searched(
        a__kw_args=node("ListNode", "builtins.list", [words(where=text("x"))])
    ),
    "a parameter that is no text": lambda *_: changed(
        FunctionTransformer(),
        lambda schema: schema["content"]["key_types"]["content"][0].update(__class__="bytes"),
    ),
    "a function in pairs": lambda *_: in_pairs(
        FunctionTransformer(), func=node("FunctionNode", "numpy.sum")
    ),
    "a cache in pairs": lambda code, command, path: in_pairs(
        make_pipeline(StandardScaler(), Ridge()), memory=text(path)
    ),
    "a cache in one text": lambda code, command, path: changed(
        make_pipeline(StandardScaler(), Ridge()),
        lambda schema: schema.update(content=text({"memory": path, "steps": []})),
    ),
    "words in one text": lambda *_: changed(
        FunctionTransformer(np.log), attribute("kw_args", text({"dtype": "O"}))
    ),
    "a function for a method": lambda *_: changed(
        StandardScaler().fit(X),
        lambda schema: (
            schema["content"]["content"].update(transform=node("FunctionNode", "numpy.sum")),
            schema["content"]["key_types"]["content"].append(node("TypeNode", "builtins.str")),
        )[2:],
    ),
    "an older form": lambda *_: changed(
        FunctionTransformer(), lambda schema: schema.update(protocol=0)
    ),
}


def use(path, given):
    """Open a file and let what is in it predict or transform."""
    model = load_model(path)
    return getattr(model, "predict", getattr(model, "transform", None))(given)


@pytest.mark.parametrize("name", RUNS)
def test_nothing_of_a_hostile_file_runs(tmp_path, monkeypatch, study, name):
    """Neither when it is loaded nor when it should predict.

    The check of the release says so, too.
    """
    canary = tmp_path / "canary.npy"
    code, command = f"open({str(canary)!r}, 'w').close()", f"touch {canary}"
    path = tmp_path / "model.skops"
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.rglob("*"))
    path.write_bytes(RUNS[name](code, command, str(canary)))
    for given in (code, command, str(canary), [code], X):
        with pytest.raises(UserError) as error:
            use(path, given)
        said = str(error.value)
    finding = reload(path, X, X[:, 0], threshold=1e-9)

    assert {
        found for found in tmp_path.rglob("*") if "__pycache__" not in found.parts
    } == before | {path}
    assert not finding.passed and "does not load" in finding.message
    assert said.startswith(str(path)) and said.endswith(".") and "\n" not in said


@pytest.mark.parametrize("change", [named, shown])
def test_a_generator_is_refused_before_it_is_made(tmp_path, change):
    """Older releases of skops call whatever stands there, and have no look at it themselves."""
    path = tmp_path / "model.skops"
    path.write_bytes(generator(change))
    with pytest.raises(UserError, match=r"holds numpy\.(random\.seed|void),"):
        load_model(path)


def bomb():
    """A file that is small outside and large inside."""
    return packed("[" + " " * 10_000_000 + "]", compression=zipfile.ZIP_DEFLATED)


def twice():
    """A file with two schemas."""
    target = io.BytesIO(dumps(Ridge()))
    with zipfile.ZipFile(target, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("schema.json", json.dumps(node("TypeNode", "builtins.exec", protocol=2)))
    return target.getvalue()


LIST = (
    '{"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "protocol": 2, '
    '"content": ['
)
DEEP = LIST * 900 + "]}" * 900


def fitted(change):
    return changed(ExtraTreesRegressor(n_estimators=2).fit(X, X[:, 0]), change)


MALFORMED = {
    "no byte": lambda: b"",
    "no zip": lambda: b"PK\x03\x04 and no more",
    "cut short": lambda: dumps(Ridge())[:-30],
    "a pickle": lambda: pickle.dumps(Ridge()),
    "no schema": lambda: packed("").replace(b"schema.json", b"scheme.json"),
    "no JSON": lambda: packed("{"),
    "not UTF-8": lambda: packed("\udcff".encode("utf-8", "surrogatepass").decode("latin-1")),
    "a list": lambda: packed([]),
    "a number": lambda: packed("1"),
    "nothing in it": lambda: packed({}),
    "only a protocol": lambda: packed({"protocol": 2}),
    "the protocol of tomorrow": lambda: changed(Ridge(), lambda schema: schema.update(protocol=99)),
    "a protocol that is text": lambda: changed(Ridge(), lambda schema: schema.update(protocol="2")),
    "a loader that is unknown": lambda: changed(
        Ridge(), lambda schema: schema.update(__loader__="NewNode")
    ),
    "a loader that is a list": lambda: changed(
        Ridge(), lambda schema: schema.update(__loader__=["ObjectNode"])
    ),
    "a class that is a number": lambda: changed(Ridge(), lambda schema: schema.update(__class__=1)),
    "no module": lambda: changed(Ridge(), lambda schema: schema.update(__module__="")),
    "no class": lambda: changed(Ridge(), lambda schema: schema.pop("__class__") and None),
    "content of another kind": lambda: changed(
        Ridge(), lambda schema: schema.update(content=[1, 2])
    ),
    "a number without content": lambda: changed(Ridge(), attribute("coef_", {"__id__": 1})),
    "itself inside": lambda: changed(
        Ridge(),
        lambda schema: attribute("coef_", {"__loader__": "ListNode", "__id__": schema["__id__"]})(
            schema
        ),
    ),
    "an array that is missing": lambda: fitted(
        lambda schema: schema["content"]["content"]["estimators_"]["content"][0]["content"][
            "content"
        ]["tree_"]["content"]["content"]["nodes"].update(file="../../etc/passwd")
    ),
    "text for an array": lambda: packed(
        schema_of(dumps(Ridge().fit(X, X[:, 0])))[0],
        dict.fromkeys(schema_of(dumps(Ridge().fit(X, X[:, 0])))[1], b"no"),
    ),
    "a thousand lists": lambda: packed(DEEP),
    "more brackets than Python reads": lambda: packed("[" * 200_000 + "]" * 200_000),
    "much in little": bomb,
    "two schemas": twice,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_file_is_one_sentence(tmp_path, name):
    """It names the file and what to do."""
    path = tmp_path / "model.skops"
    path.write_bytes(MALFORMED[name]())
    with pytest.raises(UserError) as said:
        load_model(path)

    assert (
        str(said.value).startswith(str(path))
        and str(said.value).endswith(".")
        and "\n" not in str(said.value)
    )
    assert "run 04" in str(said.value)


def test_the_studys_own_parts_load(tmp_path, study):
    """An estimator and a function that a module of the study defines, with arithmetic before.

    A random generator that the estimator keeps goes on where it was.
    """
    steps = FunctionTransformer(np.log1p), FunctionTransformer(study.first), study.Mean()
    model = make_pipeline(*steps).fit(X, X[:, 0])
    model[-1].rng_ = np.random.default_rng(0)
    again = load_model(save_model(tmp_path / "model.skops", model))

    assert np.array_equal(again.predict(X), model.predict(X))
    assert again[-1].rng_.random() == model[-1].rng_.random()


def test_a_function_of_the_study_gets_words_of_its_own(tmp_path, study):
    """Text too; what numpy computes with gets numbers."""
    steps = (
        FunctionTransformer(study.write, kw_args={"text": "x"}),
        FunctionTransformer(np.clip, kw_args={"a_min": 0.5, "a_max": None}),
    )
    for step in steps:
        assert load_model(save_model(tmp_path / "model.skops", step)).kw_args == step.kw_args


FUNCTIONS = [np.log, np.log10, np.sqrt, np.arcsinh, np.abs, np.nan_to_num, np.clip, expit, abs]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_arithmetic_loads(tmp_path, function):
    """What people put before a model."""
    path = save_model(tmp_path / "model.skops", FunctionTransformer(function))

    assert load_model(path).func is function


@pytest.mark.parametrize(
    "model",
    [
        KernelRidge(kernel=rbf_kernel),
        KNeighborsRegressor(metric=paired_distances),
        TransformedTargetRegressor(Ridge(), func=np.log, inverse_func=np.exp),
        SelectKBest(f_regression),
        GridSearchCV(Ridge(), {"alpha": [1, 2]}, scoring=make_scorer(mean_pinball_loss), cv=3),
        ColumnTransformer([("all", StandardScaler(), make_column_selector("x"))]),
        make_pipeline(StandardScaler(), Ridge(), memory=None),
    ],
    ids=lambda model: type(model).__name__,
)
def test_functions_of_scikit_learn_load(tmp_path, model):
    """Kernels, distances, scores and choosers of columns, where an estimator takes one."""
    load_model(save_model(tmp_path / "model.skops", model))


@pytest.mark.parametrize("function", [np.save, max, print])
def test_what_would_not_load_is_not_saved(tmp_path, function):
    """The sentence comes in 04, where the model is made, and says what to do."""
    with pytest.raises(UserError, match="in study/"):
        save_model(tmp_path / "model.skops", FunctionTransformer(function))
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_stored_is_one_sentence(tmp_path):
    """Skops has no way to keep this one."""
    from sklearn.cluster import Birch

    with pytest.raises(UserError, match="Birch are not supported"):
        save_model(tmp_path / "model.skops", Birch().fit(X))


def made(maker):
    """Return fitted estimators of a class, as scikit-learn's own tests make them.

    None where it wants another kind of data.
    """
    from sklearn.utils._test_common.instance_generator import _construct_instances

    y = (X[:, 0] > np.median(X[:, 0])).astype(int)
    for target in (y, np.column_stack([y, 1 - y])):
        with contextlib.suppress(Exception):
            return [estimator.fit(X, target) for estimator in _construct_instances(maker)]
    return []


@pytest.mark.filterwarnings("ignore")
def test_every_estimator_of_scikit_learn_loads(tmp_path):
    """What a person may choose from scikit-learn comes through.

    One class cannot be stored at all.
    """
    from sklearn.utils import all_estimators

    refused, seen = set(), 0
    for name, maker in all_estimators():
        for model in made(maker):
            seen += 1
            try:
                load_model(save_model(tmp_path / "model.skops", model))
            except UserError as error:
                refused.add(f"{name}: {error}"[:300])

    assert seen > 150
    assert {text.partition(":")[0] for text in refused} == {"Birch"}, refused
