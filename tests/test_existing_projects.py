"""Baking over a project is refused before anything is written; the update that is named works."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, TEMPLATE
from cookiecutter.exceptions import FailedHookException
from cookiecutter.generate import generate_context, generate_files
from cookiecutter.prompt import prompt_for_config
from test_bake import COMBINATIONS, contents, run_hook

from boxloop_answers import FORGE, replaced

NO_HOOKS = ["--accept-hooks", "no"]
OVER = [["-f"], ["-f", "-s"], ["-f", *NO_HOOKS], ["-f", "-s", *NO_HOOKS], [], ["-s"]]


@pytest.fixture
def project(cook):
    """A project in which somebody has worked."""
    assert cook(str(ROOT), "--no-input").returncode == 0
    project = cook.here / "my_study"
    (project / "notebooks" / "01_scoping.ipynb").write_text(
        '{"cells": [], "mine": 1}', encoding="utf-8"
    )
    (project / "notebooks" / "09_mine.ipynb").write_text("damaged", encoding="utf-8")
    mine = (
        "study.toml",
        "README.md",
        "study/data.py",
        "tests/test_study.py",
        "boxloop/run/schedule.py",
    )
    for name in mine:
        (project / name).write_text("# mine\n", encoding="utf-8")
    return project


@pytest.mark.parametrize("options", OVER, ids=" ".join)
def test_a_project_is_not_baked_over(cook, project, options):
    """One sentence, with every pair of options, and not a byte has changed."""
    before = contents(project)

    done = cook(str(ROOT), "--no-input", *options)

    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert "my_study holds study.toml already, which a bake would replace" in line
    assert contents(project) == before


def test_a_replay_does_not_bake_over_it_either(cook, project):
    """The answers of the last bake name its folder."""
    before = contents(project)

    done = cook(str(ROOT), "--replay", "-f")

    assert (done.returncode, "holds study.toml already" in done.stderr) == (1, True)
    assert contents(project) == before


@pytest.mark.parametrize(
    "name",
    ["pyproject.toml", "CITATION.cff", "notebooks/03_split.ipynb", "data/README.md",
     "tests/README.md", "study/x.py", "studies/notes.txt", "boxloop/x.py",
     ".github/workflows/mine.yml"],
)  # fmt: skip
def test_whatever_would_be_lost_is_a_reason(cook, name):
    """A file of the template's, or a folder that Cookiecutter would replace whole."""
    path = cook.here / "my_study" / name
    path.parent.mkdir(parents=True)
    path.write_text("mine", encoding="utf-8")

    done = cook(str(ROOT), "--no-input", "-f", "-s")

    assert done.returncode == 1
    assert "already, which a bake would replace" in done.stderr
    assert contents(cook.here / "my_study") == {name: b"mine"}


@pytest.mark.parametrize("hooks", ["yes", "no"])
@pytest.mark.parametrize("keep", [True, False], ids=["-f -s", "-f"])
def test_an_empty_repository_becomes_a_project(cook, keep, hooks):
    """With what a forge puts there, and work of one's own that the template has no name for."""
    folder = cook.here / "my_study"
    mine = {
        ".git/config": b"[core]\n",
        "notebooks/09_mine.ipynb": b"damaged",
        "notebooks/.ipynb_checkpoints/a.ipynb": b"{}",
        "data/raw/t.csv": b"a\r\n",
        "tests/test_mine.py": b"\n",
        "tests/__pycache__/x.pyc": b"",
        "paper.tex": b"\\x",
    }
    forge = dict.fromkeys(["README.md", "LICENSE", ".gitignore"], b"from the forge\n")
    for name, data in {**mine, **forge}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    words = [str(ROOT), "--no-input", "--accept-hooks", hooks]
    done = cook(*words, "-f", *(["-s"] if keep else []))
    assert done.returncode == 0, done.stdout + done.stderr

    assert cook(*words, "-o", "fresh").returncode == 0
    expected = contents(cook.here / "fresh" / "my_study") | (forge if keep else {})
    paths = [path for path in folder.rglob("*") if path.is_file()]
    now = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    expected |= mine
    assert sorted(now) == sorted(expected)
    assert [name for name in now if now[name] != expected[name]] == []


def test_the_list_of_what_is_replaced_is_whole(bake, tmp_path):
    """Every file of every project is on it, or is one that a forge makes."""
    names = replaced({})
    folders = tuple(name for name in names if name.endswith("/"))
    for answers in COMBINATIONS[::3]:
        for name in contents(bake(tmp_path / "-".join(answers.values()), **answers)):
            # Tests of a study, and the pass behind it, go where none of that name is.
            known = name in names or name in FORGE
            assert known or name.startswith(("tests/test_", "results/passes/", *folders)), name
    tests = [name for name in names if name.startswith("tests/")]
    assert tests == ["tests/README.md", "tests/test_notebooks.py"]  # those of every project
    assert names[0] == "study.toml"


