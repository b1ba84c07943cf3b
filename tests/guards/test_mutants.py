"""The list of mutants is alive: each has its place in the source, and no guard is without one."""

import sys
from inspect import getmodule
from pathlib import Path

import pytest
from conftest import ROOT

from boxloop.checks import REGISTRY

sys.path.insert(0, str(ROOT / "tools"))

import mutants

GUARDS = {
    "broken off",
    "add",
    "ahead",
    "ways",
    "short",
    "far",
    "lab",
    "things",
    "marks",
    "verdict",
    "criteria",
    "seal",
    "key",
    "door",
    "ledger",
    "model file",
    "split",
    "out of fold",
    "passes",
    "plant",
    "replay",
    "waivers",
    "exit codes",
    "scope",
    "bundle",
    "dates",
    "formats",
    "text",
    "verdicts",
    "checks",
    "words",
    "shown",
    "metadata",
    "paper",
    "evidence",
    "parcel",
    "again",
    "sheets",
    "stream",
    "referee",
    "ready",
    "watch",
    "every cut",
    "draft",
    "editions",
    "exercises",
    "tables",
    "classroom",
    "slides",
    "releases",
}
LISTED = mutants.read_list()
SOURCE = '''
def first(rows):
    """Count."""
    return len(rows) >= 3 and rows[0] != 3


class Second:
    def first(self, rows):
        if rows:
            rows = list(rows)
            self.rows = sorted(rows, reverse=True)
        return self.rows
'''


def test_every_mutant_has_its_place():
    """None is skipped in silence because the code around it has moved."""
    faults = []
    for mutant in LISTED:
        try:
            mutants.broken(mutant, mutants.find(mutant))
        except (mutants.NotFound, SyntaxError) as error:
            faults.append(f"{mutant.group}: {mutant.rule}: {error}")

    assert faults == []


def test_every_guard_and_every_check_has_a_mutant():
    """A new check needs one in its own function."""
    groups = [mutant.group for mutant in LISTED]
    assert set(groups) == GUARDS
    assert min(map(groups.count, GUARDS)) >= 4

    checks = {
        f"checks/{Path(getmodule(unit.function).__file__).name}:{unit.function.__name__}": unit.id
        for unit in REGISTRY.values()
    }
    assert {checks[place] for place in checks} == set(REGISTRY)
    without = checks.keys() - {mutant.at for mutant in LISTED}
    assert sorted(checks[place] for place in without) == []


def test_every_mutant_names_tests_that_are_there_and_a_rule_of_its_own():
    """The rule is what a survivor is called by."""
    files = {test.partition("::")[0] for mutant in LISTED for test in mutant.tests}
    assert [test for test in files if not (ROOT / test).is_file()] == []
    rules = [(mutant.group, mutant.rule) for mutant in LISTED]
    assert [rule for rule in rules if rules.count(rule) > 1] == []


@pytest.fixture
def template(tmp_path):
    """A template with one module, and a mutant of it."""
    module = tmp_path / mutants.MACHINERY / "room" / "one.py"
    module.parent.mkdir(parents=True)
    module.write_text(SOURCE, encoding="utf-8")
    return module


def mutant(old, new, at="room/one.py:first"):
    return mutants.Mutant("group", "rule", at, old, new, ("tests/test_one.py",))


@pytest.mark.parametrize(
    ("at", "old", "new", "line"),
    [
        ("first", "len(rows)>=3", "len(rows) > 3", "    return (len(rows) > 3) and rows[0] != 3"),
        ("Second.first", "reverse=True", "reverse=False", "sorted(rows, reverse=False)"),
        ("Second.first", "rows = list(rows)", "pass", "            pass\n            self.rows"),
        (
            "Second.first",
            "rows = list(rows)\nself.rows = sorted(rows, reverse=True)",
            "self.rows = []\nrows = 3",
            "            self.rows = []\n            rows = 3\n        return",
        ),
    ],
)
def test_a_mutant_goes_where_its_code_stands(template, tmp_path, at, old, new, line):
    """By the shape of the code in its function; the rest of the module stays as it is."""
    one = mutant(old, new, f"room/one.py:{at}")
    changed = mutants.broken(one, mutants.find(one, tmp_path)).decode()

    assert line in changed
    assert '"""Count."""' in changed
    assert template.read_text(encoding="utf-8") == SOURCE


