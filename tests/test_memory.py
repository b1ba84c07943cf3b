"""An answer is bound to the results it was written for, and to the example that gave it."""

import json
from types import SimpleNamespace

import pytest
from fake_report import answer, make_report_project, notebook, write_chapter, write_json

from boxloop.base.errors import UserError
from boxloop.notebooks.answers import read_answers
from boxloop.notebooks.memory import write_example
from boxloop.record.answered import confirm, remember, restore
from boxloop.record.causes import causes_now, keep
from boxloop.record.facts import doubted, hashes, named
from boxloop.record.status import Now, _facts_changed

STUDY = """
[study]
target = "{target}"

[columns.depth]
role = "{role}"
unit = "{unit}"

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


def settle(project, value=0.30, *, target="mass", extra="", raw="1", unit="m", role="input"):
    """Let the project find this value, on raw data of this hash, for this target."""
    model = {"value": value, "low": value - 0.02, "high": value + 0.02}
    metrics = {"rmse": {"model": model}}
    primary = {"name": "rmse", "set": "validation", "model": model}
    sets = {"validation": {"n_rows": 9, "n_groups": 9, "metrics": metrics}}
    write_json(project.metrics_file, {"primary": primary, "sets": sets})
    write_json(project.station("01_scoping") / "station.json", {"outside": {"data/raw/a.csv": raw}})
    text = STUDY.format(target=target, unit=unit, role=role) + extra
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
    assert "manifests.json" in [path.name for path in project.passes.iterdir()]
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
        ({"extra": '[columns.core]\nrole = "input"\n'}, "core is an input now"),
        ({"unit": "km"}, "the unit of depth was m, is km"),
        ({"role": "nuisance"}, "depth is no longer an input"),
        ({"extra": '[columns.core]\nrole = "nuisance"\n'}, ""),
        ({"value": 0.301, "raw": "2"}, "the raw data are others"),
        ({"raw": "2"}, ""),
    ],
    ids=[
        "inside",
        "beyond",
        "target",
        "input",
        "unit",
        "role",
        "nuisance",
        "data",
        "same-data-other-bytes",
    ],
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
    settle(project, 0.9)
    assert confirm(project, ["data,02_baseline.data", "all"]) == ["02_baseline.data"]
    assert confirm(project, ["all"]) == []


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


def passed(project, number=1):
    """Keep a pass, with all that it was made from, and the memory of the answers."""
    kept = keep(project, causes_now(project, [], {}))
    metrics = json.loads(project.metrics_file.read_text(encoding="utf-8"))
    past = {"number": number, "metrics": metrics, "causes": kept, "released": False}
    write_json(project.passes / f"{number:03d}.json", past)
    remember(project)


LOST = {
    "deleted": None,
    "no-json": "{",
    "no-table": "[]",
    "no-entry": '{"02_baseline.data": 3}',
    "no-text": '{"02_baseline.data": {"text": []}}',
}


@pytest.mark.parametrize("content", LOST.values(), ids=LOST)
def test_a_lost_memory_is_said_and_made_again(project, content):
    """An answer counts no longer, until the passes have told what it was written for."""
    passed(project)
    whole = (project.passes / "answers.json").read_bytes()
    settle(project, 0.5)
    assert first(project)[1] == "written for other results: rmse on validation was 0.3, is 0.5"

    lose(project, content)
    state, why, _ = first(project)
    assert state == "unanswered"
    how = "missing" if content is None else "damaged"
    assert why.endswith(f"what it was written for: results/passes/answers.json is {how}")

    said = restore(project)
    assert said == [f"results/passes/answers.json was {how}: it is made again from pass 1."]
    assert (project.passes / "answers.json").read_bytes() == whole
    assert first(project)[1].startswith("written for other results")
    assert restore(project) == []


def lose(project, content):
    """Delete the memory, or write this instead."""
    path = project.passes / "answers.json"
    path.unlink()
    if content is not None:
        path.write_text(content, encoding="utf-8")


def test_what_no_pass_holds_any_more_must_be_confirmed(project):
    """A memory cannot be made new by losing it together with the texts of the passes."""
    passed(project)
    settle(project, 0.5)
    lose(project, None)
    for path in (project.passes / "objects").iterdir():
        path.unlink()
    restore(project)
    assert first(project)[:2] == (
        "unanswered",
        "nothing is remembered of what it was written for, and no pass holds it any more",
    )
    remember(project)
    assert first(project)[0] == "unanswered"
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "It is deeper.")]))
    remember(project)
    assert first(project)[0] == "answered"
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "It is deep.")]))
    assert confirm(project, ["all"]) == ["02_baseline.data"]
    assert first(project)[0] == "answered"


def test_a_text_that_comes_back_is_judged_before_the_run(project):
    """A text of an earlier pass speaks of that pass, in 08 as well as after it."""
    passed(project)
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "It is deeper.")]))
    (project.passes / "answers.json").write_text("{}", encoding="utf-8")
    settle(project, 0.5)
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "It is deep.")]))
    restore(project)
    assert first(project)[1] == "written for other results: rmse on validation was 0.3, is 0.5"
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "Deeper still.")]))
    assert restore(project) == []
    assert first(project)[0] == "answered"


def test_a_pass_without_answers_is_no_loss(project):
    """That nothing is answered yet is kept, and nothing is said to be missing later."""
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "TODO")]))
    passed(project)
    assert json.loads((project.passes / "answers.json").read_text(encoding="utf-8")) == {}
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "It is deep.")]))
    assert restore(project) == []
    assert first(project)[0] == "answered"


def test_what_is_known_of_answers_dates_their_reader(project):
    """A chapter that judged the answers is out of date once they are judged otherwise."""
    passed(project)
    settle(project, 0.5)
    facts = {"code": {}, "doubted": doubted(project)}
    assert facts["doubted"] == ["02_baseline.data"]
    chapter = SimpleNamespace(name="08_release", needs=["notebooks/*.ipynb"])
    declared = named(project, chapter.name, chapter.needs)
    facts["declared"] = hashes(project, declared.values())
    assert _facts_changed(Now(project, []), chapter, facts) is None
    confirm(project, ["all"])
    assert _facts_changed(Now(project, []), chapter, facts) == (
        "what is known of the answers changed"
    )


def test_a_pass_of_an_older_version_is_no_loss(project):
    """It remembered nothing, and nobody is accused for that."""
    write_json(project.passes / "001.json", {"number": 1, "metrics": {}, "released": False})
    assert first(project)[0] == "answered"
    assert restore(project) == []


def test_damaged_confirmations_are_named(project):
    """And count for nothing."""
    passed(project)
    settle(project, 0.5)
    confirm(project, ["data"])
    (project.passes / "confirmed.json").write_text("{", encoding="utf-8")
    assert first(project)[0] == "unanswered"
    assert "results/passes/confirmed.json is damaged" in restore(project)[0]


def test_there_is_nothing_to_confirm_before_a_run(project):
    """A confirmation speaks of results, and there are none."""
    project.metrics_file.unlink()
    for path in project.passes.glob("*.json"):
        path.unlink()
    with pytest.raises(UserError, match="nothing to confirm yet"):
        confirm(project, ["data"])


def test_the_answer_of_the_example_is_not_yours(project):
    """It counts while the example is there, and no longer once its data were replaced."""
    write_example(project.root, "bats", {"02_baseline.data": "It is deep."})
    assert first(project) == ("example", "answered by the example", True)
    settle(project, extra='[columns.core]\nrole = "nuisance"\n')
    assert first(project)[0] == "example"
    confirm(project, ["data"])
    assert first(project) == ("answered", "", True)
    (project.passes / "confirmed.json").unlink()

    settle(project, target="girth")
    assert first(project)[0] == "unanswered"
    assert "whose data were replaced" in first(project)[1]
    write_chapter(project, "02_baseline", notebook([answer("answer-02", "My own words.")]))
    assert first(project)[0] == "answered"
