"""What small tables as people have them are taken for: groups, marks, limits, labels, laws."""

import pytest
from cases_at import case
from test_adopt import project

from boxloop.adopt.command import adopt
from boxloop.settings.load import load_settings
from boxloop.split.division import measured
from boxloop.table.read import read_rows


def adopted(folder, name, target, task="regression"):
    """Return what adopt understood, and the settings that it wrote."""
    here = project(folder, task)
    return adopt(here, case(name), target=target), load_settings(here.settings_file)


@pytest.mark.parametrize(
    ("name", "group"),
    [("48_kepid.csv", "kepid"), ("30c_host.csv", "host_id"), ("30f_host_gap.parquet", "host_id")],
)
def test_what_names_shared_things_is_a_group(tmp_path, name, group):
    """By structure or by name, with a gap or without, and the split keeps its rows together."""
    found, settings = adopted(tmp_path, name, "z")

    assert (settings.only("group"), settings.split.strategy) == (group, "group")
    assert ("rows: no group" in " ".join(found.notes)) == ("gap" in name)


def test_a_mark_of_one_column_is_a_mark_in_all(tmp_path):
    """The target first: its row counts as one without target."""
    _, settings = adopted(tmp_path, "16b_minus99_wide.csv", "z_spec")
    missing = {name: column.missing for name, column in settings.columns.items()}

    assert all(missing[name] == [-99.0] for name in ("u", "g", "i", "z_spec", "Teq"))
    assert missing["r"] == []


def test_a_negative_redshift_is_a_mark(tmp_path):
    """In every third row, and nowhere else in the table."""
    found, settings = adopted(tmp_path, "16c_zspec_minus1.csv", "z_spec")

    assert settings.columns["z_spec"].missing == [-1.0]
    assert any("-1 is read as a missing value" in note for note in found.notes)


def test_marks_of_errors(tmp_path):
    """An error of -9 was not measured."""
    _, settings = adopted(tmp_path, "36b_minus9_errors.csv", "z")

    assert settings.columns["z_err"].missing == [-9.0]


def test_a_limit_flag_of_the_target_is_no_input(tmp_path):
    """And its rows are said to be limits."""
    found, settings = adopted(tmp_path, "18_target_limit_flag.csv", "mass")

    assert settings.columns["masslim"].role == "ignored"
    assert any("90 rows are limits of 'mass'" in note for note in found.notes)


def test_a_colour_that_gives_the_target_is_said(tmp_path):
    """With both columns by name, in a note and in study.toml."""
    found, _ = adopted(tmp_path, "50_colour_knows_target.csv", "rmag")

    assert any("'g' - 'g_r' gives rmag exactly" in note for note in found.notes)
    assert all("gives rmag exactly" in found.roles[name].reason for name in ("g", "g_r"))


def test_spellings_of_one_class(tmp_path):
    """Blanks and case make no class, and it is said."""
    found, settings = adopted(tmp_path, "32_spellings.csv", "type", "classification")

    assert settings.columns["type"].spellings["rr lyrae"] == "RR Lyrae"
    assert any("'rr lyrae'" in note and "as 'RR Lyrae'" in note for note in found.notes)
    read = measured(read_rows(case("32_spellings.csv")), settings)["type"]
    assert set(read) == {"RR Lyrae", "Eclipsing binary", "W UMa"}


def test_true_is_the_class_of_interest(tmp_path):
    """T and F are yes and no."""
    _, settings = adopted(tmp_path, "46_TF.csv", "flag", "classification")

    assert settings.study.positive_class == "T"


def test_numbers_with_errors_in_words_are_said(tmp_path):
    """The column is not used, and the note says what to write instead."""
    found, settings = adopted(tmp_path, "11c_plus_minus.csv", "z_spec")

    assert settings.columns["i"].role == "ignored"
    assert any("numbers with their errors are written as words" in note for note in found.notes)


def test_units_weights_and_nights(tmp_path):
    """From names in brackets, from usual names, from Julian dates."""
    for number, (name, target, column, field, value) in enumerate(
        [
            ("35_units_in_names.csv", "z", "g (AB mag)", "unit", "AB mag"),
            ("45_weights.csv", "z", "mc_weight", "role", "weight"),
            ("13_jd_night.csv", "z_spec", "night", "role", "time"),
        ]
    ):
        (tmp_path / str(number)).mkdir()
        _, settings = adopted(tmp_path / str(number), name, target)

        assert getattr(settings.columns[column], field) == value


def test_gaps_in_numeric_classes(tmp_path):
    """A class that is missing in one row does not make numbers of the others."""
    found, settings = adopted(tmp_path, "32b_numeric_class_gap.csv", "type", "classification")

    classes = settings.study.positive_class or "".join(settings.study.classes)
    assert found.notes and set(classes) <= set("123")
