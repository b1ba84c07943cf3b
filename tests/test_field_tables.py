"""Tables as archives, weather services, laboratories and spreadsheets really write them."""

import json
import zipfile

import numpy as np
import pandas as pd
import pytest
from test_adopt import project

from boxloop.adopt.command import adopt
from boxloop.adopt.error_columns import error_columns
from boxloop.adopt.hints import of_classes
from boxloop.base.errors import UserError
from boxloop.table.dates import in_decimal_years
from boxloop.table.marks import marks_of
from boxloop.table.read import read_catalogue

RNG = np.random.default_rng(17)
N = 120
X = RNG.normal(size=N).round(3)
Y = (2 * X + RNG.normal(0, 0.3, N)).round(3)


def taken(folder, text, target, name="t.csv", task="regression"):
    """Adopt a text as a person would, and return roles and notes."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    found = adopt(project(folder, task), path, target=target)
    return found.roles, " ".join(found.notes)


def read(folder, text, name="t.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    found = read_catalogue(path)
    return found.frame, " ".join(found.notes)


def lines(head, rows, end=""):
    return head + "\n" + "".join(f"{row}\n" for row in rows) + end


def test_a_limit_flag_that_is_empty_elsewhere_is_no_constant(tmp_path):
    """VizieR leaves l_X blank where X was measured, and rules units off by dashes of one sign."""
    names = "Name\tBmag\tl_logM\tlogM\n \tmag\t \t[Msun]\n--------\t-----\t-\t-----"
    text = lines(names, (f"NGC {k}\t{x}\t{' <'[k % 9 == 0]}\t{y}" for k, (x, y) in enumerate(
        zip(X, Y, strict=True))))  # fmt: skip
    roles, notes = taken(tmp_path, text, "logM", "v.tsv")

    assert roles["l_logM"].role == "ignored" and "are limits of 'logM'" in notes
    assert (roles["Bmag"].unit, roles["logM"].unit) == ("mag", "Msun")


def test_signs_beside_the_target_say_which_rows_are_limits(tmp_path):
    """ChEMBL's Standard Relation is no input; signs beside another column stay what they are."""
    rows = [f"{x},'{'=>'[k % 8 == 0]}',{y},{x + y:.3f}" for k, (x, y) in enumerate(
        zip(X, Y, strict=True))]  # fmt: skip
    text = lines("logp,Standard Relation,Standard Value,tpsa", rows)
    roles, notes = taken(tmp_path, text, "Standard Value")
    assert roles["Standard Relation"].role == "ignored" and "15 rows are limits" in notes

    (tmp_path / "other").mkdir()
    roles, notes = taken(tmp_path / "other", text, "tpsa")
    assert roles["Standard Relation"].role == "input" and "limits" not in notes


def test_errors_of_columns_with_units_and_of_fluxes_with_a_prefix():
    """ExoFOP writes `Period (days) err`, EAZY f_u and e_u or F1 and E1."""
    names = [
        "Period (days)",
        "Period (days) err",
        "f_u",
        "e_u",
        "F1",
        "E1",
        "mag_g",
        "err_g",
        "E_BV",
    ]
    frame = pd.DataFrame(RNG.uniform(0.1, 1, (20, len(names))), columns=names)
    found, _ = error_columns(frame, set())

    assert found == {
        "Period (days) err": "Period (days)", "e_u": "f_u", "E1": "F1", "err_g": "mag_g",
    }  # fmt: skip


def test_numbers_of_candidates_are_no_measurements(tmp_path):
    """TOI 102.01 and 102.02 are a star and its candidates; a colour of that name is a number."""
    head = "TOI,x,y"
    rows = [f"{100 + k // 2}.0{k % 2 + 1},{x},{y}" for k, (x, y) in enumerate(
        zip(X, Y, strict=True))]  # fmt: skip
    roles, _ = taken(tmp_path, lines(head, rows), "y")
    assert roles["TOI"].role == "id"


def test_a_number_that_several_columns_have_apart_from_all_others_is_a_mark():
    """-200 in the air of a town; one column alone, or columns that go there, keep it."""
    some = RNG.random((5, N))
    gone = RNG.random((3, N)) < 0.1
    columns = {
        "co": pd.Series(np.where(gone[0], -200, 5 * some[0])),
        "nox": pd.Series(np.where(gone[1], -200, 700 + 900 * some[1])),
        "depth": pd.Series(-200 + 400 * some[2]),
    }
    found = marks_of(columns)
    assert found == {"co": (-200.0,), "nox": (-200.0,), "depth": ()}
    assert marks_of({"co": columns["co"], "depth": columns["depth"]})["co"] == ()
    floor = {name: pd.Series(np.maximum(-20 + 30 * some[k], -10).round()) for k, name in
             enumerate("ab", 3)}  # fmt: skip
    assert marks_of(floor) == {"a": (), "b": ()}


