"""Small tables with several classes as people have them, and what is right for each."""

import pandas as pd
import pytest
from cases_at import case
from test_adopt import project, written

from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from boxloop.settings.load import load_settings


def adopted(folder, path, **options):
    """Return the study and the notes of an adopted table."""
    here = project(folder)
    found = adopt(here, path, target="type", **options)
    return load_settings(here.settings_file).study, found.notes


def test_a_trailing_blank_makes_no_class(tmp_path):
    """Nor do capital letters: one spelling is read, and it is said."""
    study, notes = adopted(tmp_path, case("32_spellings.csv"))
    assert sorted(study.classes) == ["Eclipsing binary", "RR Lyrae", "W UMa"]
    assert any("'rr lyrae' as 'RR Lyrae'" in note for note in notes)


def test_numbers_with_a_gap_name_classes_as_they_were_written(tmp_path):
    """1, 2 and 3, not 1.0."""
    study, _ = adopted(tmp_path, case("32b_numeric_class_gap.csv"))
    assert study.classes == ["2", "1", "3"]


def test_thirty_long_names(tmp_path):
    """All of them, whole in study.toml."""
    study, _ = adopted(tmp_path, case("32c_long_names.csv"))
    assert len(study.classes) == 30 and all(len(name) > 60 for name in study.classes)


def test_a_third_class_of_two_rows_is_the_rest(tmp_path):
    """Two classes have rows enough: one is of interest, and it is said what the third lacks."""
    path = case("41_rare_third_class.csv")
    study, notes = adopted(tmp_path, path)
    assert study.classes is None and study.positive_class == "RRab"
    assert any("DSCT (2)" in note and "would be enough" in note for note in notes)
    study, _ = adopted(tmp_path / "again", path, positive="RRab")
    assert study.positive_class == "RRab"


@pytest.mark.parametrize("rows", [10, 14])
def test_the_same_made_anew(tmp_path, rows):
    """Of a class with too few rows for any plan the number that is needed is said."""
    names = ["a"] * 100 + ["b"] * 100 + ["b "] * 20 + ["c"] * 60 + ["d"] * rows
    frame = pd.DataFrame({"x": [(7919 * k) % 997 / 10 for k in range(len(names))], "type": names})
    study, notes = adopted(tmp_path, written(tmp_path, frame))
    assert study.classes == ["b", "a", "c"]
    assert any(f"d ({rows})" in note and "left out" in note for note in notes)


def test_too_few_of_every_class_is_refused_with_a_number(tmp_path):
    """Of four classes of six rows nothing can be divided."""
    frame = pd.DataFrame({"x": [k**0.5 for k in range(24)], "type": list("abcd") * 6})
    with pytest.raises(UserError, match=r"has 6 rows, which cannot be divided .*at least \d+"):
        adopted(tmp_path, written(tmp_path, frame))
