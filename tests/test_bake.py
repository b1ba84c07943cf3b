"""Cookiecutter makes a whole, legal project from every good answer, and nothing from a bad one."""

import itertools
import json
import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from itertools import chain
from pathlib import Path

import pytest
import yaml
from conftest import ROOT, TEMPLATE
from cookiecutter.hooks import run_script_with_context
from packaging.requirements import Requirement

CONTEXT = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
CHOICES = {
    key: values
    for key, values in CONTEXT.items()
    if isinstance(values, list) and not key.startswith("_")
}
COMBINATIONS = [
    dict(zip(CHOICES, values, strict=True)) for values in itertools.product(*CHOICES.values())
]
AWKWARD = {
    "project_name": 'O\'Brien "A" \\ <é> & {x} #1: 😀 %s',
    "project_slug": "awkward-1_x",
    "author_name": 'Zoë O\'Neill "Z" \\n \u0646\u200c\u0645 😀',
    "author_email": 'o\'neill+"x"@exämple.org',
}
BAD = [
    ("project_name", " "),
    ("project_name", "two\nlines"),
    ("project_name", "bell\x07"),
    ("project_slug", ""),
    ("project_slug", ".."),
    ("project_slug", "../escape"),
    ("project_slug", "/absolute"),
    ("project_slug", "a/b/c"),
    ("project_slug", "a\\b"),
    ("project_slug", "with space"),
    ("project_slug", "Capital"),
    ("project_slug", "2mass"),
    ("project_slug", "é_accent"),
    ("project_slug", "ends_"),
    ("project_slug", "x"),
    ("project_slug", "x" * 51),
    ("project_slug", "con"),
    ("project_slug", "lpt9"),
    ("project_slug", "boxloop"),
    ("project_slug", "study"),
    ("project_slug", "numpy"),
    ("project_slug", "scikit-learn"),
    ("project_slug", "scikit_learn"),
    ("project_slug", "sklearn"),
    ("author_name", ""),
    ("author_name", "two\nlines"),
    ("author_email", "nobody"),
    ("author_email", "@example.org"),
    ("author_email", "a@b@c"),
    ("author_email", "a b@example.org"),
    ("task", "nonsense"),
    ("start_from", "nonsense"),
    ("license", "nonsense"),
]
# Text that Jinja would take for its own.
BRACES = {
    "project_name": "{{ braces }} {% x",
    "author_name": "A {% b %} {# c #}",
    "author_email": "{{a}}@b.org",
}


def files(folder):
    """Return the files below a folder by their path from it, with forward slashes.

    Not the caches of a developer's tools.
    """
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    return {
        name: path
        for name, path in paths.items()
        if not re.search(r"__pycache__/|_cache/|\.ipynb_checkpoints/", name)
    }


def contents(folder):
    return {name: path.read_bytes() for name, path in files(folder).items()}


def is_copied(name):
    """Whether Cookiecutter copies a file unrendered, by its pattern or one of a folder above it."""
    parts = Path(name).parts
    paths = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return any(
        fnmatch(path, pattern) for path in paths for pattern in CONTEXT["_copy_without_render"]
    )


def rendered(project):
    """Return the text of every file that Cookiecutter rendered."""
    names = [name for name in files(TEMPLATE) if not is_copied(name)]
    return {name: (project / name).read_text(encoding="utf-8") for name in names}


def read(path):
    """Parse a file by its kind; None for a kind without a grammar."""
    if path.suffix == ".png":
        return None
    text = path.read_text(encoding="utf-8")
    if path.suffix in {".json", ".ipynb"}:
        return json.loads(text)
    if path.suffix == ".toml":
        return tomllib.loads(text)
    if path.suffix in {".yml", ".yaml", ".cff"}:
        return yaml.safe_load(text)
    if path.suffix == ".py":
        compile(text, str(path), "exec")
    return None


def assert_is_sound(project):
    for name, path in files(project).items():
        assert not set('<>:"|?*\\') & set(name), f"{name} cannot exist on Windows"
        assert len(name) < 150, f"{name} is too long for Windows"
        assert b"\r" not in path.read_bytes() or path.suffix == ".png", (
            f"{name} has carriage returns"
        )
        read(path)
    for name, text in rendered(project).items():
        assert not re.search(r"\{\{|\{%|\{#|cookiecutter\.", text), (
            f"{name} is not rendered to the end"
        )