def context(**answers):
    """Return what cruft hands to Cookiecutter: answers, and no word of where it bakes."""
    made = generate_context(str(ROOT / "cookiecutter.json"), extra_context=answers)
    return {"cookiecutter": dict(prompt_for_config(made, no_input=True))}


LINKS = ["study.toml", "notebooks/05_diagnose.ipynb", "notebooks", "study", "README.md", "tests"]


def link(cook, name):
    """Make a link of that name in the folder, which leads to nothing."""
    path = cook.here / "my_study" / name
    path.parent.mkdir(parents=True)
    try:
        path.symlink_to(cook.here / "shared")
    except OSError:  # Windows, for most people
        pytest.skip("needs the right to make links")


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("leads_to_a_folder", [False, True])
def test_nothing_is_written_through_a_link(cook, name, leads_to_a_folder):
    """Wherever it leads, and also if it leads nowhere yet."""
    link(cook, name)
    if leads_to_a_folder:
        (cook.here / "shared").mkdir()

    done = cook(str(ROOT), "--no-input", "-f")

    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert "already, which a bake would replace" in line
    assert f"holds {name.partition('/')[0]}" in line
    shared = cook.here / "shared"
    assert not shared.exists() or not list(shared.iterdir())


@pytest.mark.parametrize("name", LINKS)
def test_the_hook_writes_through_no_link_either(cook, capfd, name):
    """Where nothing says where to bake."""
    link(cook, name)

    with pytest.raises(FailedHookException):
        generate_files(str(ROOT), context(), str(cook.here), overwrite_if_exists=True)

    assert capfd.readouterr().err.startswith(f"This folder holds {name.partition('/')[0]}")
    assert not (cook.here / "shared").exists()


@pytest.mark.parametrize("options", [["-f"], [], ["-s"]], ids=" ".join)
def test_a_file_of_the_projects_name_is_one_sentence(cook, options):
    """It is left as it is, and both ways out lead to a project."""
    (cook.here / "my_study").write_text("mine", encoding="utf-8")

    done = cook(str(ROOT), "--no-input", *options)

    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert "my_study is no folder: move it away or choose another project_slug." in line
    assert (cook.here / "my_study").read_text(encoding="utf-8") == "mine"
    assert cook(str(ROOT), "--no-input", *options, "project_slug=other").returncode == 0
    (cook.here / "my_study").rename(cook.here / "away")
    assert cook(str(ROOT), "--no-input", *options).returncode == 0


def test_the_hook_refuses_where_nothing_says_where_to_bake(project, capfd):
    """Cruft calls Cookiecutter from the inside; the folder is not deleted when its hook fails."""
    before = contents(project)

    with pytest.raises(FailedHookException):
        generate_files(str(ROOT), context(), str(project.parent), overwrite_if_exists=True)

    assert capfd.readouterr().err.startswith("This folder holds study.toml already")
    assert contents(project) == before


def test_the_hooks_leave_a_finished_project_alone(project):
    """The second one has nothing to do there: own notebooks stay, damaged ones do not stop it."""
    before = contents(project)

    run_hook(project)

    assert contents(project) == before


