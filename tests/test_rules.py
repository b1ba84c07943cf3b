"""The same fault of a table is the same sentence when it is adopted, loaded, and checked."""

import numpy as np
import pandas as pd
import pytest
from studies.own_data import data
from test_adopt import project, written

from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from boxloop.checks import run_check
from boxloop.settings.load import load_settings
from boxloop.table import rules
from boxloop.table.plain import plain

ROWS = np.arange(60)
TABLE = pd.DataFrame({"x": np.cos(ROWS), "y": np.sin(3 * ROWS), "m": np.cos(ROWS) ** 3})
CORRECT = "correct your file or leave the field empty there, and adopt it again"
FAULTS = {
    "infinite": (
        TABLE.assign(m=TABLE["m"].where(ROWS % 30 != 7, -np.inf)),
        "column 'm' holds -inf in row 8, the first of 2 such rows: infinite values are refused",
        CORRECT,
    ),
    "few rows": (
        TABLE.assign(m=TABLE["m"].where(ROWS < 19)),
        "column 'm' has a value in 19 usable rows, at least 20 are needed",
        "choose another target or add rows",
    ),
    "one value": (
        TABLE.assign(m=4),
        "column 'm' is '4' in every row that has a value",
        "choose another target or add rows of another kind",
    ),
    "words": (
        TABLE.assign(m=TABLE["m"].astype(object).where(ROWS % 5 != 2, "dim")),
        "column 'm' holds 'dim' in row 3, the first of 12 such rows: regression needs numbers",
        (
            "correct your file, choose another target or adopt it in a project that is made with "
            "task = classification"
        ),
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_adopted_or_loaded_it_is_the_same_sentence(tmp_path, monkeypatch, fault):
    """But for the name of the file, which is another one then."""
    frame, what, remedy = FAULTS[fault]
    here = project(tmp_path, "regression")
    more = [name for name in frame if name not in TABLE]
    good = TABLE.assign(**{name: np.sin(ROWS * (k + 4)) for k, name in enumerate(more)})
    adopt(here, written(tmp_path, good), target="m")
    monkeypatch.chdir(here.root)
    sentence = f"{what}: {remedy}."

    with pytest.raises(UserError) as refused:
        adopt(here, written(tmp_path, frame, "other.csv"), target="m")
    assert str(refused.value) == f"other.csv, {sentence}"
    settings = here.settings_file.read_text(encoding="utf-8")
    digest = load_settings(here.settings_file).data.sha256
    here.settings_file.write_text(settings.replace(digest, ""), encoding="utf-8")
    frame.to_csv(here.raw / "table.csv", index=False)
    with pytest.raises(UserError) as refused:
        data.labelled(here.raw)
    assert str(refused.value) == f"data/raw/table.csv, {sentence}"


@pytest.mark.parametrize(
    ("frame", "limits", "what"),
    [
        (
            TABLE.assign(x=TABLE["x"].where(ROWS % 30 != 7, -np.inf)),
            {},
            "column 'x' holds -inf in row 8, the first of 2 such rows: infinite values are refused",
        ),
        (
            TABLE,
            {"max": 0.5},
            (
                "column 'x' holds 1 in row 1, the first of 21 such rows: "
                "above its max = 0.5 in study.toml"
            ),
        ),
        (TABLE.drop(columns="x"), {}, "column 'x' is missing"),
        (TABLE.assign(x=np.nan), {}, "column 'x' has no value in any row"),
        (
            TABLE.assign(x=[f"word {k}" for k in ROWS]),
            {},
            "column 'x' holds 60 different words, and more than 50 are no classes",
        ),
    ],
)
def test_loaded_or_checked_it_is_the_same_fault(tmp_path, monkeypatch, frame, limits, what):
    """`data.schema` tells what the study refuses, in the same words."""
    here = project(tmp_path, "regression")
    adopt(here, written(tmp_path, TABLE), target="m")
    monkeypatch.chdir(here.root)
    settings = load_settings(here.settings_file)
    columns = settings.columns | {"x": settings.columns["x"].model_copy(update=limits)}
    settings = settings.model_copy(update={"columns": columns})
    found = run_check("data.schema", frame, columns=columns)

    with pytest.raises(UserError) as refused:
        data.contract.check_columns(plain(frame), settings)
    assert str(refused.value).startswith(f"data/raw/table.csv, {what}: ")
    assert found.message.startswith(f"C{what[1:]} (1 faults")


def test_a_column_that_is_not_used_may_hold_anything():
    """Neither the study nor the check looks at it, as long as it is there."""
    frame = TABLE.assign(x=np.nan, y=["odd", *[np.inf] * 59])
    columns = {"x": {"role": "ignored"}, "y": {"role": "ignored"}, "m": {"role": "target"}}

    assert not list(rules.column_faults(frame, columns))
    assert run_check("data.schema", frame, columns=columns).state == "pass"


def test_a_weight_is_no_less_than_nothing_and_an_error_of_the_target_is_more():
    """Zero is a weight; the error of an input may be zero, it only sets the noise."""
    columns = {
        "m": {"role": "target"},
        "w": {"role": "weight"},
        "e_m": {"role": "error", "error_of": "m"},
        "e_x": {"role": "error", "error_of": "x"},
    }
    good = {"w": [0.0, 1, 2], "e_m": [1.0, 2, 3], "e_x": [0.0, 0, 1], "m": [1.0, 2, 3]}

    def found(**spoilt):
        return [fault.what for fault in rules.column_faults(pd.DataFrame(good | spoilt), columns)]

    assert found() == []
    assert found(w=[0, -1, 2]) == ["column 'w' holds -1 in row 2: a weight cannot be negative"]
    assert found(e_m=[1, 0, 2]) == [
        "column 'e_m' holds 0 in row 2: an error must be larger than zero"
    ]
    assert found(w=[0, 0, 0]) == ["column 'w' is zero in every row"]
