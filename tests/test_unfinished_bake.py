"""A bake without hooks is finished by the first `boxloop`, and is then the one with hooks."""

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, TEMPLATE
from test_bake import COMBINATIONS, contents

from boxloop.base.errors import UserError
from boxloop.upkeep.finish import STUDIES, finish, finish_from_record, mark

CHOICES = {
    "task": "regression",
    "start_from": "worked-example",
    "edition": "research",
    "study": "clusters",
}
OWN = b'{"cells": [{"metadata": {"tags": ["classification"]}}], "mine":   1}'


def boxloop(project, *words):
    """Type `python -m boxloop` in a project."""
    command = [sys.executable, "-B", "-m", "boxloop", *words]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, encoding="utf-8")


@pytest.mark.parametrize("answers", COMBINATIONS, ids=lambda answers: "-".join(answers.values()))
def test_it_becomes_the_bake_with_hooks(bake, tmp_path, answers):
    """One code finishes both, by the answers that are on record in the project."""
    whole = contents(bake(tmp_path / "with", **answers))
    project = bake(tmp_path / "without", hooks=False, **answers)
    assert mark(project).is_file()
    assert contents(project) != whole

    assert finish_from_record(project)

    assert contents(project) == whole
    assert not (project / "studies").exists()
    assert not finish_from_record(project)


def test_whoever_declines_hooks_types_boxloop(cook):
    """The command says in one sentence what it did, once, and goes on."""
    assert cook(str(ROOT), "--no-input", "--accept-hooks", "no").returncode == 0
    project = cook.here / "my_study"

    first, second = boxloop(project, "status"), boxloop(project, "status")

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stdout == second.stdout
    assert "01 scoping" in first.stdout
    (line,) = first.stderr.splitlines()
    assert line.startswith("The bake was not finished")
    assert second.stderr == ""
    assert cook(str(ROOT), "--no-input", "-o", "hooked").returncode == 0
    finished = contents(project)
    del finished["report/settings_valid.json"]  # the note of `status` to itself
    assert finished == contents(cook.here / "hooked" / "my_study")


@pytest.mark.parametrize(
    "words", [["--help"], ["check"], ["adopt", "nothing.csv", "--target", "x"]]
)
def test_any_command_finishes_it(bake, tmp_path, words):
    """Also one that fails for another reason, and from a folder inside."""
    project = bake(tmp_path, hooks=False, start_from="own-data")
    code = "import sys; sys.path.insert(0, '..'); from boxloop.cli import main; main()"
    command = [sys.executable, "-B", "-c", code, *words]
    done = subprocess.run(command, cwd=project / "data", capture_output=True, text=True)

    assert "Traceback" not in done.stderr
    assert (project / "study" / "contract.py").is_file()
    assert not (project / "studies").exists()


@pytest.mark.slow
def test_the_loop_runs_after_a_bake_without_hooks(bake, tmp_path):
    """From one command to the report."""
    project = bake(tmp_path, hooks=False)

    done = boxloop(project, "run", "--smoke")

    assert done.returncode in (0, 1), done.stderr
    assert (project / "report" / "index.html").is_file()
    assert "Failed" not in done.stderr


def test_damaged_and_own_notebooks_do_not_stop_it(bake, tmp_path):
    """They stay as they are; the other chapters and the study are finished."""
    whole = contents(bake(tmp_path / "with"))
    project = bake(tmp_path / "without", hooks=False)
    spoilt = {
        "02_baseline": b"not JSON",
        "03_split": b"\xff\xfe",
        "04_train": b"[]",
        "05_diagnose": b'{"cells": [{"metadata": null}]}',
    }
    mine = {
        f"notebooks/{name}.ipynb": data
        for name, data in {**spoilt, "09_mine": OWN, "draft": b"{"}.items()
    }
    for name, data in mine.items():
        (project / name).write_bytes(data)
    (project / "notebooks" / "06_stress_test.ipynb").unlink()

    assert finish_from_record(project)

    expected = whole | mine
    del expected["notebooks/06_stress_test.ipynb"]
    # It names the answers that the notebooks came with, and these have none.
    del expected["study/example.json"]
    (project / "study" / "example.json").unlink()
    # The pass on record is of the texts that there are.
    assert (project / "results" / "passes" / "001.json").is_file()
    found = contents(project)
    for path in [name for name in {**expected, **found} if name.startswith("results/passes/")]:
        expected.pop(path, None), found.pop(path, None)
    assert found == expected


def test_a_finished_project_is_never_touched(baked, tmp_path):
    """Not its notebooks with tags of other tasks, not a `studies/` that somebody made."""
    project = shutil.copytree(baked, tmp_path / "project")
    (project / "notebooks" / "01_scoping.ipynb").write_bytes(OWN)
    (project / "studies" / "clusters").mkdir(parents=True)
    (project / "studies" / "clusters" / "notes.txt").write_text("mine", encoding="utf-8")
    before = contents(project)

    assert not finish_from_record(project)
    assert not finish(project, CHOICES)

    assert contents(project) == before


def test_what_somebody_made_in_an_unfinished_project_stays(bake, tmp_path):
    """A study that was renamed by hand, a test of the same name, and a study of one's own."""
    project = bake(tmp_path, hooks=False)
    (project / "studies" / "clusters").rename(project / "study")
    (project / "study" / "data.py").write_text("MINE = True\n", encoding="utf-8")
    (project / "tests" / "test_study.py").write_text("# mine\n", encoding="utf-8")
    (project / "studies" / "other").mkdir()
    (project / "studies" / "other" / "x.py").write_text("# mine too\n", encoding="utf-8")

    assert finish_from_record(project)

    assert (project / "study" / "data.py").read_text(encoding="utf-8") == "MINE = True\n"
    assert (project / "tests" / "test_study.py").read_text(encoding="utf-8") == "# mine\n"
    assert (project / "study" / "tests" / "test_study.py").is_file()
    assert [path.name for path in (project / "studies").iterdir()] == ["other"]
    assert (
        "classification"
        not in (project / "notebooks" / "05_diagnose.ipynb")
        .read_text(encoding="utf-8")
        .split('"tags"')[1:]
    )


