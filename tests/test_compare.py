"""`boxloop compare`: what was edited, by name, then what it did to the numbers."""

import re

import pytest
from fake_loop import notebook, write_notebook

from boxloop.base.files import write_json, write_text
from boxloop.base.objects import place
from boxloop.record.compared import WIDTH, wrapped
from boxloop.record.passes import all_passes, last_pass

pytest_plugins = ["loop_fixtures"]  # its fixtures: project, quick, call


def measured(project, value, *, unit=1.0):
    """Leave results of a run: one metric on two sets, a criterion, a check."""
    one = {"value": value * unit, "low": (value - 2) * unit, "high": (value + 2) * unit}
    other = {"value": 90 * unit, "low": 80 * unit, "high": 99 * unit}
    who = {"model": one, "reference": other, "difference": one}
    primary = {"name": "rmse", "label": "RMSE", "unit": "kg", "set": "validation"} | who
    row = {"name": "a criterion with a rather long name that says what is asked for, and of whom"}
    row |= {"metric": "rmse", "set": "validation", "quantity": "value", "bound": "at most 70"}
    row |= {"value": value * unit, "met": value < 70}
    sets = {name: {"metrics": {"rmse": who}} for name in ("validation", "simulator_b")}
    write_json(project.metrics_file, {"primary": primary, "criteria": [row], "sets": sets})
    state = "pass" if value < 70 else "fail"
    write_json(project.checks_file, [{"id": "stress.overspecialisation", "state": state}])
    seeds = "seed,rmse\n0,1.0\n1,1.5\n2,2.0\n"
    write_text(project.station("04_train") / "seeds.csv", seeds)


def change(project, name, old, new):
    """Replace a text in a file of the project."""
    path = project.root / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    write_text(path, text.replace(old, new))


@pytest.fixture
def two(call, project):
    """Two passes that differ in a bit of everything; returns what `compare 1 2` says."""
    long = "a_function_with_a_name_that_is_longer_than_any_that_a_person_would_ever_want_to_type"
    write_text(project.study / "models.py", f"def {long}():\n    return 1\n")
    measured(project, 60)
    call("run", "--note", "first")
    change(project, "study/models.py", "return 1", "return 2")
    change(project, "study.toml", 'unit = "m"', 'unit = "cm"')
    change(
        project, "study.toml", "seeds = [0, 1, 2, 3, 4]", f"seeds = {list(range(1000001, 1000006))}"
    )
    other = notebook("02_split", ["data/raw/all.txt"], ["data/interim/train.txt"], fault="x = 1")
    write_notebook(project, "02_split", other)
    measured(project, 72.5)
    assert call("run", "--note", "second")[0] == 1, "a check fails in what was measured"
    return call("compare", "1", "2")[1]


def test_edits_are_named_before_their_effects(two):
    """Old and new setting, function, cell; then the headline, the criterion, the check."""
    flat = " ".join(two.split())

    assert 'columns.height.unit: "m" -> "cm"' in flat
    assert "study.seeds: [0, 1, 2, 3, 4] -> [1000001, 1000002, 1000003, 1000004, 1000005]" in flat
    assert "study/models.py: a_function" in flat and "02_split: cell work changed" in flat
    assert "model 60.0 [58.0, 62.0] -> 72.5 [70.5, 74.5]" in flat
    assert "+12, 25.0 times the spread between seeds, beyond the interval before" in flat
    assert "reference 90 [80, 99], unchanged" in flat
    assert "met: 60.0 [58.0, 62.0], asked at most 70 -> not met: 72.5 [70.5, 74.5]" in flat
    assert "check stress.overspecialisation: pass -> fail" in flat
    assert flat.index("study.seeds") < flat.index("cell work") < flat.index("RMSE, validation")
    assert "RMSE, simulator_b" in flat and "first" in flat and "second" in flat


def test_it_fits_a_terminal(two, call):
    """Eighty columns, whatever the names; no number is cut."""
    for text in (two, call("compare")[1], call("compare", "1", "1")[1]):
        assert max(map(len, text.splitlines())) <= WIDTH
        assert "[70.5, 74.5]" in text or "[58.0, 62.0]" in text


def test_what_lies_within_chance_is_said(call, project):
    """A change smaller than between two seeds, and inside the interval before."""
    measured(project, 60)
    call("run")
    change(project, "study.toml", 'title = "Toy"', 'title = "Toys"')
    measured(project, 60.2)
    call("run")

    assert (
        "+0.2, 0.4 times the spread between seeds, within the interval" in call("compare", "1")[1]
    )