@pytest.mark.parametrize(
    ("one", "other"), [("<=50K", ">50K"), ("K+", "K-"), ("-1", "1"), ("1.5", "15")]
)
def test_classes_that_differ_in_a_sign_are_two(one, other):
    assert of_classes(pd.Series([one, other]), None) == []
    assert "SN II' and 'SN-II" in of_classes(pd.Series(["SN II", "SN-II"]), None)[0]


def test_words_that_stand_among_numbers_again_and_again_are_gaps_and_said(tmp_path):
    """T is a trace of rain, ND not detected; a word that stands there once is a slip."""
    rain = ["T" if k % 12 == 0 else f"{abs(x):.2f}" for k, x in enumerate(X)]
    lead = ["ND" if k % 4 == 0 else f"{abs(x):.3f}" for k, x in enumerate(X)]
    rows = [f"{a},{b},{y}" for a, b, y in zip(rain, lead, Y, strict=True)]
    frame, notes = read(tmp_path, lines("rain,lead,y", rows))

    assert frame["rain"].isna().sum() == 10 and frame["lead"].isna().sum() == 30
    assert "'T' is read as a missing value (10 rows)" in notes and "'ND'" in notes
    with pytest.raises(UserError, match="'faint' stands among numbers"):
        read(tmp_path, lines("rain,lead,y", [*rows, "faint,1,1"]))


@pytest.mark.parametrize("name", ["c.csv", "c.parquet"])
def test_chromosomes_stay_words(tmp_path, name):
    """Whole numbers with X and Y among them are names, and an input like any word."""
    words = [str(k % 22 + 1) if k % 25 else "X" for k in range(500)]
    frame = pd.DataFrame({"chr": words, "x": RNG.normal(size=500), "y": RNG.normal(size=500)})
    path = tmp_path / name
    frame.to_csv(path, index=False) if name == "c.csv" else frame.to_parquet(path)
    roles = adopt(project(tmp_path, "regression"), path, target="y").roles

    assert (roles["chr"].role, roles["chr"].missing) == ("input", ())
    assert "words, 23 different ones" in roles["chr"].reason


