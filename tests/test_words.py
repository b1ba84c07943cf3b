"""How much there is to read: a budget of words for every study, cell by cell as it is baked."""

import re

import pytest
from test_notebooks import OFFERED, STATIONS, STUDIES, TEMPLATE, chosen, read, source, tags

SHARED, OWN, WHOLE, PROMPTS = 4_300, 6_300, 10_600, 2_900
WORKED = [choice for choice in OFFERED if choice["study"] != "own_data"]
EMPTY = [choice for choice in OFFERED if choice["study"] == "own_data"]


def name(choice):
    return f"{choice['task']}-{choice['study']}"


def words(cell):
    """Return how many words of a Markdown cell are read: a link counts with its text alone."""
    text = re.sub(r"\]\([^)]*\)", "]", source(cell))
    return len([word for word in text.split() if re.search(r"\w", word)])


def counted(choice):
    """Return the words of what stands in every study, and of what stands in this one."""
    found = {"shared": 0, "own": 0}
    for station in STATIONS:
        for cell in chosen(read(TEMPLATE / "notebooks" / f"{station}.ipynb"), choice):
            # What a course adds is counted in minutes, each exercise its own.
            if cell["cell_type"] == "markdown" and "workshop" not in tags(cell):
                side = "own" if set(tags(cell)) & set(STUDIES) else "shared"
                found[side] += words(cell)
    return found


def test_a_word_is_what_is_read():
    """Not the address of a number, not a dash, not the marks of a table."""
    text = "## The *gain*\n\n| a | – |\n\nIt is [0.10](#gain.rmse), or more - see $x + y$."

    assert words({"source": text}) == 11


@pytest.mark.parametrize("choice", OFFERED, ids=name)
def test_what_all_studies_say_is_short(choice):
    """Also the cells of one task: prose that fits every study can say it once."""
    assert counted(choice)["shared"] <= SHARED


@pytest.mark.parametrize("choice", WORKED, ids=name)
def test_a_worked_study_says_what_a_number_hangs_on(choice):
    """Its own cells and answers, and all that a reader has before him."""
    found = counted(choice)

    assert found["own"] <= OWN, "of the study's own cells and answers"
    assert found["own"] + found["shared"] <= WHOLE


@pytest.mark.parametrize("choice", EMPTY, ids=name)
def test_prompts_leave_room_for_answers(choice):
    """Questions with their examples, for whoever brings his own data."""
    assert counted(choice)["own"] <= PROMPTS