@pytest.mark.parametrize("answers", COMBINATIONS, ids=lambda answers: "-".join(answers.values()))
def test_every_combination_of_choices_bakes(bake, tmp_path, answers):
    """A choice that is offered works."""
    project = bake(tmp_path, **answers)

    assert_is_sound(project)
    assert (project / "study" / "__init__.py").is_file()
    assert not (project / "studies").exists()
    assert not [
        path for path in project.rglob("*") if path.name.endswith(("__pycache__", "_cache"))
    ]


@pytest.mark.parametrize("terms", CHOICES["license"])
def test_awkward_answers_arrive_unchanged(bake, tmp_path, terms):
    """Quotes, backslashes, accents and emoji are the same in every format."""
    project = bake(tmp_path, **AWKWARD, license=terms)

    assert_is_sound(project)
    study = read(project / "study.toml")
    about = read(project / "pyproject.toml")["project"]
    citation = read(project / "CITATION.cff")
    name, email = AWKWARD["author_name"], AWKWARD["author_email"]
    assert project.name == about["name"] == AWKWARD["project_slug"]
    assert (
        study["study"]["title"]
        == citation["title"]
        == about["description"]
        == AWKWARD["project_name"]
    )
    assert about["authors"] == [{"name": name}]
    assert citation["authors"] == [{"name": name, "email": email}]
    assert about["license"] == citation["license"] == terms
    assert name in (project / "LICENSE").read_text(encoding="utf-8")


def test_braces_in_answers_are_text(bake, tmp_path):
    """What Jinja would render or refuse arrives as typed, and the folder gets a name from it."""
    project = bake(tmp_path, **BRACES)

    name, author = BRACES["project_name"], BRACES["author_name"]
    citation = read(project / "CITATION.cff")
    assert project.name == "braces_x"
    assert read(project / "study.toml")["study"]["title"] == citation["title"] == name
    assert read(project / "study.toml")["study"]["author"] == author
    assert citation["authors"] == [{"name": author, "email": BRACES["author_email"]}]
    assert read(project / "pyproject.toml")["project"]["authors"] == [{"name": author}]
    assert author in (project / "LICENSE").read_text(encoding="utf-8")
    assert (project / "README.md").read_text(encoding="utf-8").startswith(f"# {name}\n")


def test_an_empty_address_is_left_out(baked):
    """No empty e-mail reaches the file that other programs read."""
    assert "email" not in read(baked / "CITATION.cff")["authors"][0]


def test_the_slug_comes_from_the_name(bake, tmp_path):
    """Nobody types the name twice."""
    assert bake(tmp_path, project_name="Ćluster Masses: X-ray").name == "cluster_masses_x_ray"


@pytest.mark.parametrize("hooks", [True, False], ids=["hooks", "no-hooks"])
@pytest.mark.parametrize(("key", "value"), BAD)
def test_a_bad_answer_writes_nothing(bake, tmp_path, key, value, hooks):
    """It is refused before the first folder is made, inside the output folder and outside it."""
    inside = tmp_path / "deep" / "inside"
    inside.mkdir(parents=True)

    with pytest.raises(ValueError, match=key):
        bake(inside, hooks=hooks, **{key: value})

    assert [path.name for path in sorted(tmp_path.rglob("*"))] == ["deep", "inside"]
    assert not Path("/absolute").exists()


def test_a_second_run_of_the_hook_changes_nothing(bake, tmp_path):
    """Cruft runs hooks twice."""
    project = bake(tmp_path)
    before = contents(project)

    run_hook(project)

    assert contents(project) == before


def run_hook(folder):
    """Run the hook in a folder the way Cookiecutter does, with the default answers."""
    answers = {
        key: value[0] if isinstance(value, list) and not key.startswith("_") else value
        for key, value in CONTEXT.items()
    }
    run_script_with_context(
        ROOT / "hooks" / "post_gen_project.py", folder, {"cookiecutter": answers}
    )


