"""A student in JupyterLab's own window: a chapter runs, a wrong answer is told in one line."""

import inspect

import pytest
from test_jupyter_lab import lab_in
from walk_project import command
from wrong_early import WRONG

from boxloop.base.places import STATIONS, Project
from boxloop.notebooks.file import read_notebook, source, tags
from boxloop.record import reference
from browser.conftest import ROOT
from browser.test_lab_window import OPEN, PATIENCE

pytestmark = [pytest.mark.slow, pytest.mark.browser]

PICTURES = ROOT / "build" / "screenshots"
CHAPTERS = {"01_scoping": ("1-1", "breaches"), "03_split": ("3-1", "hold_out")}

# As a click into a cell, what is typed there, and Shift+Enter; the outputs as they are read.
RUN = """async ([id, source]) => {
    const panel = window.jupyterapp.shell.currentWidget;
    const cells = panel.content.widgets;
    panel.content.activeCellIndex = cells.findIndex(cell => cell.model.id === id);
    const cell = panel.content.activeCell;
    if (source !== null) cell.model.sharedModel.setSource(source);
    await window.jupyterapp.commands.execute('notebook:run-cell');
    return cell.outputArea.node.innerText.trim();
}"""


@pytest.fixture(scope="module")
def editions(bake, tmp_path_factory):
    """The teacher's project and the student edition with a reference of 01 and 02."""
    teacher = Project(bake(tmp_path_factory.mktemp("teacher"), edition="workshop"))
    for number in ("01", "02"):
        said = command(teacher, "run", "--only", number)[1]
        assert "ok" in said, said
    assert command(teacher, "workshop")[0] == 0
    student = Project(teacher.root / "workshop" / "student")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reference, "STATIONS", STATIONS[:3])  # the whole loop is test_workshop_loop
        reference.write(teacher, student.root)
    return teacher, student


@pytest.mark.parametrize("chapter", ["03_split", "01_scoping"])
def test_a_student_goes_through_a_chapter(chapter, editions, tmp_path, chromium):
    """Cell by cell, 03 first and alone: only exercises fail; then one is answered twice."""
    teacher, student = editions
    exercise, name = CHAPTERS[chapter]
    number = exercise.replace("-", ".")
    file = f"{chapter}.ipynb"
    cells = read_notebook(student.notebooks / file)["cells"]
    with lab_in(student.root, tmp_path, "--expose-app-in-browser") as server:
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"http://{server.place}/lab?token={server.token}&reset")
        page.wait_for_function("() => !!window.jupyterapp")
        page.evaluate(OPEN, f"notebooks/{file}")

        said = {
            cell["id"]: page.evaluate(RUN, [cell["id"], None])
            for cell in cells
            if cell["cell_type"] == "code"
        }
        failed = {one for one, text in said.items() if "Error" in text or "Failed" in text}
        asked = {cell["id"] for cell in cells if "check" in tags(cell)}
        assert failed == asked, said
        assert all(said[one].startswith("NotImplementedError: ") for one in asked), said
        assert all(len(said[one].splitlines()) <= 3 for one in asked), said
        if chapter == "03_split":
            assert any(f"01, 02: {reference.WHY}" in text for text in said.values()), said

        stub, check = f"stub-{exercise}", f"check-{exercise}"
        for wrong in WRONG[number]:
            typed = f"{inspect.getsource(wrong)}\n\n{name} = {wrong.__name__}\n"
            assert page.evaluate(RUN, [stub, typed]) == ""
            told = page.evaluate(RUN, [check, None])
            assert told.startswith("CheckFailed: ") and len(told.splitlines()) == 1, told
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"student-{exercise}.png")

        answers = {c["id"]: source(c) for c in read_notebook(teacher.notebooks / file)["cells"]}
        assert page.evaluate(RUN, [stub, answers[f"solution-{exercise}"]]) == ""
        told = page.evaluate(RUN, [check, None])
        assert told.startswith(f"Exercise {number}: right. "), told
        page.close()
