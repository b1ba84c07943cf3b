"""Files of another shape inside: never a traceback, and made again where that can be."""

import json

import pytest
from walk_project import command, execute_here, sources, write

from boxloop.notebooks.file import is_inside
from boxloop.record.passes import all_passes, damaged

COPY, SOURCE = "report/notebooks/05_diagnose.ipynb", "notebooks/05_diagnose.ipynb"
DAILY = (["status"], ["check"], ["compare"], ["compare", "1"], ["report"])


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The small project after a run, as ``{path: bytes}``."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        without_kernels(patch)
        assert command(write(root, sources()), "run")[0] == 0
    return {p.relative_to(root): p.read_bytes() for p in root.rglob("*") if p.is_file()}


@pytest.fixture
def project(tmp_path, finished, monkeypatch):
    """A copy of the small project after a run."""
    without_kernels(monkeypatch)
    project = write(tmp_path, {})
    for name, content in finished.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return project


def without_kernels(patch):
    patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    patch.setattr("boxloop.run.loop.execute", execute_here)


def change(path, *keys, to=None):
    """Put another value into a JSON file, or take the key out where it is None."""
    content = json.loads(path.read_text(encoding="utf-8"))
    place = content
    for key in keys[:-1]:
        place = place[key]
    if to is None:
        del place[keys[-1]]
    else:
        place[keys[-1]] = to[0]
    path.write_text(json.dumps(content), encoding="utf-8")


def live(project):
    """Type the commands of every day; return what they said, by their first words."""
    said = {}
    for words in DAILY:
        code, text = command(project, *words)
        assert code in (0, 1, 2) and "could not be built" not in text, (words, text)
        said[words[0]] = text
    return said


# Executed copies.
@pytest.mark.parametrize(
    ("keys", "to"),
    [
        (("metadata", "boxloop"), [None]),
        (("metadata", "boxloop"), [[1]]),
        (("metadata", "boxloop", "sha256"), None),
        (("metadata", "papermill"), [None]),
        (("metadata", "papermill"), [[1]]),
        (("metadata", "papermill", "parameters"), [[1]]),
        (("metadata", "papermill", "duration"), ["x"]),
        (("cells", 0, "metadata", "tags"), [[["a"]]]),
        (("cells", 1, "outputs"), [[{"output_type": "display_data", "data": 3}]]),
    ],
)
@pytest.mark.parametrize("is_signed", [True, False])
def test_a_copy_of_another_shape_is_executed_again(project, keys, to, is_signed):
    """Its hash is of another text, or is not there at all; the report has a note meanwhile."""
    change(project.root / COPY, *keys, to=to)
    if not is_signed and keys[:2] != ("metadata", "boxloop"):
        change(project.root / COPY, "metadata", "boxloop", "sha256")
    said = live(project)
    page = (project.report / "index.html").read_text(encoding="utf-8")

    assert f"{COPY} is damaged" in said["status"] and "05_diagnose.ipynb is not" in page
    code, text = command(project, "run")
    assert code == 0 and "05 diagnose" in text and "Nothing changed" not in text
    assert command(project, "run")[1].startswith("Nothing changed")


def test_a_forged_copy_without_a_hash_is_neither_shown_nor_done(project):
    """Whoever writes other outputs takes the hash away: that is no way in."""
    change(project.root / COPY, "metadata", "boxloop", "sha256")
    forged = [{"output_type": "stream", "name": "stdout", "text": "forged number"}]
    change(project.root / COPY, "cells", 1, "outputs", to=[forged])

    assert command(project, "report")[0] == 0
    assert "forged number" not in (project.report / "index.html").read_text(encoding="utf-8")
    assert command(project, "run")[0] == 0
    assert "forged number" not in (project.root / COPY).read_text(encoding="utf-8")


# Passes.
PASSES = [
    (("released",), None),
    (("number",), [True]),
    (("time",), [3]),
    (("metrics", "primary"), [3]),
    (("metrics", "primary"), ["x"]),
    (("metrics", "primary"), [[3]]),
    (("metrics", "primary"), [{"set": ["a"]}]),
    (("metrics", "primary"), [{"name": "rmse", "set": "test", "model": 3}]),
    (("metrics", "primary"), [{"name": "rmse", "set": "test", "model": {"value": "x"}}]),
    (("metrics", "criteria"), [3]),
    (("metrics", "criteria"), [[3]]),
    (("metrics", "criteria"), [{"a": 3}]),
    (("metrics", "criteria"), [[{"name": 3}]]),
    (("metrics", "criteria"), [[{}]]),
    (("metrics", "criteria"), [[{"name": "a", "met": True, "value": 1.0}]]),
    (("sets",), [{"validation": 3}]),
    (("sets",), [{"test": None}]),
    (("sets",), [{"validation": {"model": 3}}]),
    (("sets",), [{"validation": {"model": {"value": "NaN"}}}]),
    (("sets",), [{"validation": {"model": {"value": 10**400}}}]),
    (("sets",), [{"validation": {"model": {"value": 1, "low": 1}}}]),
    (("attempts",), [[3]]),
    (("attempts",), [[{"name": 3}]]),
    (("checks",), [{"a": 3}]),
    (("checks",), [{"a": ["x"]}]),
]


