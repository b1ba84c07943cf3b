"""Tables of every kind that people bring, and tables that nobody can read.

One sentence with file, place and remedy.
"""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time

from boxloop.base.errors import UserError
from boxloop.table.read import read_catalogue

MAGIC = Path(__file__).resolve().parents[2] / "shared" / "data" / "magic04.csv"


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "x,y\n1,2.5\n3,4.5\n"),
        ("a.csv", "x;y\n1;2.5\n3;4.5\n"),
        ("a.tsv", "x\ty\n1\t2.5\n3\t4.5\n"),
        ("a.txt", "x y\n1   2.5\n3 4.5\n"),
        ("a.dat", "# made by hand\nx|y\n1|2.5\n3|4.5\n"),
        ("a.csv", "\ufeffx,y\r\n1,2.5\r\n3,4.5\r\n"),
        ("a.csv", "x, y\n1, 2.5\n\n3, 4.5\n"),
        ("a.csv", '"x","y"\n"1","2.5"\n"3","4.5"\n'),
        ("A.CSV", "x,y\n1,2.5\n3,4.5"),
    ],
)
def test_text_with_any_delimiter(tmp_path, name, text):
    """Commas, semicolons, tabs, bars, blanks.

    Comments, byte-order marks, Windows lines and quotes.
    """
    frame = read_catalogue(write(tmp_path, name, text)).frame

    assert list(frame.columns) == ["x", "y"]
    assert frame.to_numpy().tolist() == [[1, 2.5], [3, 4.5]]


def test_text_that_is_compressed(tmp_path):
    """The ending before .gz counts."""
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"x,y\n1,2\n"))

    assert read_catalogue(path).frame.to_numpy().tolist() == [[1, 2]]


@pytest.mark.parametrize("text", ["1.5,2,g\n3.5,4,h\n", "1.5,2,7\n3.5,4,9\n"])
def test_text_without_names(tmp_path, text):
    """A first line that looks like the second is data.

    The columns are numbered, and that is said.
    """
    found = read_catalogue(write(tmp_path, "a.csv", text))

    assert list(found.frame.columns) == ["column_1", "column_2", "column_3"]
    assert len(found.frame) == 2 and "no line of names" in found.notes[0]


def test_missing_values_and_words(tmp_path):
    """An empty field is NaN; words, booleans and ten classes stay what they are."""
    found = read_catalogue(
        write(tmp_path, "a.csv", "x,kind,flag\n1,a,True\n,b,False\n3,,True\n")
    ).frame

    assert found["x"].isna().tolist() == [False, True, False]
    assert found["kind"].isna().tolist() == [False, False, True]
    assert found["flag"].dtype == bool


@pytest.fixture
def measured():
    """Units, descriptions, masked values, text, whole numbers."""
    table = Table(
        {
            "name": ["NGC 1", "NGC 2", "NGC 3"],
            "count": MaskedColumn([1, 2, 3], mask=[False, True, False]),
        }
    )
    table["flux"] = MaskedColumn(
        [1.5, 2.5, 3.5], mask=[True, False, False], unit="mJy", description="Flux at 1.4 GHz"
    )
    return table


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("t.fits", "fits"),
        ("t.fit", "fits"),
        ("t.vot", "votable"),
        ("t.xml", "votable"),
        ("t.ecsv", "ascii.ecsv"),
    ],
)
def test_tables_of_astronomers(tmp_path, measured, name, kind):
    """What astropy has written comes back: values, missing ones, units and descriptions."""
    measured.write(tmp_path / name, format=kind)
    found = read_catalogue(tmp_path / name)

    assert found.frame["name"].tolist() == ["NGC 1", "NGC 2", "NGC 3"]
    assert np.allclose(found.frame["flux"], [np.nan, 2.5, 3.5], equal_nan=True)
    assert np.allclose(found.frame["count"].astype(float), [1, np.nan, 3], equal_nan=True)
    assert found.units == {"flux": "mJy"}
    assert found.frame["flux"].to_numpy().dtype.isnative
    if kind != "fits":  # FITS has no place for descriptions of columns
        assert found.descriptions["flux"] == "Flux at 1.4 GHz"


def test_quantities_and_times(tmp_path):
    """A quantity gives its value and unit; a time becomes a decimal year, and that is said."""
    table = QTable({"d": [1.0, 2.0] * u.Mpc, "seen": Time(["2020-01-01", "2020-07-02"])})
    table.write(tmp_path / "t.ecsv")
    found = read_catalogue(tmp_path / "t.ecsv")

    assert found.units == {"d": "Mpc", "seen": "yr"}
    assert found.frame["seen"].tolist() == pytest.approx([2020.0, 2020.5], abs=1e-3)
    assert "decimal years" in found.notes[0]


