"""The graph: what is read from the notebooks, in which order they run, what is refused."""

import pytest
from fake_loop import GRAPH, cell, make_project, notebook, write_notebook

from boxloop.base.errors import UserError
from boxloop.notebooks.graph import maker_of, matches, read_loop, require, select, upstream


def names(chapters):
    return [chapter.name for chapter in chapters]


def test_order_follows_needs_and_then_names(tmp_path):
    """A notebook that needs a later-named one waits for it."""
    graph = {
        "01_a": (["data/b.txt"], ["data/a.txt"]),
        "02_b": ([], ["data/b.txt"]),
        "03_c": ([], ["data/c.txt"]),
    }

    assert names(read_loop(make_project(tmp_path, graph=graph))) == ["02_b", "01_a", "03_c"]


def test_a_chapter_carries_what_its_notebook_says(tmp_path):
    """Needs, makes, minutes and the plain values of the parameters cell."""
    chapter = read_loop(make_project(tmp_path))[-1]

    assert chapter.needs == ("results/03_train/model.txt",)
    assert chapter.makes == ("results/05_release/card.txt",)
    assert chapter.minutes == {"read": 1, "run": 1}
    assert chapter.parameters == {"smoke": False, "extra": 1.5, "release_reason": ""}


def test_other_files_in_the_folder_do_not_matter(tmp_path):
    """Only NN_*.ipynb belong to the loop."""
    project = make_project(tmp_path)
    (project.notebooks / "scratch.ipynb").write_text("{}", encoding="utf-8")
    (project.notebooks / ".ipynb_checkpoints").mkdir()

    assert names(read_loop(project)) == list(GRAPH)


@pytest.mark.parametrize(
    ("need", "make", "found"),
    [
        ("data/raw/a.parquet", "data/raw/*.parquet", True),
        ("data/raw/*.parquet", "data/raw/a.parquet", True),
        ("results/04_train", "results/04_train/model.skops", True),
        ("results/04_train/model.skops", "results/04_train/", True),
        ("data/raw/a.csv", "data/raw/*.parquet", False),
        ("data/raw2/a.csv", "data/raw", False),
    ],
)
def test_patterns_and_folders_match(need, make, found):
    """Either side may be a pattern or a folder."""
    assert matches(need, make) is found


def test_maker_and_upstream(tmp_path):
    """Who makes a file, and who must come through first."""
    project = make_project(tmp_path)
    chapters = read_loop(project)

    assert maker_of(project, "data/interim/train.txt") == "02_split"
    assert maker_of(project, "data/nothing.txt") is None
    assert upstream(chapters[3], chapters) == {"02_split"}


def test_a_circle_is_named(tmp_path):
    """Two notebooks that wait for each other are both in the message."""
    graph = {"01_a": (["data/b.txt"], ["data/a.txt"]), "02_b": (["data/a.txt"], ["data/b.txt"])}

    with pytest.raises(UserError, match=r"01_a needs 02_b needs 01_a|02_b needs 01_a needs 02_b"):
        read_loop(make_project(tmp_path, graph=graph))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a readable notebook"),
        ("[1]", "format 4"),
        ('{"cells": []}', "format 4"),
        ('{"cells": [], "nbformat": 4, "nbformat_minor": 5}', "does not say what it needs"),
        (
            (
                '{"cells": [], "nbformat": 4, "nbformat_minor": 5, '
                '"metadata": {"boxloop": {"needs": "x", "makes": []}}}'
            ),
            "does not say what it needs",
        ),
    ],
)
def test_a_bad_notebook_is_one_sentence(tmp_path, text, says):
    """Each is named with its file."""
    project = make_project(tmp_path)
    (project.notebooks / "03_train.ipynb").write_text(text, encoding="utf-8")

    with pytest.raises(UserError, match=f"03_train.*{says}"):
        read_loop(project)


def test_parameters_must_be_plain(tmp_path):
    """A call in the parameters cell cannot be read without running it."""
    project = make_project(tmp_path)
    content = notebook("03_train", [], [])
    content["cells"][1] = cell("code", "parameters", "n = int(3)", ["parameters"])
    write_notebook(project, "03_train", content)

    with pytest.raises(UserError, match="parameters cell of 03_train"):
        read_loop(project)


def test_no_notebooks(tmp_path):
    """An empty folder is a sentence, not an empty run."""
    with pytest.raises(UserError, match="no notebook"):
        read_loop(make_project(tmp_path, graph={}))


@pytest.mark.parametrize("wanted", ["3", "03", "train", "03_train", "03_train.ipynb"])
def test_only_by_number_or_name(tmp_path, wanted):
    """Five ways to say the same notebook."""
    assert names(select(read_loop(make_project(tmp_path)), only=wanted)) == ["03_train"]


def test_start_takes_all_that_follow(tmp_path):
    """--from 4 is 04 and 05."""
    assert names(select(read_loop(make_project(tmp_path)), start="4")) == ["04_look", "05_release"]


def test_select_refuses_what_is_not_there(tmp_path):
    """The message says what there is; both options together are refused."""
    chapters = read_loop(make_project(tmp_path))

    with pytest.raises(UserError, match="no notebook 9: there are 01_scoping, 02_split"):
        select(chapters, only="9")
    with pytest.raises(UserError, match="exclude each other"):
        select(chapters, only="1", start="2")


def test_a_missing_need_names_its_maker(tmp_path):
    """The sentence holds the command that makes it."""
    project = make_project(tmp_path)
    chapters = read_loop(project)

    with pytest.raises(
        UserError,
        match=(
            r"03_train needs data/interim/train.txt, which 02_split makes: run `boxloop run --from "
            r"02`"
        ),
    ):
        require(project, chapters, select(chapters, start="3"))
    require(project, chapters, chapters)


def test_a_need_that_no_notebook_makes(tmp_path):
    """It has to be put there by hand."""
    project = make_project(tmp_path, graph={"01_a": (["data/raw/mine.csv"], [])})
    chapters = read_loop(project)

    with pytest.raises(UserError, match="no notebook makes"):
        require(project, chapters, chapters)