def test_the_way_to_update_works(cook):
    """Do what the refusal says: `boxloop/` of a fresh bake takes the place of the old one."""
    assert cook(str(ROOT), "--no-input", "project_name=Mine").returncode == 0
    project = cook.here / "mine"
    (project / "boxloop" / "cli.py").write_text("an older version\n", encoding="utf-8")
    (project / "boxloop" / "gone.py").write_text("an older module\n", encoding="utf-8")
    with (project / "study.toml").open("a", encoding="utf-8") as file:
        file.write("# mine\n")
    mine = {
        name: data for name, data in contents(project).items() if not name.startswith("boxloop/")
    }
    refused = cook(str(ROOT), "--no-input", "-f", "project_name=Mine")
    assert "replace its boxloop/ by the boxloop/ of a fresh bake elsewhere" in refused.stderr

    assert cook(str(ROOT), "--no-input", "-o", "elsewhere").returncode == 0
    shutil.rmtree(project / "boxloop")
    shutil.move(cook.here / "elsewhere" / "my_study" / "boxloop", project / "boxloop")

    command = [sys.executable, "-B", "-m", "boxloop", "status"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    after = contents(project)
    del after["report/settings_valid.json"]  # the note of `status` to itself
    fresh = {name: data for name, data in contents(TEMPLATE).items() if name.startswith("boxloop/")}
    assert after == mine | fresh


def test_another_project_slug_works(cook, project):
    """The other half of the sentence."""
    assert "choose another project_slug" in cook(str(ROOT), "--no-input", "-f").stderr

    assert cook(str(ROOT), "--no-input", "-f", "project_slug=other").returncode == 0
    assert (cook.here / "other" / "study").is_dir()


def change_the_template(template):
    """Make a second version: other machinery, other notebooks, a rendered line by a new filter."""
    tree = template / TEMPLATE.name
    rules = template / "boxloop_answers.py"
    text = rules.read_text(encoding="utf-8").replace("own: list = [", "own: list = [loud, ")
    rules.write_text(f"{text}\n\ndef loud(text):\n    return text.upper()\n", encoding="utf-8")
    loud = "# {{ cookiecutter.project_name|loud }}\n"
    new = {"pyproject.toml": loud, "boxloop/run/schedule.py": "# new\n", "README.md": "new\n"}
    for name, line in new.items():
        with (tree / name).open("a", encoding="utf-8") as file:
            file.write(line)
    path = tree / "notebooks" / "01_scoping.ipynb"
    text = path.read_text(encoding="utf-8").replace("# 01 Scoping", "# 01 New")
    path.write_text(text, encoding="utf-8")


def copy_of_the_template(folder):
    """Copy what makes the template, so that the copy may change."""
    caches = shutil.ignore_patterns("__pycache__", ".*_cache", ".ipynb_checkpoints")
    for name in ("hooks", "templates", TEMPLATE.name):
        shutil.copytree(ROOT / name, folder / name, ignore=caches)
    for name in ("cookiecutter.json", "boxloop_answers.py"):
        shutil.copy(ROOT / name, folder / name)


def test_two_versions_of_the_template_in_one_process(tmp_path, monkeypatch):
    """Cruft renders the old version and the new one, each with its own rules and filters."""
    copy_of_the_template(tmp_path / "repo")
    others = [path for path in sys.path if path != str(ROOT)]
    monkeypatch.setattr(sys, "path", [*others, str(tmp_path / "repo")])
    sys.modules.pop("boxloop_answers", None)
    answers = context(project_name="Two")
    generate_files(str(tmp_path / "repo"), answers, str(tmp_path / "old"))
    change_the_template(tmp_path / "repo")

    generate_files(str(tmp_path / "repo"), answers, str(tmp_path / "new"))

    sys.modules.pop("boxloop_answers", None)
    old, new = (contents(tmp_path / name / "two")["pyproject.toml"] for name in ("old", "new"))
    assert new == old + b"# TWO\n"


def git(folder, *words):
    command = ["git", "-c", "user.name=A", "-c", "user.email=a@b.org", *words]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def two_versions(template):
    """Make a repository of the template with two tags, and return its folder."""
    copy_of_the_template(template)
    git(template.parent, "init", "--quiet", str(template))
    for tag in ("v1", "v2"):
        if tag == "v2":
            change_the_template(template)
        git(template, "add", "--all")
        git(template, "commit", "--quiet", "-m", tag)
        git(template, "tag", tag)
    return template


def install_cruft(folder, here):
    """Install cruft in an environment of its own; return ``cruft(*words)``, which types it."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
    install = [python, "-m", "pip", "install", "--quiet", "cruft", "cookiecutter"]
    subprocess.run(install, check=True)

    def cruft(*words, folder=here):
        command = [python, "-m", "cruft", *words]
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8")

    return cruft


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_cruft_goes_on_working(cook, tmp_path):
    """create, check, diff and update over two tags: own files stay, the machinery is renewed."""
    template = two_versions(tmp_path / "template")
    cruft = install_cruft(tmp_path / "venv", cook.here)
    answers = json.dumps({"project_name": "{{ x }} y", "task": "classification"})
    words = ["create", str(template), "--no-input", "--extra-context", answers]
    made = cruft(*words, "--checkout", "v1")
    assert made.returncode == 0, made.stdout + made.stderr
    project = cook.here / "x_y"
    assert (project / "study" / "survey.py").is_file()
    (project / "notebooks" / "01_scoping.ipynb").write_text(
        '{"cells": [], "mine": 1}', encoding="utf-8"
    )
    (project / "README.md").write_text("mine\n", encoding="utf-8")
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "-m", "a")
    before = contents(project)
    refused = cruft(*words, "--overwrite-if-exists")
    assert refused.returncode == 1
    assert "holds study.toml already" in refused.stderr
    assert contents(project) == before

    assert cruft("check", "--checkout", "v2", folder=project).returncode == 1
    difference = cruft("diff", folder=project)
    assert difference.returncode == 0
    assert "boxloop/" not in difference.stdout
    updated = cruft("update", "--skip-apply-ask", "--checkout", "v2", folder=project)
    assert updated.returncode == 0, updated.stdout + updated.stderr
    git(project, "commit", "--quiet", "--all", "-m", "b")
    assert cruft("check", folder=project).returncode == 0
    after = contents(project)
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    changed = {name for name in changed if not name.startswith(".git/")}
    assert changed == {".cruft.json", "pyproject.toml", "boxloop/run/schedule.py"}
    assert b"# {{ X }} Y" in after["pyproject.toml"]
