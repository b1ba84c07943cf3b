"""The form of the eight notebooks: what a reader, a diff and papermill rely on."""

import ast
import itertools
import json
import re
import sys

import pytest
from conftest import ROOT, TEMPLATE

from boxloop_answers import study

STATIONS = [
    "01_scoping",
    "02_baseline",
    "03_split",
    "04_train",
    "05_diagnose",
    "06_stress_test",
    "07_failures_log",
    "08_release",
]
TASKS = ["regression", "classification", "anomaly-detection"]
EDITIONS = ["research", "workshop"]
STUDIES = ["clusters", "transients", "dijet", "own_data"]  # in the order of their blocks
CONTEXT = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
TAUGHT = ["exercise", "hint", "solution", "check", "instructor"]  # the cells of an exercise
OFFERED = [
    {"task": task, "edition": edition, "study": study({"task": task, "start_from": start})}
    for task, start, edition in itertools.product(
        CONTEXT["task"], CONTEXT["start_from"], CONTEXT["edition"]
    )
]
NAMES = ["-".join(choice.values()) for choice in OFFERED]
VOCABULARY = {"parameters", "answer", "digest", "remove-input", *TASKS, *EDITIONS, *STUDIES}
VOCABULARY |= {*TAUGHT}
# A workshop has the cells of three exercises besides.
MOST_CELLS, MOST_TAUGHT, MOST_LINES, LONGEST_LINE = 36, 15, 25, 100


@pytest.fixture(params=STATIONS)
def path(request):
    """Return the source of one notebook in the template."""
    return TEMPLATE / "notebooks" / f"{request.param}.ipynb"


@pytest.fixture
def notebook(path):
    return read(path)


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def source(cell):
    return "".join(cell["source"])


def tags(cell):
    return cell["metadata"].get("tags", [])


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def test_there_are_eight():
    """No more, no fewer, by name."""
    assert sorted(path.stem for path in (TEMPLATE / "notebooks").glob("*.ipynb")) == STATIONS


def test_the_file_is_canonical(path):
    """One way to write a notebook, so that a diff shows what a person changed."""
    raw = path.read_bytes().decode("utf-8")

    assert raw == json.dumps(json.loads(raw), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def test_it_has_no_outputs(notebook):
    """The source holds no results; the executed copies do."""
    for cell in code_cells(notebook):
        assert cell["outputs"] == []
        assert cell["execution_count"] is None


def test_it_is_the_format_that_papermill_runs(notebook):
    """Format 4.5 and the kernel that every machine has."""
    metadata = notebook["metadata"]

    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert metadata["kernelspec"]["name"] == "python3"
    assert metadata["language_info"]["name"] == "python"
    assert "papermill" not in metadata


def test_ids_are_readable_and_unique(notebook):
    """Words with hyphens: links and answers point at them for years."""
    ids = [cell["id"] for cell in notebook["cells"]]

    assert len(set(ids)) == len(ids)
    for name in ids:
        assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name), name
        assert len(name) <= 64, "the notebook format allows no more"
        assert not re.fullmatch(r"[0-9a-f]{8}", name), f"{name} was made by a program"


def test_tags_are_in_the_vocabulary(notebook):
    """A misspelt tag would keep a cell that should go."""
    for cell in notebook["cells"]:
        assert set(tags(cell)) <= VOCABULARY, cell["id"]
        assert len(set(tags(cell))) == len(tags(cell)), cell["id"]


def test_one_cell_of_plain_parameters(notebook, path):
    """Papermill replaces these values, so they are plain; every chapter can run small."""
    (cell,) = [cell for cell in notebook["cells"] if "parameters" in tags(cell)]
    values = {
        line.targets[0].id: ast.literal_eval(line.value) for line in ast.parse(source(cell)).body
    }

    assert values["smoke"] is False
    assert ("release_reason" in values) == (path.stem == "08_release")


def test_it_says_what_it_needs_and_makes(notebook):
    """Posix paths from the project root, and the minutes to expect."""
    about = notebook["metadata"]["boxloop"]

    assert about["makes"]
    assert {"read", "run"} <= set(about["minutes"])
    for where in [*about["needs"], *about["makes"]]:
        assert re.fullmatch(r"[A-Za-z0-9_.*/-]+", where), where
        assert not where.startswith("/")
        assert ".." not in where


def test_every_need_is_made_by_an_earlier_chapter():
    """The loop has no hole: what a chapter reads is there when its turn comes."""
    from boxloop.notebooks.graph import matches

    made = []
    for name in STATIONS:
        about = read(TEMPLATE / "notebooks" / f"{name}.ipynb")["metadata"]["boxloop"]
        for need in about["needs"]:
            is_given = need.split("/")[0] in {"study", "boxloop", "study.toml", "notebooks"}
            # What a person confirms with `boxloop answers`, not what a chapter makes.
            is_given = is_given or need == "results/passes/confirmed*.json"
            is_fragment = re.fullmatch(r"results/(\d\d_\w+)/(checks|metrics|station)\.json", need)
            is_earlier = bool(is_fragment) and is_fragment[1] < name
            assert is_given or is_earlier or any(matches(need, make) for make in made), (
                f"{name} needs {need}"
            )
        made += about["makes"]


def test_it_opens_and_closes_like_a_chapter(notebook):
    """Title, questions, objectives, needs, makes and time first; key points last."""
    first, last = notebook["cells"][0], notebook["cells"][-1]

    assert first["cell_type"] == last["cell_type"] == "markdown"
    assert source(first).startswith("# ")
    for word in ("Questions", "Objectives", "Needs", "Makes", "Time"):
        assert re.search(rf"\*\*{word}\W*\*\*", source(first)), word
    assert "key points" in source(last).lower()
    assert "here.finish()" in source(code_cells(notebook)[-1])


