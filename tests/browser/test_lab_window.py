"""A chapter in JupyterLab's own window: Run All, Save, and then git has nothing to show."""

import shutil

import pytest
from remedies_lab import git
from test_jupyter_lab import lab_in

from boxloop.base.places import Project
from boxloop.notebooks.file import read_copy
from boxloop.record.status import status
from boxloop.upkeep.setup import set_up

pytestmark = [pytest.mark.slow, pytest.mark.browser]
NAME = "notebooks/01_scoping.ipynb"
PATIENCE = 300_000  # milliseconds

OPEN = """async path => {
    await window.jupyterapp.restored;
    await window.jupyterapp.commands.execute('docmanager:open', {path});
    const panel = window.jupyterapp.shell.currentWidget;
    await panel.context.ready;
    await panel.sessionContext.ready;
}"""
# As Run > Run All Cells, which comes to its end when the last cell has; then as Ctrl+S.
RUN_ALL = "async () => { await window.jupyterapp.commands.execute('runmenu:run-all') }"
SAVE = "async () => { await window.jupyterapp.commands.execute('docmanager:save') }"
LAST = """() => {
    const cells = window.jupyterapp.shell.currentWidget.content.widgets;
    const code = cells.filter(cell => cell.model.type === 'code');
    return code.at(-1).outputArea.node.innerText;
}"""
TYPE = """async source => {
    const panel = window.jupyterapp.shell.currentWidget;
    panel.content.activeCellIndex = panel.content.widgets.length - 1;
    await window.jupyterapp.commands.execute('notebook:insert-cell-below');
    panel.content.activeCell.model.sharedModel.setSource(source);
    await window.jupyterapp.commands.execute('notebook:run-cell');
    return panel.content.activeCell.outputArea.node.innerText;
}"""


@pytest.fixture
def project(baked, tmp_path):
    """The default project, committed by somebody who typed `boxloop setup`."""
    project = Project(tmp_path / "my project")
    shutil.copytree(baked, project.root)
    git(project.root, "init", "-q")
    set_up(project)
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", "begin")
    return project


def test_run_all_and_save(project, tmp_path, chromium):
    """The diff is empty, the run counts, the report gets its copy; then mistakes are made."""
    with lab_in(project.root, tmp_path, "--expose-app-in-browser") as server:
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"http://{server.place}/lab?token={server.token}&reset")
        page.wait_for_function("() => !!window.jupyterapp")
        page.evaluate(OPEN, NAME)
        page.evaluate(RUN_ALL)
        assert "Save this notebook" in page.evaluate(LAST)
        page.evaluate(SAVE)

        assert '"execution_count": 13' in (project.root / NAME).read_text(encoding="utf-8")
        assert git(project.root, "diff", "--", "notebooks") == ""
        git(project.root, "add", "-A")
        assert git(project.root, "diff", "--cached", "--", "notebooks") == ""
        row = status(project)[0]
        assert row.state == "done", row
        cells = read_copy(project.executed / "01_scoping.ipynb")["cells"]
        assert "Save this notebook" not in str(cells)
        assert any(
            "image/png" in out.get("data", {}) for c in cells for out in c.get("outputs", [])
        )

        said = page.evaluate(TYPE, "here.table('nothing')").strip().splitlines()
        assert len(said) == 1
        assert said[0].startswith("UserError: 01_scoping needs data/interim/nothing.parquet: ")
        module = project.study / "data.py"
        module.write_text(module.read_text(encoding="utf-8") + "\nNEW = 17\n", encoding="utf-8")
        said = page.evaluate(TYPE, "data.NEW")
        assert "17" in said
        assert "study/data.py changed and is read again" in said
        page.close()