def test_parquet_with_dates(tmp_path):
    """Dates become decimal years; an index with a name is a column."""
    frame = pd.DataFrame(
        {"x": [1.0, 2.0], "seen": pd.to_datetime(["2021-01-01 00:00", "2021-07-02 12:00"])},
        index=pd.Index(["a", "b"], name="id"),
    )
    frame.to_parquet(tmp_path / "t.parquet")
    found = read_catalogue(tmp_path / "t.parquet")

    assert list(found.frame.columns) == ["id", "x", "seen"]
    assert found.frame["seen"].tolist() == pytest.approx([2021.0, 2021.5])


MALFORMED = {
    "nothing.csv": (b"", "is empty"),
    "blank.csv": ("\n\n\n", "no rows"),
    "remarks.csv": ("# only a remark\n", "no rows"),
    "names.csv": ("x,y\n", "no rows"),
    "twice.csv": ("x,y,x\n1,2,3\n", "'x' stands there 2 times"),
    "unnamed.csv": ("x,,y\n1,2,3\n", "column 2 has no name"),
    "long.csv": ("x,y\n1,2\n3,4,5\n", "line 3 has 3 fields"),
    "short.csv": ("x,y,z\n1,2,3\n4,5\n", "line 3 has 2 fields"),
    "word.csv": ("x\n" + "1\n" * 20 + "many\n", "line 22: 'many' stands among numbers"),
    "comma.csv": ("x\ty\n" + "1\t2\n" * 20 + "1\t2,5\n", "'2,5' stands among numbers"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n\0\0\0", "is a picture"),
    "table.xlsx": (b"PK", "not a whole workbook of Excel"),
    "cut.parquet": (b"PAR1abc", "not a whole Parquet file"),
    "text.parquet": ("x,y\n1,2\n", "not a whole Parquet file"),
    "text.fits": ("x,y\n1,2\n", "cannot be read as FITS"),
    "cut.fits": (b"SIMPLE  =                    T", "cannot be read as FITS"),
    "text.vot": ("x,y\n1,2\n", "cannot be read as VOTABLE"),
    "open.xml": ("<VOTABLE><RESOURCE>", "cannot be read as VOTABLE"),
    "bare.ecsv": ("x y\n1 2\n", "cannot be read as ECSV"),
    "cut.csv.gz": (gzip.compress(b"x,y\n1,2\n")[:12], "cannot be read"),
    "plain.csv.gz": ("x,y\n1,2\n", "cannot be read"),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_table_that_cannot_be_read_is_one_sentence(tmp_path, name):
    """File, place and remedy, on one line."""
    content, said = MALFORMED[name]
    with pytest.raises(UserError) as error:
        read_catalogue(write(tmp_path, name, content))

    text = str(error.value)
    assert text.startswith(name.split("/")[-1]) and said in text and ": " in text
    assert len(text) <= 250 and "\n" not in text


def test_a_file_that_is_not_there(tmp_path):
    """The sentence has the whole path, because the folder may be the mistake."""
    with pytest.raises(UserError, match="is not there: check its name and folder"):
        read_catalogue(tmp_path / "no.csv")


@pytest.mark.parametrize("kind", ["fits", "parquet"])
def test_several_values_in_one_row(tmp_path, kind):
    """A few are columns of their own, named by their bands where these are known.

    A spectrum in a cell is left out; both are said.
    """
    path, mags, spectrum = tmp_path / f"t.{kind}", np.arange(10.0).reshape(2, 5), np.ones((2, 500))
    if kind == "fits":
        Table({"x": [1, 2], "psfMag": mags, "ap": mags, "spectrum": spectrum}).write(path)
    else:
        lists = {"psfMag": list(mags), "ap": list(mags), "spectrum": list(spectrum)}
        pd.DataFrame({"x": [1, 2]} | lists).to_parquet(path)
    found = read_catalogue(path)

    assert list(found.frame.columns) == [
        "x",
        *(f"psfMag_{band}" for band in "ugriz"),
        *(f"ap_{number}" for number in range(1, 6)),
    ]
    assert found.frame["psfMag_i"].tolist() == [3.0, 8.0]
    said = " ".join(found.notes)
    assert "'psfMag', 'ap' hold several values in each row: each has a column" in said
    assert "'spectrum' holds" in said and said.endswith("left out.")


@pytest.mark.skipif(not MAGIC.is_file(), reason="the MAGIC catalogue is not beside the project")
def test_a_real_catalogue():
    """19,020 events, ten numbers and a class."""
    frame = read_catalogue(MAGIC).frame

    assert len(frame) == 19_020
    assert frame.select_dtypes("number").shape[1] == 10
    assert frame.iloc[:, -1].value_counts().to_dict() == {"g": 12_332, "h": 6_688}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "n;x;kind\n1;0,602;a, b\n2;-1,5e3;c\n3;;d\n4;7;e\n"),
        ("a.tsv", "n\tx\tkind\n1\t0,602\ta, b\n2\t-1,5e3\tc\n3\t\td\n4\t7\te\n"),
        ("a.txt", "n|x|kind\n1|0,602|a, b\n2|-1,5e3|c\n3|--|d\n4|7|e\n"),
    ],
)
def test_decimal_commas_are_points(tmp_path, name, text):
    """Where the comma does not separate fields; it is said, and words with commas stay words."""
    found = read_catalogue(write(tmp_path, name, text))

    assert found.frame["x"].tolist()[:2] == [0.602, -1500.0] and found.frame[
        "x"
    ].isna().tolist() == [False, False, True, False]
    assert found.frame["kind"].tolist() == ["a, b", "c", "d", "e"]
    assert found.notes == ["The file has decimal commas: they are read as points."]


