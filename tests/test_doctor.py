"""`boxloop doctor` says OK of a machine that will do, and FAIL with a remedy of another."""

import socket
import sys

import pytest
from conftest import TEMPLATE
from walk_project import command

from boxloop.base.places import Project
from boxloop.teach import doctor


def test_this_machine_will_do(baked):
    """A line for each of the seven things; the kernel is really started."""
    code, said = command(Project(baked), "doctor")

    assert code == 0, said
    lines = said.strip().splitlines()
    assert [line.split()[1] for line in lines] == [
        "python", "packages", "kernel", "disk", "memory", "write", "ports",
    ]  # fmt: skip
    assert all(line.startswith("OK ") for line in lines)


def test_a_package_that_is_missing_is_named(baked, monkeypatch):
    """With the command that installs it."""
    monkeypatch.setattr(doctor, "version", lambda name: "" if name == "skops" else "99.0")

    line = doctor.packages(baked)

    assert not line.ok
    assert line.said == f"skops missing: {doctor.INSTALL}"


def test_a_package_that_is_too_old_is_named(baked, monkeypatch):
    """By the lower bound of pyproject.toml; a release candidate counts as its release."""
    found = {"numpy": "1.26.4", "pandas": "2.2rc1"}
    monkeypatch.setattr(doctor, "version", lambda name: found.get(name, "99"))

    line = doctor.packages(baked)

    assert line.said.startswith("numpy 1.26.4 (needs 2.0) too old")
    assert "pandas" not in line.said


def test_an_old_python_is_told(monkeypatch):
    """With what to do."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 2, "final", 0))

    line = doctor.python(TEMPLATE)

    assert not line.ok
    assert "3.10.2 is too old: install 3.11" in line.said


@pytest.mark.parametrize(("look", "least"), [("disk", "DISK"), ("memory", "MEMORY")])
def test_too_little_space_is_told(look, least, monkeypatch):
    """With how much there is, and how much is needed."""
    monkeypatch.setattr(doctor, least, 1e18)

    line = getattr(doctor, look)(TEMPLATE)

    assert not line.ok
    assert "are needed" in line.said


def test_a_folder_that_nobody_may_write_to_is_told(tmp_path, monkeypatch):
    """Before a run says it in the middle."""

    def refused(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(doctor.tempfile, "TemporaryFile", refused)

    line = doctor.write_access(tmp_path)

    assert not line.ok
    assert "Permission denied: move the project" in line.said


def test_a_firewall_is_told(monkeypatch):
    """Kernels and JupyterLab speak through 127.0.0.1."""

    def refused(*_, **__):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "create_server", refused)

    assert "Operation not permitted: let the firewall" in doctor.ports(TEMPLATE).said


def test_one_look_that_fails_does_not_hide_the_others(tmp_path):
    """A folder without pyproject.toml, and seven lines all the same."""
    lines = [doctor._looked(look, tmp_path) for look in (doctor.packages, doctor.disk)]

    assert [line.ok for line in lines] == [False, True]
    assert lines[0].said.startswith("FileNotFoundError")