def chosen(notebook, choice):
    """Return the cells that the hook keeps for one choice of task, edition and study."""
    lists = {"task": TASKS, "edition": EDITIONS, "study": STUDIES}
    return [
        cell
        for cell in notebook["cells"]
        if all(
            not set(tags(cell)) & set(values) or choice[key] in tags(cell)
            for key, values in lists.items()
        )
    ]


@pytest.mark.parametrize("choice", OFFERED, ids=NAMES)
def test_every_chapter_has_its_digest(notebook, choice):
    """Cells that show something, at most one each of prose, in every project that there can be.

    A worked example says what is seen; in a study of its own somebody else will.
    """
    shown = [cell for cell in chosen(notebook, choice) if "digest" in tags(cell)]
    prose = [cell for cell in shown if cell["cell_type"] == "markdown"]

    assert 1 <= len(code_cells({"cells": shown})) <= 3
    assert len(prose) <= 1 and (prose or choice["study"] == "own_data")
    assert not any("answer" in tags(cell) for cell in shown)


@pytest.mark.parametrize("choice", OFFERED, ids=NAMES)
def test_it_is_short_where_it_is_read(notebook, choice):
    """At most 36 cells, none of code longer than 25 lines, in each project that there can be."""
    cells = chosen(notebook, choice)
    taught = [cell for cell in cells if set(tags(cell)) & set(TAUGHT)]

    assert 15 <= len(cells) - len(taught) <= MOST_CELLS
    assert len(taught) <= (MOST_TAUGHT if choice["edition"] == "workshop" else 0)
    for cell in code_cells({"cells": cells}):
        assert len(source(cell).splitlines()) <= MOST_LINES, cell["id"]


def test_no_line_is_long(notebook):
    """A line of code is read without scrolling, in the notebook, in the report and in a diff."""
    for cell in code_cells(notebook):
        assert max(map(len, source(cell).splitlines())) <= LONGEST_LINE, cell["id"]


def test_a_study_stands_in_one_block_between_shared_cells(notebook):
    """What one study says is read, and edited, in one piece; studies stand in one order."""
    last = -1
    for cell in notebook["cells"]:
        place = [STUDIES.index(tag) for tag in tags(cell) if tag in STUDIES]
        assert len(place) <= 1, (
            f"{cell['id']}: what several studies share has the tag of their task"
        )
        assert not place or place[0] >= last, cell["id"]
        last = place[0] if place else -1


def test_code_runs_everywhere(notebook):
    """Plain Python: no shell, no magics, no path of one machine, no more than two processes."""
    for cell in code_cells(notebook):
        text = source(cell)
        ast.parse(text)
        assert not re.search(r"""["'](/\w+/|~/|[A-Za-z]:[\\/])""", text), cell["id"]
        assert not re.search(r"n_jobs\s*=\s*(-|[3-9]|\d\d)", text), cell["id"]
        assert not text.endswith("\n"), cell["id"]


def test_no_cell_ends_with_a_path(notebook):
    """Where a file was kept is a path of this machine, and no output for a reader."""
    for cell in code_cells(notebook):
        text = source(cell).rstrip()
        last = ast.parse(text).body[-1]
        kept = re.match(r"here\.keep\(", ast.unparse(last))
        assert not kept or text.endswith(";"), cell["id"]


def test_a_figure_is_shown_where_it_is_drawn(notebook):
    """An open figure is shown at the end of its cell: another cell would show it a second time."""
    for cell in code_cells(notebook):
        text = source(cell)
        assert "plt.subplots(" not in text or "here.show(" in text, cell["id"]


def test_answers_say_what_they_reply_to(notebook):
    """Each question in bold has its id and its items of the two sheets, in order."""
    from boxloop.notebooks.answers import split_answers

    for cell in notebook["cells"]:
        listed = cell["metadata"].get("boxloop", {}).get("answers", [])
        assert bool(listed) == ("answer" in tags(cell)), cell["id"]
        if listed:
            assert cell["cell_type"] == "markdown"
            assert len(split_answers(source(cell))) == len(listed), cell["id"]
        for answer in listed:
            assert isinstance(answer["appendix"], list), answer["id"]
            assert isinstance(answer["reforms"], list), answer["id"]


def test_answers_are_the_same_in_every_project(notebook):
    """The sheets name an answer by notebook and id: it stands once in each project, the same."""
    found = []
    for choice in OFFERED:
        answers = [
            answer
            for cell in chosen(notebook, choice)
            for answer in cell["metadata"].get("boxloop", {}).get("answers", [])
        ]
        found.append({answer["id"]: (answer["appendix"], answer["reforms"]) for answer in answers})

        assert len(found[-1]) == len(answers)
    assert all(one == found[0] for one in found)


def test_this_list_of_stations_is_the_one_of_the_machinery():
    """The names stand once in the machinery and once here, where they are demanded."""
    from boxloop.base.places import STATIONS as THEIRS

    assert list(THEIRS) == STATIONS


def test_this_list_of_studies_is_the_one_of_the_bake_and_of_the_tool():
    """The names stand once where cells are chosen, and once where they are brought home."""
    sys.path.insert(0, str(ROOT / "tools"))
    from cells import STUDIES as BROUGHT_HOME

    from boxloop.upkeep.finish import STUDIES as CHOSEN

    assert list(BROUGHT_HOME) == STUDIES
    assert sorted(CHOSEN) == sorted(STUDIES)
