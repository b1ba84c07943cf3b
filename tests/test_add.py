"""`boxloop add`: one command, and what it writes works at once."""

import ast
import json
import shutil
import subprocess
import sys

import pytest
from conftest import TEMPLATE
from test_adopt import table, written
from walk_project import command

from boxloop.base.places import Project
from boxloop.checks import REGISTRY
from boxloop.settings.load import load_settings
from boxloop.upkeep import addition

KINDS = addition.KINDS
TASKS = ("regression", "classification", "anomaly-detection")


@pytest.fixture(scope="session")
def worked(bake, tmp_path_factory):
    """Return ``worked(task)``: a worked example, or one on own data, baked once."""
    made = {}

    def study(task):
        if task not in made:
            chosen = {"task": "regression", "start_from": "own-data"} if task == "own" else {}
            made[task] = bake(tmp_path_factory.mktemp(task), **({"task": task} | chosen))
        return made[task]

    return study


@pytest.fixture(autouse=True)
def registry():
    """Other tests find the checks of boxloop alone."""
    yield
    for name in [name for name in REGISTRY if name.startswith("study.")]:
        del REGISTRY[name]


@pytest.fixture
def default(worked, tmp_path):
    return Project(shutil.copytree(worked("regression"), tmp_path / "study"))


def contents(project):
    return {
        path.relative_to(project.root).as_posix(): path.read_bytes()
        for path in project.root.rglob("*")
        if path.is_file()
        and not {"report", "__pycache__"} & {*path.parts[len(project.root.parts) :]}
    }


def changed(project, before):
    after = contents(project)
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def refuses(project, *words, says):
    """See one sentence, exit code 2, and that nothing was written."""
    before = contents(project)
    code, said = command(project, "add", *words)

    assert code == 2 and len(said.strip().splitlines()) == 1, said
    assert says in said, said
    assert changed(project, before) == set()


def adds(project, *words):
    code, said = command(project, "add", *words)
    assert code == 0, said
    return said


