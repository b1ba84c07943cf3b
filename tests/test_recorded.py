"""The pass that a worked example has behind it: recorded history, made again by a slow test."""

import json
import math
import platform
import re
import shutil
import sys

import pytest
from conftest import ROOT, TEMPLATE
from test_traceable import markdown
from test_unfinished_bake import boxloop

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.notebooks.graph import read_loop
from boxloop.notebooks.sets_named import set_of
from boxloop.record.answered import confirm
from boxloop.record.causes import causes_now, causes_of
from boxloop.record.edits import edits, words
from boxloop.record.lines import status_lines
from boxloop.record.lost import losses_of_passes, recorded_files
from boxloop.record.passes import all_passes, passes_made_here
from boxloop.record.traced import Results
from boxloop.run.loop import run
from boxloop.run.reset import reset
from boxloop.settings.load import load_settings
from boxloop.upkeep.recorded import set_back

sys.path.insert(0, str(ROOT / "tools"))
import recorded as tool

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick

TASK = {"clusters": "regression", "transients": "classification", "dijet": "anomaly-detection"}
STUDIES = [path.parents[1].name for path in sorted(TEMPLATE.glob("studies/*/passes/001.json"))]
EXACT = 1e-9  # relative


def silent(text):
    """Take the progress lines."""


@pytest.fixture(scope="module", params=STUDIES)
def fresh(request, bake, tmp_path_factory):
    """A worked example that nobody has run."""
    folder = tmp_path_factory.mktemp(request.param)
    return Project(bake(folder, task=TASK[request.param], author_name="Ada Tester"))


def test_a_fresh_project_has_one_pass_behind_it(fresh):
    """Recorded with the template, on a day, unreleased; nothing of it is lost, none was made."""
    (past,) = all_passes(fresh)

    assert past["number"] == 1 and not past["released"] and re.match(r"\d{4}-", past["time"])
    assert past["note"].startswith("recorded with the template: ")
    assert f"Pass: 1 ({past['time'][:10]}, {past['note']})." in status_lines(fresh)
    assert losses_of_passes(fresh) == [] and passes_made_here(fresh) == []
    assert not (fresh.study / "passes").exists()
    done = boxloop(fresh.root, "compare")
    assert done.returncode == 0 and past["note"].split(": ")[1] in " ".join(done.stdout.split())


def test_only_the_revision_was_another(fresh):
    """What this project would be run from differs from pass 1 by what that has taught it."""
    then, now = causes_of(fresh, all_passes(fresh)[0]), causes_now(fresh, read_loop(fresh), {})
    now.data, now.made = then.data, then.made  # nothing was run yet

    assert {edit.name[0] for edit in edits(then, now)} == {"revision"}
    assert words(then, now) == []


def test_it_is_no_memory_of_answers_and_no_run(fresh):
    """Nobody confirms an answer before a run, and nothing is there to be put away."""
    with pytest.raises(UserError, match="nothing was run"):
        confirm(fresh, ["all"])
    with pytest.raises(UserError, match="Nothing was run yet"):
        reset(fresh, "to see whether it begins anew")


def test_a_link_leads_to_what_the_pass_found(fresh):
    """Its metrics, and whatever the prose asks of it, stand at addresses of their own."""
    (past,) = all_passes(fresh)
    results = Results(fresh, {}, [])
    primary = past["metrics"]["primary"]
    entry = results.find(f"pass1.{primary['set']}.{primary['name']}.model")

    assert (entry.value, entry.low, entry.high) == tuple(
        primary["model"][key] for key in ("value", "low", "high")
    )
    text = "".join(path.read_text(encoding="utf-8") for path in fresh.notebooks.glob("*.ipynb"))
    for address in set(re.findall(r"\]\(#(pass\d+\.[^)]+)\)", text)):
        assert results.find(address), f"{address}: {tool.REFRESH} {past['note']}"


