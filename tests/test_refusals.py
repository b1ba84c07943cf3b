"""What a person sees who answers badly: one sentence, nothing on the disk, and no answer lost."""

import os
import random
import re
import shlex
import unicodedata
from pathlib import Path

import pytest
from conftest import ROOT
from cookiecutter.environment import StrictEnvironment
from test_bake import read

from boxloop_answers import accepted, folder_name, questions

NAMES = [
    "21cm cosmology", "2MASS photo-z", "3C 273", "P", "!!!", "", "日本語", "con", "COM1", "study",
    "Study!", "boxloop", "numpy", "scikit-learn", "SciPy", "🌌", "x" * 200, "a " * 100,
    "x" * 49 + " y", "1" * 60, "-_-", "e-", "Ünïcödé", "\u202e", "{{ x }}", "\x00", "my",
    "My study", "m" * 48 + "-" * 9, "con" + "-" * 60, "\ud800", "ﷺ", "ß",
]  # fmt: skip
# The rules as a reader of the README knows them.
RULE = re.compile(r"[a-z][a-z0-9_-]{0,48}[a-z0-9]")
GOOD = {
    "project_name": "A", "project_slug": "good", "author_name": "B", "author_email": "",
    "task": "regression", "start_from": "own-data", "license": "MIT", "edition": "research",
}  # fmt: skip


def some_names(count=3000):
    """Return the same names at every run: of all signs, and of few, so that cuts meet ends."""
    draw = random.Random(20)
    signs = [chr(code) for code in range(0x20000) if unicodedata.category(chr(code))[0] != "C"]
    few = "aZ9_- .é"
    lengths = [draw.randrange(1, 210) for _ in range(count)]
    return ["".join(draw.choices(draw.choice([signs, few]), k=length)) for length in lengths]


@pytest.mark.parametrize("names", [NAMES, some_names()], ids=["named", "random"])
def test_the_folder_that_is_offered_passes_its_own_rule(names):
    """Whatever a project is called, Return is a good answer to the next question."""
    for name in names:
        slug = folder_name(name)
        assert RULE.fullmatch(slug), (name, slug)
        assert accepted({**GOOD, "project_slug": slug}) == slug


def test_a_name_that_passes_is_kept():
    """Only what breaks the rule is changed."""
    assert folder_name("Cluster masses") == "cluster_masses"
    assert folder_name("21cm cosmology") == "my_21cm_cosmology"
    assert folder_name("!!!") == "my_study"


@pytest.mark.parametrize("slug", ["my_study", "x1", "a-b_c", "x" * 50])
def test_a_good_folder_is_accepted(slug):
    """The rule refuses no more than it says."""
    assert accepted({**GOOD, "project_slug": slug}) == slug


@pytest.mark.parametrize("name", ["21cm cosmology", "!!!", "numpy", "P"])
def test_return_after_a_name_bakes(cook, name):
    """The name is typed, the rest is Return."""
    done = cook(str(ROOT), answers=f"{name}\n" + "\n" * 20)

    (project,) = cook.here.iterdir()
    assert done.returncode == 0, done.stdout + done.stderr
    assert read(project / "study.toml")["study"]["title"] == name
    assert read(project / "pyproject.toml")["project"]["name"] == project.name == folder_name(name)


def test_return_all_the_way_is_the_research_edition(cook):
    """Eight questions are asked, and the edition is on record."""
    done = cook(str(ROOT), answers="\n" * 20)

    assert "[8/8]" in done.stdout
    assert (
        read(cook.here / "my_study" / "pyproject.toml")["tool"]["boxloop"]["edition"] == "research"
    )


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("project_slug=../x", "project_slug: use 2 to 50 of a-z"),
        ("project_slug=a/b/c", "project_slug: use 2 to 50 of a-z"),
        ("project_slug=numpy", "project_slug: choose another one"),
        ("project_name= ", "project_name: write one line"),
        ("author_name=two\nlines", "author_name: write one line"),
        ("author_email=nobody", "author_email: write an address"),
        ("__edition=workshop", "__edition: nobody asks for it"),
        ("licence=MIT", "licence: nobody asks for it"),
    ],
)
@pytest.mark.parametrize("hooks", ["yes", "no"])
def test_a_refusal_is_one_sentence(cook, word, sentence, hooks):
    """It is the only thing on the screen, with hooks or without, and nothing is on the disk."""
    done = cook(str(ROOT), "--no-input", "--accept-hooks", hooks, word)

    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Error: {sentence}")
    assert list(cook.here.iterdir()) == []
    assert sorted(path.name for path in cook.here.parent.iterdir()) == ["here", "home"]


def test_the_edition_may_be_named(cook):
    """On the command line, as every other answer, and it is on record."""
    assert cook(str(ROOT), "--no-input", "edition=workshop").returncode == 0

    assert (
        read(cook.here / "my_study" / "pyproject.toml")["tool"]["boxloop"]["edition"] == "workshop"
    )