def test_it_may_be_stopped_anywhere(bake, tmp_path, monkeypatch):
    """Whichever step of it fails, the next run makes the same project."""
    whole = contents(bake(tmp_path / "with"))
    fresh = bake(tmp_path / "without", hooks=False)
    steps, limit = 0, 0

    def counted(step):
        def wrapper(*arguments, **options):
            nonlocal steps
            steps += 1
            if steps == limit:
                raise InterruptedError
            return step(*arguments, **options)

        return wrapper

    for owner, names in ((Path, ("rename", "unlink", "rmdir", "mkdir")), (shutil, ("rmtree",))):
        for name in names:
            monkeypatch.setattr(owner, name, counted(getattr(owner, name)))
    monkeypatch.setattr(
        "boxloop.upkeep.finish.write_bytes",
        counted(sys.modules["boxloop.upkeep.finish"].write_bytes),
    )
    stopped = True
    while stopped:
        limit, steps = limit + 1, -(10**9)
        project = shutil.copytree(fresh, tmp_path / f"stopped-{limit}")
        steps = 0
        try:
            stopped = False
            finish_from_record(project)
        except OSError:
            stopped = True
        steps = -(10**9)
        finish_from_record(project)
        if (project / "studies").is_dir():
            assert not list((project / "studies").iterdir())
        assert contents(project) == whole, limit
    assert limit > 12


@pytest.mark.parametrize("key", CHOICES)
@pytest.mark.parametrize("value", [None, "nonsense", ["regression"]])
def test_a_choice_that_is_not_on_record_is_asked_for(bake, tmp_path, key, value):
    """In one sentence, before anything is changed; to write it there is the remedy."""
    project = bake(tmp_path, hooks=False)
    path = project / "pyproject.toml"
    good = path.read_text(encoding="utf-8")
    line = f'{key} = "{CHOICES[key]}"\n'
    assert good.count(line) == 1
    path.write_text(
        good.replace(line, "" if value is None else f"{key} = {json.dumps(value)}\n"),
        encoding="utf-8",
    )
    before = contents(project)

    with pytest.raises(
        UserError,
        match=rf"{key} in \[tool.boxloop\] of pyproject.toml .* write one of .*{CHOICES[key]}",
    ):
        finish_from_record(project)

    assert contents(project) == before
    path.write_text(good, encoding="utf-8")
    assert finish_from_record(project)


@pytest.mark.parametrize("text", ["tool = 1", "[tool]\nboxloop = 1", ""])
def test_a_record_of_another_kind_is_one_sentence(bake, tmp_path, text):
    """Whatever stands in its place."""
    project = bake(tmp_path, hooks=False)
    (project / "pyproject.toml").write_text(text, encoding="utf-8")

    with pytest.raises(UserError, match=r"task in .tool.boxloop."):
        finish_from_record(project)


@pytest.mark.parametrize("data", [None, b"[tool", b"\xff"])
def test_a_lost_record_is_one_sentence(bake, tmp_path, data):
    """Restoring `pyproject.toml` from a fresh bake is the remedy."""
    project = bake(tmp_path, hooks=False)
    path = project / "pyproject.toml"
    path.unlink() if data is None else path.write_bytes(data)

    done = boxloop(project, "status")

    assert done.returncode == 2
    assert done.stderr.startswith("Error: pyproject.toml cannot be read")
    assert len(done.stderr.splitlines()) == 1
    shutil.copy(bake(tmp_path / "fresh", hooks=False) / "pyproject.toml", path)
    assert boxloop(project, "status").returncode == 0


def test_a_lost_study_is_one_sentence(bake, tmp_path):
    """Copying it from a fresh bake is the remedy."""
    project = bake(tmp_path / "lost", hooks=False)
    shutil.rmtree(project / "studies" / "clusters")

    with pytest.raises(UserError, match="studies/clusters is missing"):
        finish_from_record(project)

    shutil.copytree(
        bake(tmp_path / "fresh", hooks=False) / "studies" / "clusters",
        project / "studies" / "clusters",
    )
    assert finish_from_record(project)
    assert contents(project) == contents(bake(tmp_path / "with"))


def test_it_knows_the_studies_of_the_template():
    """Only these are dropped."""
    assert {path.name for path in (TEMPLATE / "studies").iterdir() if path.is_dir()} == STUDIES


def test_the_hook_runs_on_the_python_of_cookiecutter():
    """What it imports is the standard library.

    It, the hooks and the extension read as Python 3.9.
    """
    code = "import sys; before = set(sys.modules); import boxloop.upkeep.finish;"
    code += "print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-B", "-c", code], cwd=TEMPLATE, capture_output=True, text=True, check=True
    )
    names = done.stdout.split()

    ours = [name for name in names if name.startswith("boxloop")]
    others = {name.partition(".")[0] for name in names} - {"boxloop"}
    assert others <= set(sys.stdlib_module_names)
    assert "tomllib" not in others
    paths = [TEMPLATE.joinpath(*name.split(".")) for name in ours]
    files = [path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in paths]
    for path in [*files, ROOT / "boxloop_answers.py", *ROOT.glob("hooks/*.py")]:
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