def test_code_that_was_laid_out_anew_or_moved_is_found(template, tmp_path):
    """Over several lines, with other quotes and brackets, in another module of the machinery."""
    text = SOURCE.replace("len(rows) >= 3 and", "(\n        len(\n rows) >= (3)) and")
    template.write_text("x = 'σ'\n" + text, encoding="utf-8")
    one = mutant("len(rows) >= 3", "False")
    with pytest.raises(mutants.NotFound, match="5 times"):
        mutants.find(mutant("rows", "None"), tmp_path)
    assert b"return (" in mutants.broken(one, mutants.find(one, tmp_path))

    moved = template.with_name("two.py")
    template.rename(moved)
    assert mutants.find(one, tmp_path).path == moved


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("len(rows) > 3", "False", "does not hold"),
        ("3", "4", "holds this 2 times"),
        ("len(rows) >= 3", "len(rows)>=3", "stays the same"),
    ],
)
def test_a_place_that_is_gone_or_is_two_is_an_error(template, tmp_path, old, new, says):
    """Never silently skipped: the run ends with 1."""
    template.write_text(SOURCE.partition("class")[0], encoding="utf-8")
    with pytest.raises(mutants.NotFound, match=says):
        mutants.broken(mutant(old, new), mutants.find(mutant(old, new), tmp_path))

    result = mutants.tried(mutant(old, new), tmp_path)
    assert result.state == "error" and says in result.words


def test_a_run_tells_who_was_noticed_and_mends_the_copy(template, tmp_path):
    """One dies, one survives, and the tests of a third do not even pass without it."""
    (tmp_path / "tests").mkdir()
    path = str(template.parent)
    test = f"import sys\nsys.path.insert(0, {path!r})\nimport one\n\ndef test_one():\n    assert "
    (tmp_path / "tests" / "test_one.py").write_text(test + "one.first([1, 2, 3])\n", "utf-8")
    (tmp_path / "tests" / "test_two.py").write_text(test + "False\n", encoding="utf-8")

    dies, lives = mutant("len(rows) >= 3", "len(rows) > 3"), mutant("rows[0] != 3", "rows")
    found = [mutants.tried(one, tmp_path) for one in (dies, lives)]

    assert [result.state for result in found] == ["killed", "survived"]
    assert found[0].words == "tests/test_one.py::test_one"
    assert template.read_text(encoding="utf-8") == SOURCE
    assert mutants.faults_without(["tests/test_one.py"], tmp_path) is None
    assert "test_two.py::test_one" in mutants.faults_without(["tests/test_two.py"], tmp_path)
    lines = "\n".join(mutants.table(found))
    assert "survived: group: rule (room/one.py:first)" in lines
    assert "1 of 2 mutants killed (50%)" in lines


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["killed"] * 9 + ["survived"], 0),
        (["killed"] * 8 + ["survived"] * 2, 1),
        (["killed"] * 99 + ["error"], 1),
    ],
)
def test_nine_of_ten_must_be_noticed_and_none_left_untried(monkeypatch, capsys, states, code):
    """The exit code says so."""
    results = [mutants.Result(LISTED[0], state, "", 0.0) for state in states]
    monkeypatch.setattr(mutants, "campaign", lambda chosen, jobs: results)

    assert mutants.main([]) == code
    assert f"{states.count('killed')} of {len(states)} mutants killed" in capsys.readouterr().out


def test_some_of_them_may_be_chosen():
    """By group, rule or place."""
    assert {one.group for one in mutants.chosen(LISTED, "seal")} == {"seal"}
    assert mutants.chosen(LISTED, "split/ledger.py:*")
    assert len(mutants.chosen(LISTED, "*leap year*")) == 1
    with pytest.raises(SystemExit):
        mutants.main(["--only", "nothing like it"])
