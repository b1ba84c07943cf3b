"""The commit that a report names is one of this project, or there is none."""

import os
import shutil
import subprocess

import pytest

from boxloop.base.provenance import git_commit

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")


def git(folder, *words):
    """Run git as somebody with a name, whatever this machine's settings say."""
    who = {"NAME": "a", "EMAIL": "a@b"}
    env = {
        f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()
    }
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", "-C", str(folder), *words]
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path):
    """A repository with one commit, and a folder in it."""
    root = tmp_path / "Röntgen survey"
    (root / "project").mkdir(parents=True)
    for name in ("a.txt", "project/b.txt"):
        (root / name).write_text("1", encoding="utf-8")
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_a_project_of_its_own_has_a_commit(repository):
    """And is marked where a file was changed since."""
    commit = git(repository, "rev-parse", "HEAD")
    assert git_commit(repository) == commit
    (repository / "a.txt").write_text("2", encoding="utf-8")
    assert git_commit(repository) == f"{commit}+changes"


def test_the_commit_of_something_around_it_is_not_its_own(repository):
    """A folder inside another repository was not committed as a study."""
    assert git_commit(repository / "project") is None


def test_without_a_repository_or_a_commit_there_is_none(tmp_path):
    """Neither is an error."""
    assert git_commit(tmp_path) is None
    git(tmp_path, "init", "-q")
    assert git_commit(tmp_path) is None
