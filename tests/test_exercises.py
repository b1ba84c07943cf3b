"""Wrong answers to the exercises are refused, each with a sentence that teaches."""

import pytest
from exercise_worlds import GIVEN, refusal
from wrong_early import WRONG as EARLY
from wrong_late import WRONG as LATE

WRONG = EARLY | LATE
CASES = [(number, answer) for number, answers in WRONG.items() for answer in answers]


@pytest.mark.parametrize(
    ("number", "answer"), CASES, ids=[f"{number}-{answer.__name__}" for number, answer in CASES]
)
def test_a_wrong_answer_is_refused_with_a_sentence(number, answer):
    """It is no mystery what is wrong: one sentence, of some words, that ends."""
    said = refusal(number, answer)

    assert len(said.split()) >= 8, said
    assert said.endswith("."), said


@pytest.mark.parametrize("number", WRONG)
def test_each_exercise_has_three_and_says_more_than_one_thing(number):
    """Who is told the same whatever the mistake learns nothing."""
    assert len(WRONG[number]) >= 3
    assert len({refusal(number, answer) for answer in WRONG[number]}) >= 2


def test_no_exercise_is_left_out():
    """The wrong answers are to all exercises of the eight chapters."""
    assert set(WRONG) == set(GIVEN)
