"""Cases of files that bring more than they should: tables, models, paths and unfinished bakes."""

import errno
import importlib
import shutil
import sys

import numpy as np
from remedies import calls, case
from remedies_adopt import GOOD_AGAIN, table
from sklearn.cluster import Birch, KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from test_malformed import GOOD, LONG

from boxloop.base.files import write_text
from boxloop.base.places import Project
from boxloop.measure.model_file import save_model

table(
    "a name without end",
    GOOD.replace("y", "y" * 400, 1),
    "signs long: give it one of at most",
    GOOD_AGAIN,
)
table(
    "a byte that is zero",
    LONG.replace("1999.5", "1999\0.5"),
    "holds a byte that is zero and no text: delete it",
    {"content": LONG},
    GOOD_AGAIN,
)


@case
def a_folder_with_the_sign_between_paths_is_renamed(person):
    """Where no link can be made, as for some users of Windows."""
    from boxloop.run.execute import environment

    person.small()
    person.monkeypatch.setattr("os.pathsep", "+")
    root = person.folder / "a+b"
    person.project.root.rename(root)

    def goes_through():
        with environment(Project(root)):
            pass

    def refuse(*_, **__):
        raise OSError(errno.EPERM, "no right to make links")

    person.monkeypatch.setattr("pathlib.Path.symlink_to", refuse)
    yield calls(goes_through), "rename that folder"
    root = root.rename(person.folder / "ab")


def _unfinished(person):
    person.project = Project(person.bake(person.folder / "bare", hooks=False))
    return person.types("status")


@case
def what_was_chosen_is_on_record_again(person):
    door = _unfinished(person)
    person.edit("pyproject.toml", 'study = "clusters"', 'study = "nobody"')
    yield door, "in [tool.boxloop] of pyproject.toml must say what was chosen at the bake"
    person.edit("pyproject.toml", 'study = "nobody"', 'study = "clusters"')


@case
def what_the_bake_needs_comes_from_a_fresh_one(person):
    door = _unfinished(person)
    person.damage("pyproject.toml", "[")
    yield door, "pyproject.toml cannot be read"
    fresh = person.bake(person.folder / "fresh", hooks=False)
    shutil.copy(fresh / "pyproject.toml", person.path("pyproject.toml"))


@case
def a_study_that_is_missing_comes_from_a_fresh_bake(person):
    door = _unfinished(person)
    shutil.rmtree(person.path("studies/clusters"))
    yield door, "studies/clusters is missing: copy it from a fresh bake made without hooks"
    fresh = person.bake(person.folder / "fresh", hooks=False)
    shutil.copytree(fresh / "studies" / "clusters", person.path("studies/clusters"))


def _own(person, text):
    """Write the models of the study and return their module."""
    write_text(person.path("study/models.py"), text)
    person.monkeypatch.syspath_prepend(str(person.project.root))
    for name in [name for name in sys.modules if name == "study" or name.startswith("study.")]:
        person.monkeypatch.delitem(sys.modules, name)
    importlib.invalidate_caches()
    return importlib.import_module("study.models")


def _saves(person, step):
    model = make_pipeline(step, KMeans(n_clusters=2, n_init=1, random_state=0))
    path = person.folder / "model.skops"
    return calls(save_model, path, model.fit(np.arange(20.0).reshape(-1, 1)))


SAYS = "would not open: write it as a class or function in study/ (not data.py), or leave it out"


@case
def a_function_of_somebody_else_is_written_in_the_study(person):
    person.small()
    yield _saves(person, FunctionTransformer(np.broadcast_to, kw_args={"shape": (20, 1)})), SAYS
    own = _own(person, "def same(values):\n    return values\n")
    yield _saves(person, FunctionTransformer(own.same))


@case
def a_function_of_somebody_else_becomes_a_class_of_the_study(person):
    person.small()
    yield _saves(person, FunctionTransformer(np.broadcast_to, kw_args={"shape": (20, 1)})), SAYS
    own = _own(
        person,
        "from sklearn.base import BaseEstimator, TransformerMixin\n"
        "class Same(TransformerMixin, BaseEstimator):\n"
        "    def fit(self, X, y=None):\n        return self\n"
        "    def transform(self, X):\n        return X\n",
    )
    yield _saves(person, own.Same())


@case
def a_function_of_somebody_else_is_left_out(person):
    person.small()
    yield _saves(person, FunctionTransformer(np.broadcast_to, kw_args={"shape": (20, 1)})), SAYS
    yield _saves(person, FunctionTransformer())


@case
def a_function_of_another_module_moves_to_the_models(person):
    person.small()
    data = person.path("study/data.py")
    text = data.read_text(encoding="utf-8")
    own = _own(person, "def same(values):\n    return values\n")
    write_text(data, f"{text}\n\ndef same(values):\n    return values\n")
    there = importlib.import_module("study.data")
    yield _saves(person, FunctionTransformer(there.same)), SAYS
    yield _saves(person, FunctionTransformer(own.same))


TOTAL = (
    "import numpy as np\n"
    "def total(values, casting):\n    return np.sum(values, axis=1, keepdims=True)\n"
)


@case
def what_is_not_elementwise_is_written_in_the_models(person):
    person.small()
    yield _saves(person, FunctionTransformer(np.sum, kw_args={"axis": 1, "keepdims": True})), SAYS
    own = _own(person, TOTAL)
    yield _saves(person, FunctionTransformer(own.total, kw_args={"casting": "safe"}))


@case
def what_gets_text_is_written_in_the_models(person):
    person.small()
    clipped = FunctionTransformer(np.clip, kw_args={"a_min": 0, "a_max": 9, "casting": "safe"})
    yield _saves(person, clipped), SAYS
    own = _own(person, TOTAL)
    yield _saves(person, FunctionTransformer(own.total, kw_args={"casting": "safe"}))


@case
def a_model_that_cannot_be_stored_is_another_one(person):
    rows, path = np.arange(20.0).reshape(-1, 1), person.folder / "model.skops"
    yield calls(save_model, path, Birch(n_clusters=2).fit(rows)), "choose another estimator"
    yield calls(save_model, path, KMeans(n_clusters=2, n_init=1).fit(rows))
