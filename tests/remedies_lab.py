"""Cases of notebooks under git: how outputs stay out of it, in each clone."""

import subprocess
from pathlib import Path

from remedies import Answer, case
from walk_project import command

from boxloop.notebooks import under_git
from boxloop.notebooks.under_git import ATTRIBUTES
from boxloop.record.lines import status_lines


def git(folder, *words):
    """Type a command of git, as somebody with a name."""
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, check=True)
    return done.stdout.decode("utf-8")


def cloned(person):
    """Take the small project as somebody has cloned it: with its attributes, not yet set up."""
    project = person.small()
    machinery = Path(under_git.__file__).parent
    target = project.root / "boxloop" / "notebooks"
    target.mkdir(parents=True)
    for name in ("clean.py",):
        (target / name).write_bytes((machinery / name).read_bytes())
    (project.root / ".gitattributes").write_text(f"{ATTRIBUTES}\n", encoding="utf-8")
    git(project.root, "init", "-q")
    return project


def says_nothing_of_git(project):
    """Return the door of a status without a word on git."""

    def door():
        lines = status_lines(project)
        said = "\n".join(line for line in lines if "git" in line)
        return Answer(not said, said)

    return door


@case
def a_project_that_is_not_under_git(person):
    project = person.small()
    yield person.types("setup"), "is not under git"
    git(project.root, "init", "-q")


@case
def a_clone_that_was_not_set_up(person):
    project = cloned(person)
    yield says_nothing_of_git(project), "would get into git from this clone"
    person.does("setup")


@case
def a_filter_whose_python_is_gone(person):
    project = cloned(person)
    person.does("setup")
    git(project.root, "config", "filter.boxloop.clean", "/gone/python -I -S boxloop/clean.py")
    said = yield says_nothing_of_git(project), "git cannot take the outputs"
    person.does_as_told(said)


@case
def a_notebook_in_git_with_outputs(person):
    project = cloned(person)
    path = person.path("notebooks/04_train.ipynb")
    text = path.read_text(encoding="utf-8")
    assert '"outputs": []' in text
    shown = '{"name": "stdout", "output_type": "stream", "text": ["so"]}'
    path.write_text(text.replace('"outputs": []', f'"outputs": [{shown}]'), encoding="utf-8")
    git(project.root, "add", "-A")

    def door():
        said = command(project, "setup")[1]
        return Answer("with outputs" not in said, said)

    yield door, "In git with outputs: notebooks/04_train.ipynb"
    git(project.root, "add", "--renormalize", ".")
    git(project.root, "commit", "-qm", "without outputs")


@case
def there_is_no_git(person):
    project = cloned(person)
    with person.monkeypatch.context() as patched:
        patched.setenv("PATH", "")
        yield person.types("setup"), "git was not found"
    assert project.root.is_dir()


@case
def git_may_not_write_its_settings(person):
    project = cloned(person)
    lock = project.root / ".git" / "config.lock"  # as somebody holds it, or may not write
    lock.touch()
    yield person.types("setup"), "git cannot set filter.boxloop.clean here"
    lock.unlink()