@pytest.mark.parametrize(
    "folder",
    [
        "boxloop",
        "data",
        "data/raw",
        "data/interim",
        "data/sealed",
        "notebooks",
        "report",
        "results",
        "study",
        "tests",
    ],
)
def test_every_folder_says_what_it_is_for(baked, folder):
    """In two lines, above what else there is to say."""
    text = (baked / folder / "README.md").read_text(encoding="utf-8")
    lines = text.split("\n\n## ")[0].splitlines()

    assert len(lines) == 2
    assert all(lines)


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_keeps_the_record_and_leaves_out_the_rest(bake, tmp_path):
    """The ledger, the numbers and the machinery are committed; what a run makes again is not."""
    project = bake(tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=project, check=True)
    kept = [
        "data/sealed/ledger.jsonl",
        "data/sealed/README.md",
        "results/metrics.json",
        "results/passes/001.json",
        "boxloop/report/page.py",
    ]
    left = [
        "data/sealed/test.parquet",
        "data/interim/train.parquet",
        "results/04_train/model.skops",
        "report/index.html",
        ".venv/x",
    ]

    command = ["git", "-c", "core.excludesFile=", "check-ignore", "--no-index", *kept, *left]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)

    assert done.stdout.split() == left


def test_the_two_lists_of_packages_agree(baked):
    """The template tests the machinery with the packages that a generated project installs."""
    ours = read(ROOT / "pyproject.toml")["dependency-groups"]["test"]
    theirs = read(baked / "pyproject.toml")["project"]

    extras = theirs["optional-dependencies"]
    own = ("cookiecutter", "import-linter", "mypy", "pytest-xdist", "ruff")
    assert {line for line in ours if not line.startswith(own)} == {
        *theirs["dependencies"],
        *extras["test"],
        *extras["dask"],
        *extras["formats"],
        *extras["onnx"],
    }
    assert not [line for line in ours if re.search("[<~,]|==", line)], "lower bounds only"


def test_versions_that_were_tested_come_along(baked):
    """One for each dependency and extra, as new as these ask; no address, and no file of ours."""
    theirs = read(baked / "pyproject.toml")["project"]
    lines = (baked / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [Requirement(line) for line in lines if not line.startswith("#")]
    extras = chain.from_iterable(theirs["optional-dependencies"].values())

    for line in [*theirs["dependencies"], *extras]:
        wanted = Requirement(line)
        found = [pin for pin in pins if pin.name == wanted.name]
        assert found, line
        assert all(wanted.specifier.contains(next(iter(p.specifier)).version) for p in found), line
    assert all(str(pin.specifier).startswith("==") and not pin.url for pin in pins)


def test_the_version_is_the_same_everywhere(baked):
    """One number for the template, its citation and the projects that it makes."""
    version = CONTEXT["__template_version"]

    assert read(ROOT / "pyproject.toml")["project"]["version"] == version
    assert read(ROOT / "CITATION.cff")["version"] == version
    assert read(baked / "pyproject.toml")["tool"]["boxloop"]["template_version"] == version


def test_prompts_survive_rich_markup():
    """Rich takes square brackets for markup.

    Every question and every choice has a human text without them.
    """
    prompts = CONTEXT["__prompts__"]

    assert list(prompts) == [key for key in CONTEXT if not key.startswith("_")]
    for key, text in prompts.items():
        lines = text if isinstance(text, dict) else {"__prompt__": text}
        assert list(lines) == ["__prompt__", *CHOICES.get(key, [])]
        assert not set("[]") & set("".join(lines.values()))


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
@pytest.mark.parametrize("start_from", ["worked-example", "own-data"])
def test_git_keeps_the_bytes_of_raw_data(bake, tmp_path, start_from):
    """A table with Windows line ends survives a clone; an adopted Parquet table is not left out."""
    project = bake(tmp_path, start_from=start_from)
    table = project / "data" / "raw" / "t.csv"
    table.write_bytes(b"a,b\r\n1,2\r\n")
    for words in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *words], cwd=project, check=True, capture_output=True)
    table.unlink()
    subprocess.run(
        ["git", "checkout", "--", "data/raw/t.csv"], cwd=project, check=True, capture_output=True
    )
    ignored = subprocess.run(
        ["git", "check-ignore", "-q", "data/raw/t.parquet"], cwd=project, check=False
    )

    assert table.read_bytes() == b"a,b\r\n1,2\r\n"
    assert (ignored.returncode == 0) == (start_from == "worked-example")
