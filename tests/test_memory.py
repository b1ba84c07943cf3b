"""An answer is bound to the results it was written for, and to the example that gave it."""

import json

import pytest
from fake_report import answer, make_report_project, notebook, write_chapter, write_json

from boxloop.base.errors import UserError
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.memory import write_example
from boxloop.record.answered import confirm, remember

STUDY = """
[study]
target = "{target}"

[columns.depth]
role = "input"
unit = "m"

[columns.{target}]
role = "target"
unit = "kg"
"""


@pytest.fixture
def project(tmp_path):
    """A project with one answered question, an open one, and a headline."""
    project = make_report_project(tmp_path / "p", names=[])
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "It is deep.")]))
    about = {"answers": [{"id": "later", "appendix": [], "reforms": []}]}
    todo = answer("answer-03", "TODO") | {"metadata": {"tags": ["answer"], "boxloop": about}}
    write_chapter(project, "03_split", notebook([todo]))
    settle(project)
    return project


def settle(project, value=0.30, *, target="mass", extra="", raw="1"):
    """Let the project find this value, on raw data of this hash, for this target."""
    model = {"value": value, "low": value - 0.02, "high": value + 0.02}
    metrics = {"rmse": {"model": model}}
    primary = {"name": "rmse", "set": "validation", "model": model}
    sets = {"validation": {"n_rows": 9, "n_groups": 9, "metrics": metrics}}
    write_json(project.metrics_file, {"primary": primary, "sets": sets})
    write_json(project.station("01_scoping") / "station.json", {"outside": {"data/raw/a.csv": raw}})
    text = STUDY.format(target=target) + extra
    project.settings_file.write_text(text, encoding="utf-8")


def first(project):
    """Return state and reason of the first answer."""
    row = read_answers(project)[0]
    return row["state"], row["why"], row["answered"]


def test_a_pass_remembers_and_writes_no_notebook(project):
    """By the text; a question without an answer is not remembered."""
    before = (project.notebooks / "02_baseline.ipynb").read_bytes()
    remember(project)
    remember(project)
    known = json.loads((project.passes / "answers.json").read_text(encoding="utf-8"))
    assert list(known) == ["02_baseline.data"]
    assert known["02_baseline.data"]["spoke_of"]["headline"]["value"] == 0.30
    assert (project.notebooks / "02_baseline.ipynb").read_bytes() == before


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ({"value": 0.31}, ""),
        ({"value": 0.335}, "rmse on validation was 0.3, is 0.335"),
        ({"target": "girth"}, "the target was mass, is girth"),
        ({"extra": '[columns.core]\nrole = "input"\n'}, "the inputs of study.toml are others"),
        ({"extra": '[columns.core]\nrole = "nuisance"\n'}, ""),
        ({"value": 0.301, "raw": "2"}, "the raw data are others"),
        ({"raw": "2"}, ""),
    ],
    ids=["inside", "beyond", "target", "input", "nuisance", "data", "same-data-other-bytes"],
)
def test_other_results_ask_for_the_answer_again(project, now, why):
    """A change beyond the intervals counts, until the text is edited."""
    remember(project)
    settle(project, **now)
    state = "unanswered" if why else "answered"
    assert first(project) == (state, f"written for other results: {why}" if why else "", not why)

    write_chapter(project, "02_baseline", notebook([answer("answer-02", "It is deeper.")]))
    assert first(project)[0] == "answered"


def test_what_is_remembered_of_a_text_stays(project):
    """A pass that comes after does not make an old text new."""
    remember(project)
    settle(project, 0.5)
    remember(project)
    assert first(project)[0] == "unanswered"


def test_a_person_may_confirm(project):
    """By id or by chapter; the confirmation is bound to the results, and to the text, too."""
    remember(project)
    settle(project, 0.5)
    assert confirm(project, ["data"]) == ["02_baseline.data"]
    assert first(project)[0] == "answered"
    remember(project)
    settle(project, 0.7)
    assert first(project)[1] == "written for other results: rmse on validation was 0.5, is 0.7"
    assert confirm(project, ["02"]) == ["02_baseline.data"]
    assert confirm(project, ["02"]) == []


def test_a_text_that_comes_back_is_as_old_as_it_was(project):
    """To write something else for one pass makes the old answer no newer."""
    remember(project)
    for text, value in (("Something else.", 0.3), ("It is deep.", 0.5)):
        write_chapter(project, "02_baseline", notebook([answer("answer-02", text)]))
        settle(project, value)
        if value == 0.5:
            assert first(project)[0] == "unanswered"
        remember(project)
    assert first(project)[0] == "unanswered"


@pytest.mark.parametrize(
    ("name", "said"), [("nobody", "There is no answer nobody"), ("later", "nothing to confirm")]
)
def test_what_cannot_be_confirmed_is_named(project, name, said):
    """An id that no question has; an answer that says TODO."""
    with pytest.raises(UserError, match=said):
        confirm(project, [name])


def test_a_damaged_memory_is_no_memory(project):
    """Nothing is accused by a file that cannot be read."""
    remember(project)
    settle(project, 0.5)
    for content in ("{", "[]", '{"02_baseline.data": 3}', '{"02_baseline.data": {"text": []}}'):
        (project.passes / "answers.json").write_text(content, encoding="utf-8")
        assert first(project)[0] == "answered"


def test_the_answer_of_the_example_is_not_yours(project):
    """It counts while the example is there, and no longer once its data were replaced."""
    write_example(project.root, "bats", {"02_baseline.data": "It is deep."})
    assert first(project) == ("example", "answered by the example", True)
    settle(project, extra='[columns.core]\nrole = "nuisance"\n')
    assert first(project)[0] == "example"

    settle(project, target="girth")
    assert first(project)[0] == "unanswered"
    assert "whose data were replaced" in first(project)[1]
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "My own words.")]))
    assert first(project)[0] == "answered"
