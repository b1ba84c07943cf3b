"""The division: what is never cut in two, what stays out of sight, and who may look at what."""

import numpy as np
import pandas as pd
import pytest
from study_files import STUDY

from boxloop.settings.load import load_settings
from boxloop.split.division import divide, exploration, folds, measured, place, thin, units

MORE = """
[columns.name]
role = "id"
unit = ""
description = "name"

[split]"""


def settings(tmp_path, strategy="group", *, group=True, more="", missing=""):
    text = STUDY.replace('strategy = "group"', f'strategy = "{strategy}"')
    text = text if group else text.replace('role = "group"', 'role = "ignored"')
    text = text.replace("[split]", MORE).replace('unit = "m"', f'unit = "m"\n{missing}')
    path = tmp_path / "study.toml"
    path.write_text(text + more, encoding="utf-8")
    return load_settings(path)


@pytest.fixture
def people():
    """Two hundred families of three, in no order; the name of a person stands there twice."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "height": rng.normal(1.7, 0.1, 600),
            "family": np.repeat([f"family {i}" for i in range(200)], 3),
            "name": np.repeat([f"person {i}" for i in range(300)], 2),
            "weight": rng.normal(70, 9, 600),
        }
    )
    return frame.sample(frac=1, random_state=1).reset_index(drop=True)


def spread(frame, where, column):
    """Return in how many places the rows of one value stand, at most."""
    return pd.Series(where).groupby(frame[column].to_numpy()).nunique().max()


def test_the_group_is_the_unit_before_the_id(tmp_path, people):
    """A person belongs to a family; where there is no group, the rows of a person stay together."""
    assert list(units(people, settings(tmp_path))) == list(people["family"])
    assert list(units(people, settings(tmp_path, "random", group=False))) == list(people["name"])
    frame = people.drop(columns=["family", "name"])
    bare = load_settings_without_names(tmp_path)
    assert list(units(frame, bare)) == list(range(600))


def load_settings_without_names(tmp_path):
    path = tmp_path / "study.toml"
    text = STUDY.replace('role = "group"', 'role = "ignored"')
    path.write_text(text.replace('strategy = "group"', 'strategy = "random"'), encoding="utf-8")
    return load_settings(path)


def test_a_family_has_one_place(tmp_path, people):
    """And a person has one where the classes of the target are balanced."""
    assert spread(people, place(people, settings(tmp_path)), "family") == 1
    frame = people.assign(weight=people["name"].str[-1].astype(int) % 2)
    found = place(frame, settings(tmp_path, "stratified", group=False))
    assert spread(frame, found, "name") == 1


def test_the_place_hangs_on_seed_and_value_alone(tmp_path, people):
    """Rows in another order: families keep theirs; with another seed they do not."""
    one = settings(tmp_path)
    first = pd.Series(place(people, one), people["family"]).groupby(level=0).first()
    again = people.sample(frac=1, random_state=3)
    second = pd.Series(place(again, one), again["family"]).groupby(level=0).first()
    other = settings(tmp_path, more="seed = 5\n")
    third = pd.Series(place(people, other), people["family"]).groupby(level=0).first()

    assert (first == second).all()
    assert abs(first.corr(third, "spearman")) < 0.3
    by_name = pd.Series(np.arange(200), sorted(first.index))
    assert abs(first.corr(by_name, "spearman")) < 0.3


def test_no_row_stands_in_two_parts(tmp_path, people):
    """Train, validation and test together are the table, once."""
    parts = divide(people, settings(tmp_path))
    rows = pd.concat([parts.train, parts.validation, parts._test])

    assert len(rows) == 600
    assert not rows.duplicated(["height", "weight"]).any()


def test_another_domain_is_halved_by_families(tmp_path, people):
    """What is open of it is not sealed, and no family is both."""
    parts = divide(people, settings(tmp_path), domains={"abroad": people})
    sealed = parts._test[parts._test["set"] == "test_abroad"]
    open_half = parts.domains["abroad"]

    assert len(sealed) + len(open_half) == 600
    assert not set(sealed["family"]) & set(open_half["family"])


def test_nothing_of_the_test_part_is_shown(tmp_path, people):
    """A cell that ends with the parts shows train and validation; no test row is in it."""
    parts = divide(people.head(60), settings(tmp_path))
    names = set(parts._test["family"])

    assert names and not [name for name in names if f"{name} " in repr(parts)]


def test_the_guards_see_the_test_rows_of_the_study_only(tmp_path, people):
    """A check of the split is told of validation and test, not of another simulator's rows."""
    parts = divide(people, settings(tmp_path), domains={"abroad": people.assign(height=9.0)})
    train, held_out = parts.guard(lambda train, held_out: (train, held_out))

    assert train is parts.train
    assert set(held_out) == {"validation", "test"}
    assert len(held_out["test"]) == 120 and (held_out["test"]["height"] < 9).all()
    assert "set" not in held_out["test"]


@pytest.mark.parametrize("strategy", ["group", "random", "stratified"])
def test_what_01_looks_at_is_never_held_out(tmp_path, people, strategy):
    """With every strategy, whatever the order of the rows."""
    chosen = settings(tmp_path, strategy)
    frame = people.assign(weight=people["name"].str[-1].astype(int) % 2)
    seen = exploration(frame, chosen)
    train = divide(frame, chosen).train

    assert len(seen) == pytest.approx(120, abs=6)
    assert set(seen["height"]) <= set(train["height"])


def test_a_thinned_table_keeps_families_whole(tmp_path, people):
    """A third of the rows: a third of the families, with all their rows."""
    few = thin(people, settings(tmp_path), most=200)

    assert 120 < len(few) < 280
    assert (few.groupby("family").size() == 3).all()
    assert thin(people, settings(tmp_path), most=600) is people


def test_folds_do_as_the_split_does(tmp_path, people):
    """Families whole; the earlier before the later; each class in its share."""
    for fitted, held in folds(people, settings(tmp_path)):
        assert not set(people["family"][fitted]) & set(people["family"][held])

    day = "[columns.day]\nrole = 'time'\nunit = ''\ndescription = ''\n"
    later = STUDY.replace("[split]", day + "[split]")
    (tmp_path / "study.toml").write_text(later.replace('"group"\ntrain', '"time"\ntrain'), "utf-8")
    frame = people.assign(day=np.random.default_rng(1).permutation(600))
    for fitted, held in folds(frame, load_settings(tmp_path / "study.toml")):
        assert frame["day"][fitted].max() < frame["day"][held].min()

    rare = people.assign(weight=np.arange(600) >= 570)
    for _, held in folds(rare, settings(tmp_path, "stratified")):
        assert rare["weight"][held].sum() == 6


def test_a_number_for_missing_is_missing(tmp_path, people):
    """Where study.toml says so, and in that column alone."""
    frame = people.assign(height=people["height"].where(people.index > 3, -999.0), weight=-999.0)
    found = measured(frame, settings(tmp_path, missing="missing = [-999]"))

    assert found["height"].isna().sum() == 4 and found["weight"].notna().all()
    assert frame["height"].notna().all()