def test_revisions_are_set_back_in_their_own_table():
    """By name; other tables, comments and keys that begin alike stay."""
    text = '[a]\nrows = 1\n\n[revision]\n# why\nrows = 300\nrows_b = true\nof = "b"\n\n[c]\na = 2\n'
    back = set_back(text, {"rows": 0, "of": ""})

    assert back == text.replace("rows = 300", "rows = 0").replace('of = "b"', 'of = ""')
    assert set_back("[a]\nrows = 1\n", {"rows": 0}) == "[a]\nrows = 1\n"
    assert set_back("[a]\n\n[revision]\nrows = 3\n", {"rows": 0}).endswith("rows = 0\n")


def test_a_link_to_an_earlier_pass_speaks_of_the_same_set():
    """A sentence on simulator B may not link to what pass 1 found on validation rows."""
    assert set_of("pass1.gain.validation.rmse", {"validation"}) == "validation"
    assert set_of("pass12.validation.rmse.model", {"validation"}) == "validation"
    assert set_of("passage.validation.rmse", {"validation"}) == ""


# A project of five tiny notebooks whose pass 1 counts as recorded.


def as_recorded(project):
    """Let the only pass of a project be one that came with the template."""
    path = project.passes / "001.json"
    past = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(past | {"recorded": {"revision": {}}}), encoding="utf-8")
    return past


def test_a_reset_leaves_it_where_it_is(project, quick):
    """What runs have made is put away, with a copy of the pass; pass 1 is history as before."""
    run(project, echo=silent)
    as_recorded(project)
    settings = project.settings_file.read_text(encoding="utf-8")
    project.settings_file.write_text(settings.replace('"Toy"', '"Toys"'), encoding="utf-8")
    assert run(project, echo=silent).pass_number == 2
    files = recorded_files(project)
    before = {path: path.read_bytes() for path in files}

    attic = reset(project, "because the data are others").attic

    assert {path: path.read_bytes() for path in recorded_files(project)} == before
    assert (attic / "results" / "passes" / "002.json").is_file()
    assert [past["number"] for past in all_passes(project)] == [1]
    assert losses_of_passes(project) == []
    assert run(project, echo=silent).pass_number == 2


def test_who_computes_it_again_has_made_it(project, quick):
    """The same science in this project takes the place of the record."""
    run(project, echo=silent)
    as_recorded(project)
    assert run(project, echo=silent).pass_number == 1

    assert [past["number"] for past in passes_made_here(project)] == [1]


def test_a_pass_keeps_what_a_chapter_said_and_what_is_linked(project, quick):
    """A cell of a table stays only where a sentence asks a pass for it."""
    folder = project.station("04_look")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "numbers.json").write_text('{"slope": {"value": 2.0, "low": 1.5}}', encoding="utf-8")
    (folder / "fit.csv").write_text("of,rmse,bias\nall,0.5,0.1\n", encoding="utf-8")
    text = "It was [0.5](#pass1.04_look.fit.all.rmse) then."
    path = project.notebooks / "05_release.ipynb"
    book = json.loads(path.read_text(encoding="utf-8"))
    book["cells"] += markdown(text)["cells"]
    path.write_text(json.dumps(book), encoding="utf-8")
    run(project, echo=silent)

    (past,) = all_passes(project)
    assert past["numbers"]["04_look.slope"] == {"value": 2.0, "low": 1.5}
    assert past["numbers"]["04_look.fit.all.rmse"] == {"value": 0.5}
    assert "04_look.fit.all.bias" not in past["numbers"]
    results = Results(project, {}, [])
    assert results.find("pass1.04_look.slope.low").value == 1.5
    assert results.find("pass1.04_look.fit.all.bias") is None
    assert "pass 1 keeps no number" in results.sentence("pass1.04_look.fit.all.bias")
    assert "nearest: #pass1.04_look.fit.all.rmse" in results.sentence("pass1.04_look.fit.all.bias")
    assert "no numbers of pass 7" in results.sentence("pass7.04_look.slope")