WRITES = {
    "feature": {"study/features.py", "tests/test_feature_mine.py"},
    "stress": {"study/stress.py", "tests/test_stress_mine.py", "study.toml"},
    "model": {"study/models.py", "tests/test_model_mine.py"},
    "check": {"study/checks.py", "tests/test_check_mine.py", "notebooks/05_diagnose.ipynb"},
    "answer": {"notebooks/05_diagnose.ipynb"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_it_writes_few_files_and_says_which(default, kind):
    """A second time the name is taken, and nothing is written twice."""
    before = contents(default)
    said = adds(default, kind, "mine")

    assert changed(default, before) == WRITES[kind]
    assert all(name in said for name in WRITES[kind])
    refuses(default, kind, "mine", says="already")


MODELS, DATA = "study/models.py", "study/data.py"


def test_a_study_from_before_there_were_features(default):
    """The module is written, and what to write beside it is said until that stands there."""
    (default.root / "study/features.py").unlink()
    for name, old in ((MODELS, "FEATURES.steps(logarithms())"), (DATA, "FEATURES.into(")):
        text = (default.root / name).read_text(encoding="utf-8")
        new = text.replace("from .features import FEATURES\n", "")
        new = new.replace(old, "[logarithms()]" if name == MODELS else "(")
        (default.root / name).write_text(new, encoding="utf-8")
    said = " ".join(adds(default, "feature", "mine").split())
    assert "study/models.py" in said and "`*FEATURES.steps()` first in each" in said
    said = " ".join(adds(default, "feature", "early", "--table").split())
    assert "study/data.py" in said and "return `FEATURES.into(table)`" in said

    text = (default.root / MODELS).read_text(encoding="utf-8")
    text = text.replace("[logarithms()]", "[*FEATURES.steps(), logarithms()]")
    text = text.replace("from .baseline", "from .features import FEATURES\nfrom .baseline", 1)
    (default.root / MODELS).write_text(text, encoding="utf-8")
    assert "FEATURES.steps" not in adds(default, "feature", "more")
    code = "from study import models; print(models.ladder(0))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=default.root, capture_output=True, text=True
    )
    assert "Derived(" in done.stdout and "'mine'" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("task", [*TASKS, "own"])
def test_all_of_them_work_in_every_study(worked, tmp_path, task):
    """One after the other, under one name; the tests that they bring pass, and ruff is content."""
    project = Project(shutil.copytree(worked(task), tmp_path / "study"))
    if task == "own":
        file = written(tmp_path, table()[["band", "mag", "e_mag", "colour", "good"]])
        assert command(project, "adopt", str(file), "--target", "colour")[0] == 0
    for kind in KINDS:
        adds(project, kind, "mine")
    adds(project, "feature", "in_the_table", "--table")

    tests = sorted(path.name for path in (project.root / "tests").glob("test_*_mine.py"))
    assert tests == [f"test_{kind}_mine.py" for kind in ("check", "feature", "model", "stress")]
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", *(f"tests/{name}" for name in tests)]
    done = subprocess.run(
        [sys.executable, *words], cwd=project.root, capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    rules = ["-m", "ruff", "check", "--no-cache", "--select", "E,F,I,B,UP,NPY", "study", "tests"]
    looked = subprocess.run(
        [sys.executable, *rules, "--line-length", "100"],
        cwd=project.root,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert looked.returncode == 0, looked.stdout
    settings = load_settings(project.settings_file)
    assert settings.stress["mine"] == [0.1, 0.5]
    assert settings.columns["in_the_table"].role == "input"
    assert "study.mine" in REGISTRY and REGISTRY["study.mine"].notebook == "05_diagnose"


NO_NAMES = ("two words", "9lives", "class", "a-b", "_x", "x" * 41, "größe", "../x")


def test_what_is_no_name_is_refused(default):
    for number, name in enumerate(NO_NAMES):
        refuses(default, KINDS[number % 5], "--", name, says="is no name for this")


TAKEN = {
    "a column": ("feature", "gas_mass", "study.toml has 'gas_mass' already"),
    "a function": ("stress", "noise", "already"),
    "what is imported": ("stress", "np", "study/stress.py has 'np' already"),
    "a rung": ("model", "extra_trees", "study/models.py has 'extra trees' already"),
    "a question": ("answer", "strata", "already"),
}


def test_what_is_there_is_refused(default):
    adds(default, "answer", "strata")
    for *words, says in TAKEN.values():
        refuses(default, *words, says=says)


def test_a_column_is_chosen_by_its_name(default):
    """One that is none, or no input, is refused in one sentence."""
    adds(default, "feature", "y_x", "--of", "gas_mass", "--of", "temperature")

    text = (default.study / "features.py").read_text(encoding="utf-8")
    assert '@FEATURES.of("gas_mass", "temperature")\ndef y_x(' in text
    refuses(default, "feature", "z", "--of", "ln_mass", says="'ln_mass' is no input in study.toml")
    refuses(default, "stress", "z", "--of", "nobody", says="'nobody' is no column in study.toml")


def test_a_chapter_is_chosen_by_its_number(default):
    adds(default, "check", "gaps", "--chapter", "4")
    adds(default, "answer", "why", "--chapter", "08")
    refuses(default, "check", "z", "--chapter", "12", says="There is no notebook 12")

    cells = json.loads((default.notebooks / "04_train.ipynb").read_text(encoding="utf-8"))["cells"]
    (cell,) = [cell for cell in cells if cell["id"] == "check-gaps"]
    assert "".join(cell["source"]) == (
        'here.check("study.gaps", here.table("train"), inputs=here.settings.inputs)'
    )
    assert REGISTRY["study.gaps"].notebook == "04_train"


def test_a_notebook_stays_in_its_form(default):
    """Canonical, without outputs, the cell before the last of the code."""
    adds(default, "answer", "mine"), adds(default, "check", "mine")
    path = default.notebooks / "05_diagnose.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    assert path.read_text(encoding="utf-8") == text
    assert [cell["id"] for cell in notebook["cells"]][-4:] == [
        "answer-mine",
        "check-mine",
        "finish",
        "key-points",
    ]


@pytest.mark.parametrize("broken", [0, 1, 2])
def test_all_files_or_none(default, monkeypatch, broken):
    """The disk is full at the first, the second or the third of them."""
    real, count = addition.write_text, iter(range(9))

    def full(path, text):
        if next(count) == broken:
            raise OSError(28, "No space left on device")
        return real(path, text)

    monkeypatch.setattr(addition, "write_text", full)
    before = contents(default)
    code, said = command(default, "add", "stress", "mine")

    assert code != 0 and "Traceback" not in said
    assert changed(default, before) == set()


def test_line_ends_and_comments_stay(default):
    """Of a study that was written on Windows."""
    for name in ("study.toml", "study/stress.py"):
        path = default.root / name
        path.write_bytes(b"\xef\xbb\xbf" * (name == "study.toml") + path.read_bytes().replace(
            b"\n", b"\r\n"
        ))  # fmt: skip
    before = (default.root / "study.toml").read_bytes()
    adds(default, "stress", "mine")

    after = (default.root / "study.toml").read_bytes()
    assert after.replace(b"mine = [0.1, 0.5]\r\n", b"") == before
    text = (default.study / "stress.py").read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") and ast.parse(text)


def test_a_module_that_is_no_python_is_said(default):
    (default.study / "models.py").write_text("def (", encoding="utf-8")

    refuses(default, "model", "mine", says="study/models.py is not readable Python")


def test_a_check_of_one_project_is_none_of_another(default, worked):
    """The registry holds those of the project whose settings were read last."""
    adds(default, "check", "mine")
    load_settings(default.settings_file)
    assert "study.mine" in REGISTRY
    load_settings(worked("classification") / "study.toml")
    assert not [name for name in REGISTRY if name.startswith("study.")]


def test_no_code_of_the_study_is_run_to_know_its_checks(default):
    """Its text is read: what a referee is sent may do anything."""
    adds(default, "check", "mine")
    path = default.study / "checks.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nraise SystemExit(3)\n", encoding="utf-8")
    load_settings(default.settings_file)

    assert REGISTRY["study.mine"].sentence.startswith("No input is missing")
    path.write_text("def (", encoding="utf-8")
    load_settings(default.settings_file)
    assert "study.mine" not in REGISTRY


def test_the_studies_have_one_shape():
    """What `boxloop add` writes into is there in each of them."""
    for folder in sorted((TEMPLATE / "studies").iterdir()):
        if (folder / "__init__.py").is_file():
            names = {
                module: (folder / f"{module}.py").read_text(encoding="utf-8")
                for module in ("features", "models", "stress")
            }
            assert "FEATURES = Features()" in names["features"], folder.name
            assert "\nADDED: dict = {}\n" in names["models"], folder.name
            assert "\nTESTS = [" in names["stress"] or "\nADDED: list" in names["stress"]
