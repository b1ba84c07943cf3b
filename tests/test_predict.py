"""Somebody has a model and a table: as many rows come out as went in, and none is lost."""

import gzip
import re
import zipfile

import numpy as np
import pandas as pd
import predict_release
import pyarrow as pa
import pytest
from astropy.table import Table
from pyarrow import parquet

from boxloop import cli
from boxloop.base.errors import UserError
from boxloop.predict import command, out, part, stream

LOST = ["prediction", "low", "high"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A model of height and age."""
    return predict_release.make(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def frame():
    """A table with one row out of range, one with a gap, one infinite, and columns to spare."""
    found = predict_release.rows(["age", "height"], 300, seed=1).drop(columns="weight")
    found.insert(1, "remark", "none, so far")
    found.loc[5, "height"], found.loc[7, "age"], found.loc[8, "age"] = 50, np.nan, np.inf
    return found


@pytest.fixture
def predict(model, tmp_path, monkeypatch):
    """Return ``predict(file, out="out.parquet", **options)``: the table that came out, and lines.

    The rows in memory are few, so that a table comes in several parts.
    """
    monkeypatch.setattr(stream, "ROWS", 64)
    monkeypatch.setattr("boxloop.predict.lines.BLOCK", 2000)

    def run(file, to="out.parquet", **options):
        options = {"release": model, "force": True} | options
        said = command.predict(tmp_path / file, tmp_path / to, **options)
        found = tmp_path / to
        read = {".csv": pd.read_csv, ".parquet": pd.read_parquet}.get(found.suffix)
        return (read(found) if read else Table.read(found)), said

    return run


def as_csv(folder, frame, name="t.csv", **options):
    (folder / name).write_text(frame.to_csv(index=False, **options), encoding="utf-8", newline="")
    return folder / name


def lines_of(frame):
    return frame.to_csv(index=False, lineterminator="\n").splitlines()


def test_a_prediction_for_every_row(predict, tmp_path, frame):
    """In order, ids as they came, a reason where a row is out of scope, and one sentence."""
    as_csv(tmp_path, frame)
    found, said = predict("t.csv")

    assert list(found) == ["name", *LOST, "in_scope", "reason", "release"]
    assert found["name"].tolist() == frame["name"].tolist()
    good = np.isfinite(frame[["age", "height"]]).all(axis=1)
    expected = frame["age"] + frame["height"]
    assert np.allclose(found["prediction"][good], expected[good])
    assert found.loc[0, "in_scope"] and found.loc[0, "reason"] == ""
    assert not found.loc[[5, 7, 8], "in_scope"].any()
    assert "height is 50" in found.loc[5, "reason"] and "age is missing" in found.loc[7, "reason"]
    assert found.loc[8, "reason"] == "age is infinite"
    inside = int(found["in_scope"].sum())
    assert said[0].startswith(f"300 rows: {inside} in scope; ")
    assert "1 lack age" in said[0] and "1 with an infinite age" in said[0]
    assert said[-1].startswith("Written: ")


KINDS = ["csv", "semicolon", "gz", "parquet", "dictionary", "fits", "vot", "ecsv", "order", "tab",
         "zip", "feather", "utf16"]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_the_file_is(predict, tmp_path, frame, kind):
    """The numbers are those of the CSV: big-endian, with a BOM, packed, or in another order."""
    whole, _ = predict(as_csv(tmp_path, frame).name)
    table, name = frame.copy(), f"u.{kind}"
    if kind in ("csv", "semicolon", "tab", "order", "utf16"):
        how = {"semicolon": {"sep": ";", "decimal": ","}, "tab": {"sep": "\t"}}.get(kind, {})
        table = table[table.columns[::-1]] if kind == "order" else table
        text = "\ufeff" * (kind == "semicolon") + table.to_csv(
            index=False, lineterminator="\r\n", **how
        )
        name = "u.csv"
        (tmp_path / name).write_bytes(text.encode("utf-16" if kind == "utf16" else "utf-8"))
    elif kind == "gz":
        name = "u.csv.gz"
        (tmp_path / name).write_bytes(gzip.compress(table.to_csv(index=False).encode()))
    elif kind == "zip":
        with zipfile.ZipFile(tmp_path / name, "w") as packed:
            packed.writestr("inner.csv", table.to_csv(index=False))
    elif kind == "dictionary":
        name = "u.parquet"
        table["name"] = table["name"].astype("category")
        table.to_parquet(tmp_path / name, row_group_size=70)
    elif kind == "parquet":
        table.to_parquet(tmp_path / name, row_group_size=150)
    elif kind == "feather":
        table.to_feather(tmp_path / name)
    else:
        made = Table.from_pandas(table)
        made["height"] = made["height"].astype(">f8")
        made.write(
            tmp_path / name, overwrite=True, **({"format": "votable"} if kind == "vot" else {})
        )
    found, _ = predict(name)

    assert found["name"].tolist() == whole["name"].tolist()
    pd.testing.assert_frame_equal(found.drop(columns="name"), whole.drop(columns="name"))


@pytest.mark.parametrize("to", ["o.csv", "o.parquet", "o.fits", "o.vot", "o.ecsv"])
def test_whatever_the_predictions_go_into(predict, tmp_path, frame, to):
    """Each can be read back, with the same numbers, and what was not read has none."""
    lines = lines_of(frame)
    lines[11] = lines[11].replace(lines[11].split(",")[3], "dust")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    whole, _ = predict("t.csv")
    found, _ = predict("t.csv", to)

    assert len(found) == 300
    numbers = np.ma.filled(np.ma.asarray(found["prediction"], dtype=float), np.nan)
    assert np.array_equal(numbers, whole["prediction"].to_numpy(), equal_nan=True)
    assert np.isnan(numbers[10]) and not np.asarray(found["in_scope"], dtype=bool)[10]


def test_ids_are_what_they_were(predict, tmp_path, frame):
    """Zeros in front, NA, quotes, commas, and whole numbers that no float holds."""
    strange = ["007", "NA", 'say "aha"', "a,b", "1e5", "", "nan", "9007199254740993", "é", "-"]
    table = frame.head(10).assign(name=strange)
    as_csv(tmp_path, table)
    predict("t.csv", "o.csv")
    back = pd.read_csv(tmp_path / "o.csv", dtype=str, keep_default_na=False)["name"]
    assert back.tolist() == strange

    plain = ["NA", "007", "nan", "null", "1e5", "1.0", "-", "x", "None", "2"]
    as_csv(tmp_path, table.assign(name=plain).drop(columns="remark"))
    predict("t.csv", "o.csv")
    back = pd.read_csv(tmp_path / "o.csv", dtype=str, keep_default_na=False)["name"]
    assert back.tolist() == plain

    large = pa.array([2**53 + 1, None, *range(8)], pa.int64())
    made = pa.Table.from_pandas(frame.head(10), preserve_index=False)
    parquet.write_table(made.set_column(0, "name", large), tmp_path / "t.parquet")
    predict("t.parquet")
    assert parquet.read_table(tmp_path / "out.parquet")["name"].combine_chunks() == large


def test_an_id_in_a_workbook_keeps_its_zeros(predict, tmp_path, frame):
    """A cell of text is no number, though it looks like one; a number in a cell is one."""
    named = [f"{at:04d}" for at in range(6)]
    frame.head(6).assign(name=named).to_excel(tmp_path / "t.xlsx", index=False)
    found, _ = predict("t.xlsx")
    whole, _ = predict(as_csv(tmp_path, frame.head(6)).name)

    assert found["name"].tolist() == named
    pd.testing.assert_frame_equal(found.drop(columns="name"), whole.drop(columns="name"))


def test_a_format_without_a_kind_of_value(predict, tmp_path, frame):
    """VOTable has no large number without a sign, and FITS no letters but those of ASCII."""
    large = np.arange(5, dtype="uint64") + np.uint64(2**64 - 9)
    frame.head(5).assign(name=large).to_parquet(tmp_path / "t.parquet", index=False)
    found, _ = predict("t.parquet", "o.vot")
    assert [str(one) for one in found["name"]] == [str(one) for one in large]
    frame.head(5).assign(name=large - np.uint64(2**63)).to_parquet(tmp_path / "t.parquet")
    found, _ = predict("t.parquet", "o.vot")
    assert found["name"].dtype == "int64"

    as_csv(tmp_path, frame.head(2).assign(name=["a", "Öl"]))
    with pytest.raises(UserError, match="FITS has ASCII letters alone, and 'Öl' is in "):
        predict("t.csv", "o.fits")
    assert not (tmp_path / "o.fits").exists()


def test_lines_that_cannot_be_read_are_flagged(predict, tmp_path, frame):
    """Too many fields, too few, a word, an open quote, a last line cut short: a row each.

    Empty lines and remarks are none.
    """
    lines = lines_of(frame)
    lines[21] += ",7"
    lines[31] = ",".join(lines[31].split(",")[:2])
    cells = lines[41].split(",")
    lines[41] = lines[41].replace(cells[-2], "abc")
    lines[61] = '"open' + lines[61]
    lines[-1] = lines[-1][:12]
    lines.insert(70, "")
    lines.insert(80, "# the second night")
    (tmp_path / "t.csv").write_text("\n".join(lines))
    found, said = predict("t.csv")
    lost = found["reason"].str.startswith("could not be read")

    assert len(found) == 300 and found["name"].tolist()[:60] == frame["name"].tolist()[:60]
    assert np.flatnonzero(lost).tolist() == [20, 30, 40, 60, 299]
    assert found.loc[60, "name"] == '"open00060'  # a quote that nothing closes
    assert found.loc[lost, LOST].isna().all(axis=None)
    assert not found.loc[lost, "in_scope"].any()
    assert re.search(rf"{lost.sum()} could not be read\.$", said[0])
    assert said[1].startswith("Not read, and flagged: row 21: 5 fields in place of 4; row 31: ")
    assert "Passed over: 1 empty line and 1 line of remarks." in said
    others = ~lost & np.isfinite(frame[["age", "height"]]).all(axis=1)
    expected = frame["age"] + frame["height"]
    assert np.allclose(found["prediction"][others], expected[others])


def test_numbers_as_people_write_them(predict, tmp_path, frame):
    """Marks and limits are missing, as for `adopt`; Fortran's exponents are numbers."""
    lines = lines_of(frame)
    for row, cell in {3: "...", 4: "<0.5", 5: "1.5D-01", 6: "N/A", 7: "seven"}.items():
        cells = lines[row].split(",")
        lines[row] = lines[row].replace(cells[-1], cell)
    (tmp_path / "t.csv").write_text("\n".join(lines))
    found, _ = predict("t.csv")

    for row in (2, 3, 5):
        assert "is missing" in found.loc[row, "reason"]
    assert found.loc[4, "prediction"] == pytest.approx(frame.loc[4, "age"] + 0.15)
    assert found.loc[6, "reason"] == "could not be read: height is 'seven'"


def test_a_field_that_goes_over_lines(predict, tmp_path, frame):
    """A remark with a line end in quotes is one row, wherever a part of the table ends."""
    table = frame.assign(remark=[f'a "word"\nand {n}' for n in range(300)])
    as_csv(tmp_path, table)
    found, _ = predict("t.csv")

    assert found["name"].tolist() == frame["name"].tolist()
    assert not found["reason"].str.startswith("could not").any()


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.fits"])
def test_no_rows_in_no_rows_out(predict, tmp_path, frame, name):
    """The table that comes out has its columns."""
    none = frame.head(0)
    if name == "t.csv":
        as_csv(tmp_path, none)
    elif name == "t.parquet":
        none.to_parquet(tmp_path / name)
    else:
        Table.from_pandas(frame)[:0].write(tmp_path / name)
    found, said = predict(name)

    assert list(found) == ["name", *LOST, "in_scope", "reason", "release"] and not len(found)
    assert said[0] == "0 rows."


def test_a_table_without_ids_goes_by_its_order(predict, tmp_path, frame):
    """That is said."""
    frame.drop(columns="name").to_parquet(tmp_path / "t.parquet")
    found, said = predict("t.parquet")

    assert len(found) == 300 and "name" not in found
    assert said[0] == "The table has no column 'name': rows go by their order alone."


def test_words_are_read_as_words(tmp_path):
    """Of a column that holds words in training; one that training has not is named."""
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline

    kept = ColumnTransformer([("kept", "passthrough", ["height"])])
    place = predict_release.make(
        tmp_path / "w", ["height"], make_pipeline(kept, LinearRegression()), words=["colour"]
    )
    table = predict_release.rows(["height"], 40).drop(columns="weight")
    table["colour"] = ["red", "blue", " red", "7"] * 10
    as_csv(tmp_path, table)
    said = command.predict(tmp_path / "t.csv", tmp_path / "o.csv", release=place)
    found = pd.read_csv(tmp_path / "o.csv", keep_default_na=False)

    assert not found["reason"][2::4].str.contains("colour").any()
    assert found["reason"][3::4].str.contains("colour is '7'").all()
    assert "10 with an unknown word for colour" in said[0]


def test_the_arithmetic_of_a_model_is_not_overheard(tmp_path, recwarn):
    """The logarithm of zero: the row has no number, or one without bounds, and no warning."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.linear_model import LinearRegression

    model = TransformedTargetRegressor(LinearRegression(), func=np.exp, inverse_func=np.log)
    place = predict_release.make(tmp_path / "m", ["height"], model)
    table = predict_release.rows(["height"], 40).drop(columns="weight")
    as_csv(tmp_path, table.assign(height=-table["height"].abs() - 5))
    recwarn.clear()  # of the fit
    command.predict(tmp_path / "t.csv", tmp_path / "o.csv", release=place)
    found = pd.read_csv(tmp_path / "o.csv", keep_default_na=False)

    assert not found["in_scope"].any() and (found["reason"] != "").all()
    assert [str(one.message) for one in recwarn] == []
    with pytest.warns(RuntimeWarning):  # of everything else they are heard as ever
        np.log(np.zeros(1))


def test_what_is_lacking_is_one_sentence(model, tmp_path, frame, capsys):
    """Exit code 2, the name of the column, and one that is near; nothing is written."""
    as_csv(tmp_path, frame.rename(columns={"height": "Height"}))
    words = ["predict", tmp_path / "t.csv", "--out", tmp_path / "o.csv", "--release", model]
    with pytest.raises(SystemExit) as end:
        cli.main([str(word) for word in words])

    assert end.value.code == 2
    said = capsys.readouterr().err.strip()
    assert said == (
        "Error: t.csv has no column 'height', which the model reads: rename 'Height' if that is "
        "what it is, or add it."
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv"]


def test_what_is_there_is_kept(predict, tmp_path, frame):
    """Without --force; and a run that fails leaves the old file and nothing beside it."""
    as_csv(tmp_path, frame)
    (tmp_path / "o.csv").write_text("mine")
    with pytest.raises(UserError, match=r"o.csv is there already: .*--force"):
        predict("t.csv", "o.csv", force=False)
    packed = gzip.compress((tmp_path / "t.csv").read_bytes())
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(UserError, match=r"cannot be read to its end .*: copy it again"):
        predict("cut.csv.gz", "o.csv")

    assert (tmp_path / "o.csv").read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.csv.gz", "o.csv", "t.csv"]


def test_a_parquet_file_that_is_damaged_leaves_nothing(predict, tmp_path, frame):
    """Its footer is whole and a row group is not: found when it is read."""
    frame.to_parquet(tmp_path / "t.parquet", row_group_size=100, compression="gzip")
    data = bytearray((tmp_path / "t.parquet").read_bytes())
    place = len(data) // 3
    data[place : place + 400] = bytes(400)
    (tmp_path / "t.parquet").write_bytes(data)
    with pytest.raises(UserError, match="is not a whole Parquet file"):
        predict("t.parquet", "o.csv")

    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


def test_without_a_release_the_model_of_the_last_run(model, tmp_path, frame, monkeypatch):
    """It is said; with neither, the sentence says how to get one."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="name one with --release"):
        command.of_project()
    (tmp_path / "study.toml").write_text("")
    with pytest.raises(UserError, match="There is no model to predict with: run `boxloop run`"):
        command.of_project()
    kept = tmp_path / "results" / "08_release" / "model"
    kept.mkdir(parents=True)
    place, said = command.of_project()
    assert place == kept
    [line] = said
    assert line.startswith("No release was written yet: the model is that of the last run, in ")
    assert line.endswith("results/08_release/model.")
    (tmp_path / "release").mkdir()
    (tmp_path / "release" / "release.json").write_text("{}")
    assert command.of_project() == (tmp_path / "release", [])


def test_lists_in_cells_are_columns(tmp_path):
    """`mag` with two values in each row is read as `mag_1` and `mag_2`, part by part."""
    place = predict_release.make(tmp_path / "m", ["mag_1", "mag_2"])
    table = predict_release.rows(["mag_1", "mag_2"], 90)
    pairs = pa.FixedSizeListArray.from_arrays(table[["mag_1", "mag_2"]].to_numpy().ravel(), 2)
    made = pa.table({"name": table["name"], "mag": pairs})
    parquet.write_table(made, tmp_path / "t.parquet", row_group_size=20)
    command.predict(tmp_path / "t.parquet", tmp_path / "o.parquet", release=place)

    found = pd.read_parquet(tmp_path / "o.parquet")
    assert np.allclose(found["prediction"], table["weight"])


@pytest.mark.parametrize(("word", "sign", "value"), [
    ("1.5", ",", 1.5), ("1,5", ";", 1.5), ("1,5", "\t", 1.5), ("1,234", ";", 1.234),
    ("true", ",", 1.0), ("1.5d2", ",", 150.0), ("--", ",", None), ("> 3", ",", None),
    ("1,234", "\t", "bad"), ("1,5", ",", "bad"), ("dust", ",", "bad"), ("0x10", ",", "bad"),
])  # fmt: skip
def test_one_cell(word, sign, value):
    """A number, nothing, or what could not be read; a comma that may mean two things is that."""
    [found], [bad] = part.as_numbers(pd.Series([word]), sign)

    assert bad == (value == "bad")
    assert found == value if isinstance(value, float) else np.isnan(found)


def test_only_what_is_known_is_written(tmp_path):
    """Another ending is refused, and so are a folder, a folder that is not there, the table."""
    here = tmp_path / "t.csv"
    said = {
        "o.txt": "end it in .csv",
        "o": "has no ending",
        "no/o.csv": "The folder .* is not there",
        "t.csv": "is the table itself",
    }
    for name, words in said.items():
        with pytest.raises(UserError, match=words):
            out.refuse(tmp_path / name, here, force=True)
    (tmp_path / "f.csv").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        out.refuse(tmp_path / "f.csv", here, force=True)