def test_an_unknown_choice_ends_in_a_sentence(cook):
    """Cookiecutter refuses it before anything of ours runs; its last line says what is wrong."""
    done = cook(str(ROOT), "--no-input", "task=nonsense")

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert "nonsense provided for choice variable task, but the choices are" in last
    assert list(cook.here.iterdir()) == []


def follow(cook, refused, bad, good):
    """Do what a refusal says: correct the line in the file that it names and type its command."""
    found = re.search(r"correct it in (.*) and type: (.*)", refused.stderr)
    stored, words = (
        found[1],
        [word.strip('"') for word in shlex.split(found[2], posix=os.name != "nt")],
    )
    assert words.pop(0) == "cookiecutter"
    text = Path(stored).read_text(encoding="utf-8")
    assert bad in text
    Path(stored).write_text(text.replace(bad, good, 1), encoding="utf-8")
    return cook(*words)


@pytest.mark.parametrize(
    ("answers", "bad", "good"),
    [
        (
            "A study\nBad One\nZoë\nz@x.org\n2\n2\n1\n3\n",
            '"project_slug": "Bad One"',
            '"project_slug": "good_one"',
        ),
        (
            "  \ngood_one\nZoë\nz@x.org\n2\n2\n1\n3\n",
            '"project_name": ""',
            '"project_name": "A study"',
        ),
        (
            "A study\ngood_one\nZoë\nnobody\n2\n2\n1\n3\n",
            '"author_email": "nobody"',
            '"author_email": "z@x.org"',
        ),
    ],
)
def test_no_answer_is_lost(cook, answers, bad, good):
    """The refusal names the file and the command that bake from all answers, one corrected."""
    refused = cook(str(ROOT), "-o", "deep er", answers=answers)
    assert refused.returncode == 1
    assert list(cook.here.iterdir()) == []

    done = follow(cook, refused, bad, good)

    assert done.returncode == 0, done.stdout + done.stderr
    project = cook.here / "deep er" / "good_one"
    study = read(project / "study.toml")["study"]
    assert study == {"title": "A study", "author": "Zoë", "task": "classification"}
    assert read(project / "CITATION.cff")["authors"] == [{"name": "Zoë", "email": "z@x.org"}]
    assert read(project / "CITATION.cff")["license"] == "Apache-2.0"
    assert read(project / "pyproject.toml")["project"]["description"] == "A study"


def test_the_options_of_the_command_are_kept(cook):
    """The command that a refusal names goes into the same folder, in the same way."""
    folder = cook.here / "deep er" / "good"
    folder.mkdir(parents=True)
    (folder / "README.md").write_text("mine", encoding="utf-8")
    words = [str(ROOT), "--default-config", "-o", "deep er", "-f", "-s", "--accept-hooks", "no"]
    refused = cook(*words, "--no-input", "project_slug=X")
    assert [path.name for path in folder.iterdir()] == ["README.md"]

    done = follow(cook, refused, '"project_slug": "X"', '"project_slug": "good"')

    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "README.md").read_text(encoding="utf-8") == "mine"
    assert (folder / "studies" / "UNFINISHED.md").is_file()


def test_a_bad_correction_is_refused_too(cook):
    """Also a choice, which Cookiecutter does not compare with its list when it replays."""
    refused = cook(str(ROOT), "--no-input", "project_slug=X", "task=classification")
    worse = follow(cook, refused, '"project_slug": "X"', '"project_slug": "Y"')
    worst = follow(cook, worse, '"task": "classification"', '"task": "cooking"')

    assert 'it was "Y"' in worse.stderr
    assert worst.stderr.startswith("Error: task: choose one of regression")
    assert list(cook.here.iterdir()) == []


def test_braces_in_the_users_own_settings_are_text(cook):
    """A default from the user's configuration is an answer too."""
    config = cook.home / "config.yaml"
    folder = cook.home.as_posix()
    lines = [f"{key}: '{folder}'" for key in ("replay_dir", "cookiecutters_dir")]
    lines += ["default_context:", "  author_name: 'A {% b %}'"]
    config.write_text("\n".join(lines), encoding="utf-8")

    words = ["--no-input", "--config-file", str(config), "project_name={{ cookiecutter.x }}"]
    done = cook(str(ROOT), *words)

    assert done.returncode == 0, done.stdout + done.stderr
    study = read(cook.here / "cookiecutter_x" / "study.toml")["study"]
    assert (study["title"], study["author"]) == ("{{ cookiecutter.x }}", "A {% b %}")


def test_texts_of_the_template_are_rendered_and_others_are_not():
    """Whatever is not in `cookiecutter.json` or a hook is somebody's answer, sign by sign."""
    extensions = {"_extensions": questions()["_extensions"]}
    environment = StrictEnvironment(context={"cookiecutter": extensions})
    ours = environment.from_string(questions()["project_slug"])

    assert ours.render(cookiecutter={"project_name": "A b"}) == "a_b"
    for text in ["{{ x }}", "\\ ' \" {% raw %}", "a\r\nb\n", "😀\u200d é", "{#"]:
        assert environment.from_string(text).render() == text
