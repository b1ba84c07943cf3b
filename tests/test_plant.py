"""Planted faults: each flatters, is heard by its own check, and leaves the project as it was."""

import json

import pytest
from click.testing import CliRunner
from study_files import STUDY

from boxloop.base.places import Project
from boxloop.cli import cli
from boxloop.teach import plant as planting
from boxloop.teach.faults import CASES, FAULTS

QUICK = "label-noise"


def contents(root):
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def heard(found):
    return {one for one, state in found["states"].items() if state not in planting.QUIET}


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Return a project with a fault in it, what was there before, and what was said."""
    root = tmp_path_factory.mktemp("planted")
    (root / "notebooks").mkdir()
    (root / "notebooks" / "01_scoping.ipynb").write_text("{}", encoding="utf-8")
    (root / "study.toml").write_text(STUDY, encoding="utf-8")
    before = contents(root)
    return Project(root), before, planting.plant(Project(root), QUICK)


def test_there_are_fifteen():
    """The list has a line for each."""
    lines = CliRunner().invoke(cli, ["plant", "--list"]).output.splitlines()

    assert len(lines) == len(FAULTS) == 15
    assert [line.split()[0] for line in lines] == list(FAULTS)


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_edited_is_there_once(name):
    """Each piece of code stands once in the notebook, and its cells are Python."""
    fault = FAULTS[name]
    code = (CASES / f"{fault.world}.txt").read_text(encoding="utf-8")
    for old, new in [*fault.setting.items(), *fault.edits.items()]:
        assert code.count(old) == 1
        code = code.replace(old, new)
    assert fault.tables or fault.edits
    for cell in [*fault.cells(), *fault.cells(planted=False)]:
        compile(cell, name, "exec")
        assert max(map(len, cell.splitlines())) <= 100
    assert code != "\n# %%\n".join(fault.cells(planted=False))


@pytest.mark.slow
@pytest.mark.parametrize("world", ["weigh", "types", "search"])
def test_without_a_fault_all_is_quiet(world):
    """No check speaks in a small study that is as it should be."""
    fault = next(one for one in FAULTS.values() if one.world == world and not one.options)
    book = planting.Fault(fault.says, world, fault.own, fault.why)

    assert heard(planting._played(book, book.made())) == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_flatters_and_is_heard(name):
    """By its own check, by declared companions at most; the honest number is a worse one."""
    fault = FAULTS[name]
    world = fault.made()
    found = planting._played(fault, world)
    true = planting.honest(fault, found, world)

    assert fault.own in heard(found) <= {fault.own, *fault.companions}
    assert found["reported"] < true if fault.world == "weigh" else found["reported"] > true


def test_it_says_both_numbers(planted):
    """The flattering one, who hears it, and the honest one."""
    _, _, lines = planted
    text = "\n".join(lines)

    assert text.startswith(f"Planted: {QUICK}.")
    said = [line.split(": ")[-1] for line in lines if "flattering number" in line]
    true = next(line for line in lines if line.startswith("The honest number: "))
    assert float(said[0].rstrip(".")) > float(true.split(": ")[1].split(",")[0])
    assert f"fail  {FAULTS[QUICK].own}: " in text


def test_its_name_is_in_no_file(planted):
    """Neither in a table, nor in the notebook, nor as a plain hash."""
    project, _, _ = planted
    for path in (project.root / planting.FOLDER).iterdir():
        text = path.read_text(encoding="utf-8")
        assert QUICK not in text and FAULTS[QUICK].says not in text
    book = json.loads((project.root / "planted" / "case.ipynb").read_text(encoding="utf-8"))
    assert not any(cell.get("outputs") for cell in book["cells"])


def test_an_accusation_is_judged(planted):
    """Right with the reason, wrong with what clears it."""
    project, _, _ = planted
    right = planting.accuse(project, QUICK)

    assert right[0] == f"Right: {FAULTS[QUICK].says}" and right[-1].endswith(FAULTS[QUICK].why)
    assert planting.accuse(project, "wrong-prior")[0].startswith("Wrong: it is not wrong-prior.")
    quiet = planting.accuse(project, "follow-up-watermark")[0]
    assert quiet.endswith("features.undeclared_nuisance, which is quiet here.")
    assert "has no use for" in planting.accuse(project, "peeking")[0]


def test_undo_leaves_every_byte(planted):
    """The project is as it was, planted twice and in secret too."""
    project, before, _ = planted
    outside = {path: data for path, data in contents(project.root).items() if path in before}
    assert outside == before and len(contents(project.root)) > len(before)
    planting.undo(project)
    assert contents(project.root) == before


def test_one_is_drawn_by_lot(planted, monkeypatch):
    """It says the number, and not which; the lot decides."""
    project, before, _ = planted
    if (project.root / planting.FOLDER).exists():
        planting.undo(project)
    monkeypatch.setattr(planting.secrets, "choice", lambda names: names[names.index(QUICK)])
    lines = planting.plant_secretly(project)

    assert "One of 15 faults is planted." in lines[0] and QUICK not in "\n".join(lines)
    assert planting.accuse(project, QUICK)[0].startswith("Right")
    planting.undo(project)
    assert contents(project.root) == before