def test_without_numbers_the_edits_of_the_last_pass_are_named(two, call):
    """Under the list of the passes and what became of their numbers."""
    out = call("compare")[1]

    assert out.index("What pass 2 changed:") < out.index('columns.height.unit: "m"')


def test_words_are_told_as_words(call, project):
    """A pass is the same with another comment; all the same it is noted."""
    call("run")
    change(project, "study.toml", "[split]", "# mine\n[split]")
    assert "Pass 1 is complete." in call("run")[1]
    out = call("compare")[1]

    assert "Words changed since pass 1 was first complete, no science" in out
    assert "comments, docstrings or layout of study.toml" in out
    change(project, "study.toml", 'title = "Toy"', 'title = "Toys"')
    change(project, "notebooks/04_look.ipynb", "# 04_look", "# Look")
    call("run")
    flat = " ".join(call("compare", "1", "2")[1].split())
    assert 'study.title: "Toy" -> "Toys"' in flat
    assert "Words alone, no science Markdown of 04_look" in flat


def test_a_pass_without_causes_says_so(two, call, project):
    """An earlier version made it: its numbers are compared all the same."""
    path = project.passes / "001.json"
    old = next(past for past in all_passes(project) if past["number"] == 1)
    write_json(path, {key: old[key] for key in ("number", "released", "metrics", "sets", "checks")})
    code, out, _ = call("compare", "1", "2")

    assert code == 0
    assert "What was edited cannot be said: pass 1 keeps no record of causes." in out
    assert "model       60.0 [58.0, 62.0] -> 72.5 [70.5, 74.5]" in out


def test_a_lost_text_is_a_sentence(two, call, project):
    """It is named with its pass; what can be read is compared, and no more is said of the rest."""
    place(project, last_pass(project)["causes"]["settings"]).write_bytes(b"x")
    code, out, err = call("compare", "1", "2")

    assert code == 0
    assert ".z64 is damaged, study.toml of pass 2: restore it from your last commit." in err
    flat = " ".join(out.split())
    assert "Lost with the text that was kept, so that nothing can be said of it study.toml" in flat
    assert "study/models.py: a_function" in flat and "study.unit" not in flat
    assert "72.5 [70.5, 74.5]" in out
    assert ".z64 is damaged, study.toml of pass 2" in call("compare")[2]


@pytest.mark.parametrize("damage", [None, b"", b"x"])
def test_all_texts_that_are_lost_are_said(two, call, project, damage):
    """Three by name and how many more; nothing is called edited, added or removed for that."""
    texts = sorted((project.passes / "objects").iterdir())
    for path in texts:
        path.unlink() if damage is None else path.write_bytes(damage)
    for words in (["compare"], ["compare", "1", "2"]):
        code, out, err = call(*words)
        assert code == 0 and len(err.splitlines()) == 4
        assert ("is missing, " if damage is None else "is damaged, ") in err
        assert f"{len(texts) - 3} more texts of passes 1, 2 are damaged or missing in" in err
        assert not re.search(r" (added|removed|changed)$", out, re.MULTILINE)
        assert "Nothing was edited" not in out


def test_a_damaged_pass_is_said_where_it_is_asked_for(two, call, project):
    """The other one is shown; where none can be read, each is named, and that is no beginning."""
    first, second = (project.passes / f"00{number}.json" for number in (1, 2))
    first.write_text("{", encoding="utf-8")
    sentence = "results/passes/001.json is damaged: restore it from your last commit, or delete it."
    code, out, err = call("compare")
    assert code == 0 and sentence in err and "72.5" in out
    code, _, err = call("compare", "1", "2")
    assert code == 2 and f"Error: {sentence}" in err

    second.write_text("[]", encoding="utf-8")
    code, _, err = call("compare")
    assert code == 2 and "No pass can be read: results/passes/001.json is damaged" in err
    assert "002.json is damaged" in err.rpartition("Error")[2] and "complete yet" not in err


def test_numbers_stay_whole_where_lines_are_wrapped():
    """An interval is never parted; a name that is too long loses its middle."""
    line = f"  {'x' * 200}: {'word ' * 12}0.12345 [0.1, 0.2] {'word ' * 9}[-1.5e+05, 2.5e+05] end"
    lines = wrapped(line)

    assert max(map(len, lines)) <= WIDTH and len(lines) > 2
    assert any("[0.1, 0.2]" in part for part in lines)
    assert any("[-1.5e+05, 2.5e+05]" in part for part in lines)
    assert "…" in lines[0] and wrapped("short") == ["short"]