@pytest.mark.parametrize("kind", ["parquet", "json"])
def test_numbers_as_text_are_numbers_in_every_format(tmp_path, kind):
    """They would be in CSV; identifiers stay exact."""
    ids = [str(10**17 + k) if k else None for k in range(N)]
    frame = pd.DataFrame({"id": ids, "v": [f"{x}" for x in X], "w": list("ab") * (N // 2)})
    frame["zip"] = [f"{k:05d}" for k in range(N)]
    path = tmp_path / f"t.{kind}"
    frame.to_parquet(path) if kind == "parquet" else frame.to_json(path, orient="records")
    found = read_catalogue(path)

    assert found.frame["v"].tolist() == X.tolist() and found.frame["id"].iloc[1] == 10**17 + 1
    assert set(found.frame["w"]) == {"a", "b"}
    assert "Columns 'id', 'v' hold numbers as text" in " ".join(found.notes)
    assert found.frame["zip"].iloc[7] == "00007", "it would lose its zeros"
    assert read_catalogue(path, text=["id"]).frame["id"].iloc[1] == str(10**17 + 1)


def test_signs_between_thousands_that_are_clear_are_left_out(tmp_path):
    """Of spreadsheets in both halves of the world; what may be a decimal comma stays refused."""
    us = lines("area,y", (f'"{1000 + k:,}",{y}' for k, y in enumerate(Y)))
    frame, notes = read(tmp_path, us)
    assert frame["area"].tolist() == list(range(1000, 1000 + N))
    assert "1,000 is read as 1000" in notes

    frame, notes = read(tmp_path, "a;y\n1.234,5;0,5\n12.345,0;1,5\n7,25;2,5\n")
    assert frame["a"].tolist() == [1234.5, 12345.0, 7.25] and frame["y"].tolist() == [0.5, 1.5, 2.5]
    with pytest.raises(UserError, match="and nothing between thousands"):
        read(tmp_path, "a\ty\n1,234\t0.5\n2,345\t1.5\n")


def test_arff_with_quotes_and_with_braces(tmp_path):
    """As OpenML writes them; what a row in braces leaves out is zero, or the first class."""
    head = "@relation r\n@attribute 'a b' real\n@attribute s string\n@attribute c {'x 1', y}\n@data"
    frame, _ = read(tmp_path, lines(head, ["1.5, 'it, is', 'x 1'", '?, "w", y']), "t.arff")
    assert list(frame.columns) == ["a b", "s", "c"]
    assert frame["s"].tolist() == ["it, is", "w"] and frame["c"].tolist() == ["x 1", "y"]
    assert frame["a b"].iloc[0] == 1.5 and frame["a b"].isna().iloc[1]

    frame, _ = read(tmp_path, lines(head, ["{0 2, 1 w, 2 y}", "{1 'u v'}"]), "s.arff")
    assert frame["a b"].tolist() == [2, 0] and frame["c"].tolist() == ["y", "x 1"]
    with pytest.raises(UserError, match="line 7 has 1 values for 3 names"):
        read(tmp_path, lines(head, ["1,w,y", "2"]), "b.arff")


def test_json_of_an_archive_has_names_and_units_beside_the_rows(tmp_path):
    """As TAP services answer."""
    fields = [{"name": "source_id"}, {"name": "g", "unit": "mag", "description": "G band"}]
    text = json.dumps({"metadata": fields, "data": [[10**18 + k, x] for k, x in enumerate(X)]})
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    found = read_catalogue(tmp_path / "t.json")

    assert found.frame["source_id"].iloc[3] == 10**18 + 3 and found.units == {"g": "mag"}


def test_of_a_zip_file_the_table_is_read_and_not_what_describes_it(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as packed:
        packed.writestr("data/README.txt", "hello")
        packed.writestr("data/train.csv", "x,y\n1,2\n3,4\n")
    assert read_catalogue(tmp_path / "t.zip").frame["y"].tolist() == [2, 4]


def test_numbers_between_blanks_before_a_tab_are_columns(tmp_path):
    """As in the cars of UCI; three numbers may be an angle, and stay one field."""
    rows = [f'{18 + k}.0   8   {300 + k}.0      3504.  12.0\t"a car"' for k in range(9)]
    frame, _ = read(tmp_path, "".join(f"{row}\n" for row in rows), "auto.data")
    assert frame.shape == (9, 6) and frame["column_3"].iloc[2] == 302

    rows = [f"12 30 {k}.5\t{k}" for k in range(9)]
    assert read(tmp_path, lines("ra\ty", rows), "ra.tsv")[0].shape == (9, 2)


def test_the_end_of_a_starlink_table_is_no_row(tmp_path):
    frame, _ = read(tmp_path, "Id\tmag\n--\t---\n1\t20.1\n2\t20.5\n[EOD]\n", "t.tst")
    assert frame["mag"].tolist() == [20.1, 20.5]


SAME = pd.Timestamp("2019-01-31 16:05:00")


@pytest.mark.parametrize(
    "spelt",
    [
        "%m/%d/%Y %I:%M %p", "%a, %d %b %Y %H:%M:%S GMT", "%Y%m%d%H%M%S", "%d-%b-%Y %I:%M:%S %p",
    ],
)  # fmt: skip
def test_clocks_of_twelve_hours_weekdays_and_fourteen_digits(spelt):
    days = pd.Series(pd.date_range(SAME, periods=30, freq="13h"))
    words = days.dt.strftime(spelt)
    words = words.astype("int64") if spelt == "%Y%m%d%H%M%S" else words
    plain, _, _ = in_decimal_years(pd.DataFrame({"t": days}))
    frame, names, notes = in_decimal_years(pd.DataFrame({"t": words}))

    assert names == ("t",), notes
    np.testing.assert_allclose(frame["t"], plain["t"], rtol=0, atol=1e-9)


def test_a_time_of_day_is_no_date():
    words = pd.DataFrame({"Time": [f"{k % 24:02d}.00.00" for k in range(60)]})
    assert in_decimal_years(words)[2] == []


def test_years_are_times(tmp_path):
    """One row for each year in order, or a series of months that drifts."""
    rows = [f"{1880 + k},{x},{y}" for k, (x, y) in enumerate(zip(X, Y, strict=True))]
    roles, notes = taken(tmp_path, lines("Year,x,y", rows), "y")
    assert roles["Year"].role == "time" and "drifts" not in notes

    (tmp_path / "m").mkdir()
    rows = [f"{1958 + k / 12:.4f},{x},{315 + k + x}" for k, x in enumerate(X)]
    roles, notes = taken(tmp_path / "m", lines("decimal date,x,y", rows), "y")
    assert roles["decimal date"].divides and "drifts in its order" in notes