def test_decimal_commas_without_names(tmp_path):
    """Every line has as many commas: the semicolon separates all the same."""
    found = read_catalogue(write(tmp_path, "a.csv", "0,6;1,5\n0,7;2,5\n"))

    assert found.frame.to_numpy().tolist() == [[0.6, 1.5], [0.7, 2.5]]


@pytest.mark.parametrize(
    "text", ["x y\n0,6  1,5\n0,7 2,5\n", "0,6  1,5\n0,7 2,5\n", "x y\n0,6 1,5\n0,7 2,5\n"]
)
def test_decimal_commas_between_blanks(tmp_path, text):
    """With names and without."""
    assert read_catalogue(write(tmp_path, "a.dat", text)).frame.to_numpy().tolist() == [
        [0.6, 1.5],
        [0.7, 2.5],
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "x;n\n0,6;1.000\n0,7;2.000\n",
            "decimal commas in column 'x' and decimal points in column 'n'",
        ),
        (
            "x;y\n0,6;1.5\n0,7;2.5\n",
            (
                "a.csv has decimal commas in column 'x' and decimal points in column 'y': write "
                "all numbers with points"
            ),
        ),
        (
            "x;y\n0,6;1\n0,7;2\n0.8;3\n",
            "column 'x', line 4: '0.8' stands in a column of numbers with commas",
        ),
        (
            "x;y\n0,6;1\n0,7;2\nbad;3\n",
            "column 'x', line 4: 'bad' stands in a column of numbers with commas",
        ),
        ("x;y\n1.234,6;1\n2.345,6;1\n2.3,7;2\n", "column 'x', line 2: '1.234,6'"),
        (
            'x,y\n"1,234",1\n"2,345",2\n',
            (
                "column 'x', line 2: '1,234' stands in a column of numbers with commas: write all "
                "numbers with points"
            ),
        ),
    ],
)
def test_commas_that_may_mean_two_things_are_refused(tmp_path, text, says):
    """Measurements never turn into words."""
    with pytest.raises(UserError, match=says):
        read_catalogue(write(tmp_path, "a.csv", text))


@pytest.mark.parametrize(
    ("name", "kind"), [("t.fits", "fits"), ("t.vot", "votable"), ("t.ecsv", "ascii.ecsv")]
)
def test_empty_text_is_missing(tmp_path, name, kind):
    """Blanks as well: these formats fill text up with them."""
    made = Table({"kind": ["star", "", "  ", "galaxy", "x"], "x": [1.0, 2.0, 3.0, 4.0, 5.0]})
    made["some"] = MaskedColumn(["a", "", "c", "d", " "], mask=[True, False, False, False, False])
    made.write(tmp_path / name, format=kind)
    frame = read_catalogue(tmp_path / name).frame

    assert frame["kind"].isna().tolist() == [False, True, True, False, False]
    assert frame["some"].isna().tolist() == [True, True, False, False, True]


def test_empty_text_in_parquet_is_missing(tmp_path):
    """As in every other format."""
    pd.DataFrame({"kind": ["star", "", " ", None], "x": [1, 2, 3, 4]}).to_parquet(
        tmp_path / "t.parquet"
    )

    assert read_catalogue(tmp_path / "t.parquet").frame["kind"].isna().tolist() == [
        False,
        True,
        True,
        True,
    ]


def test_commas_that_may_stand_between_thousands(tmp_path):
    """Between tabs they are refused.

    A semicolon, or one number that can only be decimal, settles it.
    """
    with pytest.raises(
        UserError, match="column 'x', line 2: '1,234' stands in a column of numbers with commas"
    ):
        read_catalogue(write(tmp_path, "a.tsv", "x\ty\n1,234\t5\n2,345\t6\n"))
    assert read_catalogue(write(tmp_path, "a.csv", "x;y\n1,234;5\n2,345;6\n")).frame[
        "x"
    ].tolist() == [1.234, 2.345]
    assert read_catalogue(write(tmp_path, "b.tsv", "x\ty\n1,234\t5\n0,345\t6\n")).frame[
        "x"
    ].tolist() == [1.234, 0.345]
