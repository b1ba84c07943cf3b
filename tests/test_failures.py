"""The failures log says what happened, and what a person says it means."""

import pandas as pd
import pytest

from boxloop.base.errors import UserError
from boxloop.record.failures import COLUMNS, add, collect, read_notes, stale_notes, tried


@pytest.fixture
def attempts():
    """Two attempts, of which the second was chosen."""
    return pd.DataFrame(
        {
            "name": ["ridge", "trees"],
            "motivation": ["straight lines", "thresholds"],
            "rmse": [0.2, 0.1],
            "se": [0.01, 0.01],
            "chosen": [False, True],
            "dropped_because": ["worse by 0.1", ""],
        }
    )


@pytest.fixture
def stress():
    """One test whose three levels have the three verdicts."""
    return pd.DataFrame(
        {
            "test": ["noise", "noise", "noise"],
            "level": [1.0, 2.0, 4.0],
            "model": [0.1, 0.2, 0.4],
            "reference": [0.15, 0.2, 0.3],
            "verdict": ["safe", "degraded", "unsafe"],
        }
    )


def a_check(state="fail", **changes):
    """Return a row of checks.json."""
    row = {
        "id": "split.groups",
        "state": state,
        "value": 0.88,
        "threshold": 0.0,
        "message": "shared",
        "reason": None,
    }
    return row | changes


def write(path, text):
    """Write `text` to a failures.toml and return its path."""
    file = path / "failures.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_only_dropped_attempts_are_failures(attempts, stress):
    """The chosen attempt is no failure."""
    log = collect(attempts, [], stress[:0], [])

    assert list(log["about"]) == ["attempt: ridge"]
    assert log.loc[0, "why_dropped"] == "worse by 0.1"


def test_failed_and_waived_checks_are_imported(attempts, stress):
    """A waiver is a rule broken with a reason, and belongs in the log."""
    checks = [
        a_check(),
        a_check("pass", id="a.b"),
        a_check("waived", id="c.d", reason="it is the story"),
    ]
    log = collect(attempts[:0], checks, stress[:0], [])

    assert list(log["about"]) == ["check: split.groups", "check: c.d"]
    assert log.loc[0, "measured"] == "0.88 (threshold 0)"
    assert log.loc[1, "why_dropped"] == "it is the story"


def test_a_check_without_a_number_is_imported(attempts, stress):
    """Some checks say yes or no and measure nothing."""
    log = collect(attempts[:0], [a_check(value=None, threshold=None)], stress[:0], [])

    assert log.loc[0, "measured"] == ""


def test_a_stress_test_gives_one_row_at_its_worst_level(attempts, stress):
    """Levels of one test share a cause, so they share a row."""
    log = collect(attempts[:0], [], stress, [])

    assert list(log["about"]) == ["stress: noise"]
    assert log.loc[0, "what"] == "degraded at 2; unsafe at 4"
    assert log.loc[0, "measured"] == "model 0.400, reference 0.300"


def test_a_stress_test_without_levels_is_imported(attempts, stress):
    """Another simulator is there or not: it has no level."""
    log = collect(attempts[:0], [], stress[2:].assign(level=float("nan")), [])

    assert log.loc[0, "what"] == "unsafe"


def test_a_note_explains_a_row_or_adds_one(attempts, stress):
    """What a person writes is joined by its `about`."""
    notes = [
        {"about": "attempt: ridge", "explanation": " bends "},
        {"about": "an idea", "what": "did not work"},
    ]
    log = collect(attempts, [], stress[:0], notes).set_index("about")

    assert log.loc["attempt: ridge", "explanation"] == "bends"
    assert log.loc["attempt: ridge", "kind"] == "attempt"
    assert log.loc["an idea", "kind"] == "note"
    assert log.loc["an idea", "explanation"] == ""


def test_nothing_failed_is_an_empty_table(attempts, stress):
    """The columns are there even where no row is."""
    log = collect(attempts[:0], [], stress[:0], [])

    assert list(log.columns) == COLUMNS
    assert log.empty


def test_a_note_on_something_that_is_gone_is_named_and_left_out(attempts, stress):
    """An explanation must not outlive what it explains."""
    notes = [{"about": "attempt: svm"}, {"about": "attempt: ridge"}, {"about": "free text"}]
    log = collect(attempts, [], stress[:0], notes)

    assert list(log["about"]) == ["attempt: ridge", "free text"]
    assert stale_notes(notes, set(log["about"])) == ["attempt: svm"]


def test_read_notes(tmp_path):
    """A file of [[failure]] tables is a list of dictionaries."""
    file = write(
        tmp_path, '[[failure]]\nabout = "a"\nexplanation = "é"\n[[failure]]\nabout = "b"\n'
    )

    assert read_notes(file) == [{"about": "a", "explanation": "é"}, {"about": "b"}]


