"""Somebody else can load it, use it and build on it."""

from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from skops.io import dump

from boxloop.base.errors import UserError
from boxloop.checks import run_check

from .neutral import INPUTS, seedlings, trial

MIT = (
    "MIT License\n\nCopyright (c) 2026 {name}\n\n"
    "Permission is hereby granted, free of charge, to any person\n"
)


def test_reload(tmp_path, seed):
    """The stored predictions come back; another model, a damaged file and no file do not."""
    frame = trial(seed, 100)
    X, path = frame[INPUTS], tmp_path / "model.skops"
    model = HistGradientBoostingRegressor(max_iter=10, random_state=seed).fit(X, frame["harvest"])
    dump(model, path)
    stored = model.predict(X)

    assert run_check("release.reload", path, X, stored).state == "pass"
    assert run_check("release.reload", path, X, stored * (1 + 1e-6)).state == "fail"
    assert run_check("release.reload", path, X, stored[:-1]).state == "fail"
    assert run_check("release.reload", tmp_path / "none.skops", X, stored).state == "fail"
    path.write_bytes(b"not a model")
    found = run_check("release.reload", path, X, stored)
    assert found.state == "fail"
    assert "does not load" in found.message


def test_reload_of_a_classifier(tmp_path):
    """Labels and probabilities are both compared, and a loader may be given."""
    table = seedlings(0, 300)
    X = table[["leaf", "stem"]]
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, table["kind"])
    options = {"load": lambda path: model}

    assert run_check("release.reload", tmp_path, X, model.predict(X), **options).state == "pass"
    assert (
        run_check("release.reload", tmp_path, X, model.predict_proba(X), **options).state == "pass"
    )
    assert (
        run_check("release.reload", tmp_path, X, np.roll(model.predict(X), 1), **options).state
        == "fail"
    )


def test_reload_in_a_fresh_python(seed):
    """Each bit, where versions are the same; else the drift is judged, and both are told."""
    stored = np.random.default_rng(seed).normal(size=50)
    near, far = np.nextafter(stored, 9), stored * (1 + 1e-6)
    others = {"numpy": ("1.26.4", "2.4.6")}

    def found(said, drift=None, expected=stored):
        answer = SimpleNamespace(said=said, drift=drift or {})
        return run_check("release.reload", "model", None, expected, again=lambda *_: answer)

    assert found(stored).state == "pass" and "to the last bit." in found(stored).message
    assert found(near).state == "fail" and "all versions are the same" in found(near).message
    assert found(near, others).state == "pass"
    assert "numpy 2.4.6 instead of 1.26.4" in found(near, others).message
    assert "numpy 2.4.6 instead of 1.26.4" in found(stored, others).message
    assert found(far, others).state == found(far).state == found(stored[:-1]).state == "fail"
    assert found(np.where(stored > 0, np.nan, stored), others).state == "fail"
    assert found(np.c_[stored, near], expected=np.c_[stored, near]).state == "pass"

    def shut(*_):
        raise UserError("It is no bundle.")

    said = run_check("release.reload", "model", None, stored, again=shut)
    assert said.state == "fail" and "It is no bundle." in said.message


@pytest.mark.parametrize("name", ["[fullname]", "", "<name of author>"])
def test_a_licence_names_its_owner(name, tmp_path):
    """A form that nobody filled in is no licence."""
    path = tmp_path / "LICENSE"
    assert run_check("release.licence", tmp_path).state == "fail"

    path.write_text(MIT.format(name="Ada Lovelace"), encoding="utf-8")
    assert run_check("release.licence", tmp_path).state == "pass"

    path.write_text(MIT.format(name=name), encoding="utf-8")
    assert run_check("release.licence", tmp_path).state == "fail"
    path.write_text(" \n", encoding="utf-8")
    assert run_check("release.licence", tmp_path).state == "fail"


def test_licences_that_stand_unchanged_pass(tmp_path):
    """Apache has its form in an appendix."""
    (tmp_path / "LICENSE").write_text(
        "Apache License\nVersion 2.0\n...\nCopyright [yyyy] [name of copyright owner]\n",
        encoding="utf-8",
    )

    assert run_check("release.licence", tmp_path).state == "pass"


def test_environment(tmp_path):
    """Every requirement has an exact version.

    A bound, another spelling and another platform are understood.
    """
    (tmp_path / "pyproject.toml").write_text(
        (
            "[project]\nname = 'x'\ndependencies = ['numpy>=2', 'Scikit_Learn', 'colorama; "
            'sys_platform == "nowhere"\']\n'
        ),
        encoding="utf-8",
    )
    assert run_check("release.environment", tmp_path).message == "There is no environment.txt."

    path = tmp_path / "results" / "08_release" / "environment.txt"
    path.parent.mkdir(parents=True)
    path.write_text("# Python 3.11\nnumpy==2.4.6\nscikit-learn==1.9.1\n", encoding="utf-8")
    assert run_check("release.environment", tmp_path).state == "pass"
    assert run_check("release.environment", tmp_path, requirements=["numpy"]).state == "pass"

    path.write_text("numpy==2.4.6\nscikit-learn>=1.9\n", encoding="utf-8")
    found = run_check("release.environment", tmp_path)
    assert found.state == "fail"
    assert "'scikit-learn'" in found.message
