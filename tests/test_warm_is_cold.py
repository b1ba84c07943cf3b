"""A notebook looks the same, output by output, from a forked kernel and from a fresh one."""

import itertools
import json
import os
import re
import subprocess
import sys

import pytest
import subjects
from fake_loop import cell, make_project, notebook, write_notebook
from test_faults import boxloop

from boxloop.notebooks.graph import read_loop
from boxloop.run import pool

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not pool.can_fork(), reason="kernels are forked on Linux only"),
]

# What differs from run to run, whoever runs it.
VARIES = [
    (r"0x[0-9a-f]{6,}", "0x…"),
    # Before the times: behind it one begins a line, and JSON's "\n" leaves no edge of a word.
    (r"The slowest run took [^\n]*cached\.\\n", ""),
    (r"\b\d+(\.\d+)?(e[-+]\d+)?\s?(ns|[µμu]s|ms|s|min)\b", "time"),
    (r"\d\d:\d\d<\d\d:\d\d, *[\d.?]+ ?it/s", "bar"),
    (r"\d:\d\d:\d\d", "h:mm:ss"),
    (r"<dc:date>[^<]*<", "date"),
    (r"ipykernel_\d+/\d+", "file of a cell"),
    (r"kernel-[0-9a-f-]+\.json", "connection file"),
    (r"\b[pm][0-9a-f]{10}\b", "id in an SVG"),
    (r"table\d{9,}", "id of a table"),
    (r"started \d+", "thread"),
    (r"'JPY_PARENT_PID': '\d+'", "parent"),
    (r"'BOXLOOP_RUN': '\w+'", "mark"),
]
# As on Windows and macOS, where papermill starts the kernels.
WITHOUT_FORK = """
from boxloop.run import pool
pool.can_fork = lambda: False
from boxloop.cli import main
main(['run', '--from', '01'])
"""


def prepare(root):
    """Write a project with one notebook per subject."""
    graph = {
        f"{number:02}_{name}": ([], [f"data/{number}.txt"])
        for number, name in enumerate(subjects.ALL, start=1)
    }
    project = make_project(root, graph=graph)
    for (name, (needs, makes)), sources in zip(graph.items(), subjects.ALL.values(), strict=True):
        content = notebook(name, needs, makes)
        cells = [
            cell("code", f"c{n}", text, ["raises-exception"] * text.startswith("# raises"))
            for n, text in enumerate(sources, start=1)
        ]
        content["cells"][2:2] = cells
        write_notebook(project, name, content)
    draw = (
        "import matplotlib.pyplot as plt\n\n\ndef draw():\n    plt.plot([1, 2])\n    plt.show()\n"
    )
    (project.study / "pictures.py").write_text(draw, encoding="utf-8")
    # matplotlib takes the settings of the folder in which it is imported.
    (project.root / "matplotlibrc").write_text("lines.linewidth: 7\n", encoding="utf-8")
    (project.notebooks / "matplotlibrc").write_text("lines.linewidth: 5\n", encoding="utf-8")
    return project


def joined(outputs):
    """Return the outputs; what was printed between two others is one per stream.

    It comes by chance.
    """
    result = []
    for printed, found in itertools.groupby(outputs, lambda out: out["output_type"] == "stream"):
        group = list(found)
        texts = (
            {
                name: "".join("".join(out["text"]) for out in group if out["name"] == name)
                for name in ("stdout", "stderr")
            }
            if printed
            else {}
        )
        result += [texts] if printed else group
    return result


def looks(project):
    """Return what every cell of the executed copies shows, without what varies."""
    found = {}
    for path in sorted(project.executed.glob("*.ipynb")):
        for one in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if re.fullmatch(r"c\d+", one.get("id", "")):
                shown = [*joined(one["outputs"]), one["execution_count"]]
                text = json.dumps(shown, indent=1, ensure_ascii=False, sort_keys=True)
                for pattern, name in VARIES:
                    text = re.sub(pattern, name, text)
                found[path.stem[3:], "".join(one["source"])] = text
    return found


@pytest.fixture(scope="module")
def ways(tmp_path_factory):
    """What the cells show, by the way in which they were run."""
    project, found = prepare(tmp_path_factory.mktemp("subjects")), {}
    # In a test ipykernel does not catch what is printed past Python.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    for way, options in {"cold": ["--cold"], "warm": []}.items():
        boxloop(project, "run", "--from", "01", *options, env=env).communicate(timeout=900)
        found[way] = looks(project)
    subprocess.run(
        [sys.executable, "-c", WITHOUT_FORK],
        cwd=project.root,
        env=env,
        capture_output=True,
        timeout=900,
    )
    return found | {"elsewhere": looks(project)}


def test_each_subject_is_forked(tmp_path):
    """Else the comparison would hold whatever a fork does."""
    project = prepare(tmp_path)

    kept = [chapter.name for chapter in read_loop(project) if pool.wants_scratch(project, chapter)]
    assert [name[3:] for name in kept] == ["environment"]


@pytest.mark.parametrize("way", ["warm", "elsewhere"])
@pytest.mark.parametrize(
    "subject", [name for name in subjects.ALL if not name.startswith("chance")]
)
def test_a_subject_looks_the_same(ways, subject, way):
    """Every output of every cell: figures, tables, warnings, errors, facts of the process."""
    cold = {cell: shown for (name, cell), shown in ways["cold"].items() if name == subject}
    assert len(cold) == len(subjects.ALL[subject])
    for source, shown in cold.items():
        assert ways[way][subject, source] == shown, source


def test_figures_are_figures(ways):
    """Both ways may not be wrong alike: a figure is a picture, once."""
    for (name, source), shown in ways["warm"].items():
        if "plt.show()" in source and name in ("figures", "first_cell"):
            assert shown.count('"display_data"') == 1 and (
                '"image/png": "' in shown or '"image/svg+xml": [' in shown
            ), source


@pytest.mark.parametrize("way", ["cold", "warm"])
def test_no_two_kernels_draw_the_same(ways, way):
    """Whatever gives chance without a seed."""
    for source in subjects.CHANCE_ONE[1:]:
        one, two = (
            set(re.findall(r"[\w.-]{10,}", ways[way][name, source]))
            for name in ("chance_one", "chance_two")
        )
        assert len(one) >= 3 and not (one & two) - {"output_type", "execution_count"}