def test_no_file_is_no_notes(tmp_path):
    """A project may have nothing to explain yet."""
    assert read_notes(tmp_path / "failures.toml") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[failure]\n", "not valid TOML"),
        ('[[failure]]\nexplanation = "x"\n', "needs about"),
        ('[[failure]]\nabout = " "\n', "needs about"),
        ('[[failure]]\nabout = "a"\nwhy = "x"\n', "key why is not known"),
        ('[[failure]]\nabout = "a"\nwhat = 3\n', "what must be text"),
        ('[failure]\nabout = "a"\n', r"rename \[failure\]"),
        ('[[failures]]\nabout = "a"\n', "rename failures"),
        ("failure = [3]\n", "needs about"),
    ],
)
def test_a_bad_file_is_refused_with_one_sentence(tmp_path, text, words):
    """The message names the file, the entry and the remedy."""
    with pytest.raises(UserError, match=words) as caught:
        read_notes(write(tmp_path, text))

    assert "failures.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def a_pass(number, *attempts):
    """Return a pass that tried these; the last was chosen."""
    return {
        "number": number,
        "attempts": [
            {"name": name, "score": "0.3", "chosen": name == attempts[-1]} for name in attempts
        ],
    }


def test_what_an_earlier_pass_tried_stays_in_the_log(attempts, stress):
    """Taking a loser out of the ladder does not make it untried.

    What is tried now is not repeated.
    """
    passes = [a_pass(1, "ridge", "svm"), a_pass(2, "svm", "trees"), {"number": 3}]
    log = collect(attempts, [], stress[:0], [], passes=passes).set_index("about")

    assert tried(attempts, passes) == ["ridge", "svm"]
    assert list(log.index) == ["attempt: ridge", "attempt: svm"]
    assert log.loc["attempt: svm", "kind"] == "attempt of pass 2"
    assert log.loc["attempt: svm", "measured"] == "RMSE 0.3000"


HOSTILE = [
    'He said "no" \\ and left',
    "two\nlines",
    "tab\t and \x7f",
    "'" * 3,
    '"' * 3,
    "[[failure]]",
]
HOSTILE += ["ü 夜 🌌 é", "# no comment", "{{ cookiecutter.x }}", "\u202eleft"]


@pytest.mark.parametrize("text", HOSTILE)
def test_an_entry_comes_back_as_it_was_written(tmp_path, text):
    """Whatever a person types is text and nothing else."""
    file = write(tmp_path, '[[failure]]\nabout = "a"\n')
    add(file, text, explanation=text)

    assert read_notes(file)[1:] == [{"about": text, "what": text, "explanation": text}]


@pytest.mark.parametrize(
    "before",
    ["", "# words\n", '[[failure]]\nabout = "a"', '\r\n[[failure]]\r\nabout = "a"\r\n# end\r\n'],
)
def test_what_stands_there_is_kept_byte_by_byte(tmp_path, before):
    """Comments, line ends and a missing last line end."""
    file = tmp_path / "failures.toml"
    file.write_bytes(before.encode())
    known = read_notes(file)
    written = add(file, "the oven was cold")

    assert file.read_bytes().startswith(before.encode())
    assert file.read_text(encoding="utf-8").endswith(written)
    assert read_notes(file) == [*known, {"about": "the oven was cold", "what": "the oven was cold"}]


def test_an_entry_may_explain_a_row_of_the_log(tmp_path):
    """Then the text is the explanation; a long text is shortened to make a name."""
    file = tmp_path / "failures.toml"
    add(file, "plots were shared", about="check: split.groups")
    add(file, "a " * 60)

    first, second = read_notes(file)
    assert first == {"about": "check: split.groups", "explanation": "plots were shared"}
    assert len(second["about"]) <= 62 and second["about"].endswith("…")


@pytest.mark.parametrize(
    ("text", "words"), [(" \n", "empty failure"), ("a", "already has an entry")]
)
def test_a_refused_entry_changes_nothing(tmp_path, text, words):
    """Blank text, and a name that is taken."""
    file = write(tmp_path, '[[failure]]\nabout = "a"\n')
    before = file.read_bytes()

    with pytest.raises(UserError, match=words):
        add(file, text)
    assert file.read_bytes() == before


def test_a_damaged_file_is_not_written_to(tmp_path):
    """The sentence names the file."""
    file = write(tmp_path, "[[failure")
    with pytest.raises(UserError, match="not valid TOML"):
        add(file, "the oven was cold")
    assert file.read_text(encoding="utf-8") == "[[failure"