@pytest.mark.parametrize(("keys", "to"), PASSES)
def test_a_newest_pass_of_another_shape_is_made_again(project, keys, to):
    """Until then it is named, and nothing stops at it."""
    path = project.passes / "001.json"
    before = json.loads(path.read_text(encoding="utf-8"))
    change(path, *keys, to=to)

    assert "results/passes/001.json is damaged" in live(project)["status"]
    assert command(project, "run")[0] == 0
    after = json.loads(path.read_text(encoding="utf-8"))
    assert after | {"time": ""} == before | {"time": ""} and damaged(project) == []


@pytest.mark.parametrize(("keys", "to"), PASSES[::4])
def test_an_earlier_pass_of_another_shape_is_named(project, keys, to):
    """The newest stands, and the report is built."""
    path = project.root / "notebooks/04_train.ipynb"
    text = (
        path.read_text(encoding="utf-8")
        .replace("LEVELS", "LEVEL")
        .replace("NOISE = 0", "NOISE = 0.1")
    )
    path.write_text(text, encoding="utf-8")
    command(project, "run")
    assert [past["number"] for past in all_passes(project)] == [1, 2]
    change(project.passes / "001.json", *keys, to=to)

    assert "results/passes/001.json is damaged" in live(project)["compare"]
    assert [past["number"] for past in all_passes(project)] == [2]


def test_a_pass_that_holds_its_number_alone(project):
    """Which `status` and `compare` read more from."""
    (project.passes / "001.json").write_text('{"number": 1}', encoding="utf-8")

    assert "results/passes/001.json is damaged" in live(project)["status"]


# Notebooks.
PLACES = [
    "/etc/passwd",
    "",
    ".",
    "a**b/c",
    "../x",
    "a/../../x",
    "C:/x",
    "\\\\host\\x",
    "a\0b",
    "\ud800",
]
SOURCES = [
    (("nbformat",), None),
    (("nbformat",), [3]),
    (("nbformat",), ["4"]),
    (("nbformat_minor",), None),
    (("nbformat_minor",), ["x"]),
    (("metadata", "papermill"), [None]),
    (("metadata", "papermill"), [[1]]),
    (("cells", 0, "cell_type"), None),
    (("cells", 0, "cell_type"), [["code"]]),
    (("cells", 0, "source"), None),
    (("cells", 0, "id"), [3]),
    (("cells", 0, "metadata", "tags"), [[{"a": 1}]]),
    (("cells", 0, "metadata", "tags"), [[["a"]]]),
    (("cells", 0, "metadata", "papermill"), [3]),
    (("cells", 0, "attachments"), [3]),
    *((("metadata", "boxloop", "needs"), [[item]]) for item in PLACES),
    *((("metadata", "boxloop", "makes"), [[item]]) for item in PLACES[:3]),
]


@pytest.mark.parametrize(("keys", "to"), SOURCES)
def test_a_chapter_of_another_shape_is_refused(project, keys, to):
    """In one sentence that names it; as a scratch notebook it stops nothing."""
    scratch = project.notebooks / "09_scratch.ipynb"
    text = (project.root / SOURCE).read_text(encoding="utf-8")
    scratch.write_text(text.replace("05_diagnose", "09_scratch"), encoding="utf-8")
    change(scratch, *keys, to=to)
    code, said = command(project, "run")
    assert code == 0 and "notebooks/09_scratch.ipynb is no chapter" in said
    scratch.unlink()

    change(project.root / SOURCE, *keys, to=to)
    for words in (["status"], ["run"], ["release", "--reason", "to see what it says"]):
        code, said = command(project, *words)
        assert code == 2 and "05_diagnose.ipynb" in said and len(said.splitlines()) == 1, said
    live(project)


@pytest.mark.parametrize(
    "about",
    [[3], 3, {"answers": [3]}, {"answers": {"id": "why"}}, {"answers": [{"id": 3}]},
     {"answers": [{"id": "why", "appendix": "1a"}]}, {"answers": [{"id": "why", "reforms": [1]}]}],
)  # fmt: skip
def test_an_answer_cell_of_another_shape(project, about):
    """The sentence names the cell; the report is built, and says it too."""
    path = project.root / "notebooks/01_scoping.ipynb"
    change(path, "cells", 1, "metadata", "boxloop", to=[about])
    sentence = "01_scoping.ipynb, cell why: its metadata do not name its questions"
    live(project)

    code, said = command(project, "check")
    assert code == 2 and sentence in said
    assert sentence in (project.report / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "item", ["results/04_train/", "notebooks/*.ipynb", "data/**", "a b/c.csv", "é/[x]"]
)
def test_what_lies_inside_is_a_path(item):
    """Folders, patterns, and names in any language."""
    assert is_inside(item)


