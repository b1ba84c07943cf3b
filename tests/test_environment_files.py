"""The environment of a release can be set up again: versions, a lock, a container."""

import json
import re
import tomllib

import described_release
import pytest
import validators
from packaging.requirements import Requirement

from boxloop.checks import run_check
from boxloop.parcel import environment
from boxloop.parcel.subject import Subject

LOCKED = """\
lock-version = "1.0"
created-by = "somebody"

[[packages]]
name = "NumPy"
version = "2.3.1"

[[packages.wheels]]
name = "numpy-2.3.1-py3-none-any.whl"
url = "https://files.pythonhosted.org/packages/numpy-2.3.1-py3-none-any.whl"
hashes = { sha256 = "00" }

[[packages]]
name = "pandas"
version = "2.3.0"
sdist = { url = "https://example.org/pandas-2.3.0.tar.gz", hashes = { sha256 = "00" } }
"""


@pytest.fixture(scope="module")
def baked(bake, tmp_path_factory):
    """A study as if it had been released, baked once."""
    return described_release.project(bake, tmp_path_factory.mktemp("baked"))


@pytest.fixture
def made(baked, tmp_path, monkeypatch):
    """Return ``made(first=..., lock=...)``: writes the environment, returns folder and words."""

    def made(first="# Python 3.13.2 on Linux x86_64", lock=None):
        monkeypatch.setattr("shutil.which", lambda name: None)
        place = baked.station("08_release") / "environment.txt"
        text = described_release.ENVIRONMENT.split("\n", 1)[1]
        place.write_text(f"{first}\n{text}", encoding="utf-8")
        own = baked.root / "pylock.toml"
        own.unlink(missing_ok=True)
        if lock is not None:
            own.write_text(lock, encoding="utf-8")
        return tmp_path, environment.write(tmp_path, Subject(baked))

    return made


def test_versions_are_those_of_the_results(made):
    """Every line is a requirement with one version; the project itself is none."""
    folder, _ = made()
    head, *lines = (folder / "environment.txt").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines]

    assert head == "# Python 3.13.2 on Linux x86_64"
    assert [(one.name, str(one.specifier)) for one in found] == [
        ("numpy", "==2.3.1"),
        ("pandas", "==2.3.0"),
    ]


def test_without_a_lock_a_sentence_says_how_it_is_made(made):
    """Nothing is invented: the hashes of a lock are not known here."""
    folder, said = made()

    assert not (folder / "pylock.toml").exists()
    assert said == [environment.NO_LOCK]


def test_a_lock_of_these_versions_goes_along(made):
    """As it is; then nothing needs to be said."""
    folder, said = made(lock=LOCKED)

    assert tomllib.loads((folder / "pylock.toml").read_text())["packages"][0]["name"] == "NumPy"
    assert said == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2.3.1", "2.3.0"),
        ("NumPy", "scipy"),
        ("pandas", "polars"),
        ("https://files.pythonhosted.org", "file:///home/me"),
        ("https://files", "https://me:secret@files"),
        ("https://files.pythonhosted.org", "http://localhost:3141"),
        ("lock-version", "[lock-version"),
        ("[[packages]]", "[[package]]"),
        ("url =", "path = '../elsewhere' #"),
        ("url =", "path = 'C:\\wheels' #"),
    ],
)
def test_a_lock_of_something_else_does_not(made, old, new):
    """Other versions, other packages, or files of this machine are no lock for others."""
    folder, said = made(lock=LOCKED.replace(old, new))

    assert not (folder / "pylock.toml").exists()
    assert said == [environment.NO_LOCK]


def test_uv_is_never_asked_to_look_anything_up(baked, tmp_path, monkeypatch):
    """What it says offline is taken where it fits."""
    asked = []
    (baked.root / "uv.lock").write_text("version = 1\n", encoding="utf-8")
    monkeypatch.setattr("shutil.which", lambda name: "uv")

    def said(command, root):
        asked.append(command)
        return LOCKED if "compile" in command else None

    monkeypatch.setattr(environment, "_said", said)
    words = environment.write(tmp_path, Subject(baked))
    (baked.root / "uv.lock").unlink()

    assert (tmp_path / "pylock.toml").read_text(encoding="utf-8") == LOCKED
    assert words == []
    assert [command[1] for command in asked] == ["export", "pip"]
    assert all("--offline" in command for command in asked)