@pytest.mark.parametrize("damage", ['{"numbers": 3}', '{"numbers": {"a": 3}}', "[1]", "{"])
def test_a_damaged_record_is_no_traceback(project, quick, damage):
    """A pass that cannot be read is named, and its addresses lead nowhere."""
    run(project, echo=silent)
    path = project.passes / "001.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    part = json.loads(damage) if damage != "{" else None
    text = json.dumps(whole | part) if isinstance(part, dict) else damage
    path.write_text(text, encoding="utf-8")

    assert Results(project, {}, []).find("pass1.a") is None
    assert losses_of_passes(project) == [
        "results/passes/001.json is damaged: restore it from your last commit, or delete it."
    ]


@pytest.mark.slow
def test_the_pass_is_made_again_and_every_number_is_the_same(fresh, tmp_path):
    """From the inputs that it keeps: its study.toml, with the science of this project.

    To a part in a billion with the packages that it was recorded with, on any x86; elsewhere each
    number has to lie within its interval on record.
    """
    (past,) = all_passes(fresh)
    task = load_settings(fresh.settings_file).study.task
    study = next(name for name in STUDIES if TASK[name] == task)
    copy = Project(shutil.copytree(fresh.root, tmp_path / "again"))
    copy.settings_file.write_text(causes_of(fresh, past).settings, encoding="utf-8")
    again = tool.recorded(tool.run(copy.root), past["recorded"]["revision"], tool.NOTES[study])

    same = again["causes"]["packages"] == past["causes"]["packages"]
    same = same and platform.machine() in ("x86_64", "AMD64")
    found = [*(differences if same else departures)(past, again)]
    assert not found, (
        f"pass 1 of {study} is out of date ({'; '.join(found[:5])}): record it anew by "
        f"`{tool.REFRESH} {study}`"
    )


LEFT_OUT = {"time", "causes", "note", "words"}
# Hashes of tables, whose bytes another version of pyarrow writes otherwise, and what a bake adds.
ANYWHERE = {"raw", "measured"}


def differences(old, new, where=""):
    """Yield where two records differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}.keys() - (ANYWHERE if where else LEFT_OUT):
            if key not in old or key not in new:
                yield f"{where}{key} is only in {'the record' if key in old else 'the run'}"
            else:
                yield from differences(old[key], new[key], f"{where}{key}.")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for at, pair in enumerate(zip(old, new, strict=True)):
            yield from differences(*pair, f"{where}{at}.")
    elif not _are_same(old, new):
        yield f"{where[:-1]}: {old!r} is {new!r} now"


def _are_same(old, new):
    if isinstance(old, float) and isinstance(new, float):
        return math.isclose(old, new, rel_tol=EXACT, abs_tol=1e-15)
    return old == new


def departures(old, new):
    """Yield what lies outside of its interval on record: all that other packages have to keep."""
    measured = {name: entry for name, entry in old["numbers"].items() if "value" in entry}
    for name, entry in measured.items():
        value = new["numbers"].get(name, {}).get("value")
        low, high = entry.get("low", -math.inf), entry.get("high", math.inf)
        if value is None or not low <= value <= high:
            yield f"{name}: {entry.get('value')} is {value} now"


def test_every_number_is_compared():
    """A number, a state, a missing key, deep inside."""
    old = {"time": "a", "sets": {"v": [{"value": 0.1}, {"state": "pass"}]}, "numbers": {"x": 1.0}}

    assert not [*differences(old, {**old, "time": "b"})]
    for change in (
        {"sets": {"v": [{"value": 0.1 + 1e-9}, {"state": "pass"}]}},
        {"sets": {"v": [{"value": 0.1}, {"state": "fail"}]}},
        {"numbers": {}},
        {"numbers": {"x": 1.0, "y": 1.0}},
    ):
        assert len([*differences(old, {**old, **change})]) == 1