def test_a_byte_order_mark(project):
    """Editors of Windows write one: study.toml is read, of a notebook it is said."""
    settings, path = project.settings_file, project.root / SOURCE
    settings.write_bytes(b"\xef\xbb\xbf" + settings.read_bytes())
    assert command(project, "run")[0] == 0
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    code, said = command(project, "run")

    assert code == 2 and "05_diagnose.ipynb begins with a byte order mark (BOM)" in said


# Figures.
@pytest.mark.parametrize("damage", [None, b"", b"another picture"])
def test_a_figure_is_a_result(project, damage):
    """Deleted or written over, it is drawn again."""
    path = project.root / SOURCE
    drawn = (
        'import matplotlib\\nmatplotlib.use(\\"agg\\")\\nfrom matplotlib.figure import Figure\\n'
    )
    drawn += "fig = Figure(); fig.subplots().plot([1, 2])\\n"
    drawn += 'here.show(fig, \\"line\\", alt=\\"A line\\")\\nSHIFT = 0.0'
    path.write_text(
        path.read_text(encoding="utf-8").replace("SHIFT = 0.0", drawn), encoding="utf-8"
    )
    assert command(project, "run")[0] == 0
    figure = project.station("05_diagnose") / "figures" / "line.png"
    before = figure.read_bytes()
    figure.unlink() if damage is None else figure.write_bytes(damage)
    became = "is gone" if damage is None else "changed"

    assert f"results/05_diagnose/figures/line.png {became}" in command(project, "status")[1]
    assert command(project, "run")[0] == 0 and figure.read_bytes() == before


# Whose copy the report has.
def row(project):
    return next(
        line for line in command(project, "status")[1].splitlines() if line.startswith("05")
    )


def test_a_copy_of_another_run_is_called_so(project):
    """After results came from another commit; by hand is what has no copy at all."""
    station = project.station("05_diagnose") / "station.json"
    change(station, "notebook", to=["05_diagnose "])
    assert row(project).endswith("its copy in the report is of another run")
    (project.root / COPY).unlink()
    assert row(project).endswith("run by hand: the report has no copy of it")


def test_a_notebook_that_failed_before_its_desk_failed(project):
    """What it found last time is still there, and that nobody ran by hand."""
    path = project.root / SOURCE
    text = path.read_text(encoding="utf-8")
    change(path, "cells", 1, "source", to=["1/0"])
    assert command(project, "run")[0] == 1
    assert "failed     cell work: ZeroDivisionError" in row(project)
    path.write_text(text, encoding="utf-8")
    assert "by hand" not in row(project)
    assert command(project, "run")[0] == 0 and " done" in row(project)


def test_results_of_a_commit_over_a_copy_that_failed(project):
    """The copy knows of no results: those that are there are another run's."""
    path, station = project.root / SOURCE, project.station("05_diagnose") / "station.json"
    kept = {file: file.read_bytes() for file in station.parent.iterdir()}
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("SHIFT = 0.0", "SHIFT = 1/0"), encoding="utf-8")
    assert command(project, "run")[0] == 1
    path.write_text(text, encoding="utf-8")
    for file, content in kept.items():
        file.write_bytes(content)

    assert row(project).endswith("its copy in the report is of another run")


def test_a_copy_whose_own_output_cannot_be_shown(project):
    """A cell may put out anything, and the copy is signed: the report has a note in its place."""
    from boxloop.notebooks.file import signed

    content = json.loads((project.root / COPY).read_text(encoding="utf-8"))
    content["cells"][1]["outputs"] = [{"output_type": "display_data", "data": 3, "metadata": {}}]
    (project.root / COPY).write_text(signed(content), encoding="utf-8")

    live(project)
    page = (project.report / "index.html").read_text(encoding="utf-8")
    assert "The executed copy cannot be shown" in page


def test_a_metric_that_could_not_be_measured_is_not_drawn():
    """Its value is null in the pass."""
    from boxloop.record.history import svg

    entry = {"value": 0.1, "low": 0.09, "high": 0.11}
    lost = {"value": None, "low": None, "high": None}
    about = {"metric": "RMSE", "unit": "", "set": "test", "number": 1}

    assert svg([about | {"model": entry, "reference": lost}]).count("role-") == 1
    assert svg([about | {"model": lost, "reference": None}]) == ""