def test_the_image_has_the_python_of_the_results(made):
    """By its exact version, with exact versions of packages, as a user who is not root."""
    folder, _ = made()
    text = (folder / "Dockerfile").read_text(encoding="utf-8")

    assert "FROM python:3.13.2-slim\n" in text
    assert "latest" not in text
    assert "--requirement environment.txt" in text
    assert text.endswith('USER 1000:1000\nCMD ["boxloop", "run"]\n')


@pytest.mark.parametrize(
    ("first", "base", "install"),
    [
        ("# Python 3.14.0rc1+ on Darwin arm64", "python:3.14.0rc1-slim", "--constraint"),
        ("# Python 3.12.9+ on Linux x86_64", "python:3.12.9-slim", "--requirement"),
        ("# Python 3.11.4 on Windows AMD64", "python:3.11.4-slim", "--constraint"),
    ],
)
def test_other_systems_have_packages_that_linux_has_not(made, first, base, install):
    """So their versions hold, and the list is found out in the image."""
    text = (made(first)[0] / "Dockerfile").read_text(encoding="utf-8")

    assert f"FROM {base}\n" in text
    assert f"{install} environment.txt" in text


def test_the_container_for_development_builds_that_image(made):
    """The folder is where the image has installed it, and the user is the same."""
    folder, _ = made()
    path = folder / ".devcontainer" / "devcontainer.json"
    found, text = json.loads(path.read_text()), (folder / "Dockerfile").read_text()

    assert (path.parent / found["build"]["dockerfile"]).resolve() == (folder / "Dockerfile")
    assert (path.parent / found["build"]["context"]).resolve() == folder
    assert f"WORKDIR {found['workspaceFolder']}\n" in text
    assert f"--uid 1000 --user-group {found['remoteUser']} " in text
    assert f"target={found['workspaceFolder']},type=bind" in found["workspaceMount"]
    assert set(found) <= {
        "name", "build", "remoteUser", "workspaceMount", "workspaceFolder", "forwardPorts",
        "customizations",
    }  # fmt: skip


def test_the_checks_of_a_release_hold_in_it(made):
    """What 08 has found true of the project is true of what others are handed."""
    folder, _ = made()
    (folder / "LICENSE").write_text("Copyright (c) 2026 Ada Lovelace\n", encoding="utf-8")
    found = run_check("release.environment", folder, requirements=["numpy>=2", "pandas"])

    assert found.state == run_check("release.licence", folder).state == "pass"


def test_the_same_study_gives_the_same_files(made):
    """No clock, no name of this machine."""
    folder, _ = made()
    names = ("environment.txt", "Dockerfile", ".devcontainer/devcontainer.json")
    before = [(folder / name).read_bytes() for name in names]
    made()

    assert [(folder / name).read_bytes() for name in names] == before
    assert not any(re.search(rb"/(work|tmp|Users)/", data) for data in before)


@pytest.mark.slow
@pytest.mark.parametrize("system", ["Linux x86_64", "Windows AMD64"])
def test_parsers_of_others_understand_it(made, system):
    """dockerfile-parse finds image and command, hadolint finds nothing to say."""
    if why := validators.python()[1]:
        pytest.skip(why)
    folder, _ = made(f"# Python 3.13.2 on {system}")
    base, command, steps = validators.dockerfile(folder / "Dockerfile")

    assert (base, command) == ("python:3.13.2-slim", '["boxloop", "run"]')
    assert [step for step, _ in steps if step != "COMMENT"] == [
        "FROM", "ENV", "RUN", "WORKDIR",
        *(["COPY", "RUN", "COPY", "RUN"] if "Linux" in system else ["COPY", "RUN"]),
        "USER", "CMD",
    ]  # fmt: skip
    assert validators.hadolint(folder / "Dockerfile") in (None, "")
