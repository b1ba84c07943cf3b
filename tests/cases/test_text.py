"""Text tables as people really write them: names, units, gaps and numbers come out as meant."""

import numpy as np
import pandas as pd
import pytest
from astropy.table import MaskedColumn, Table
from cases_at import case

from boxloop.base.errors import UserError
from boxloop.table.read import read_catalogue

BANDS = ["u", "g", "r", "i", "z_spec"]
SEXTRACTOR = ["MAG_U", "MAG_G", "MAG_R", "MAG_I", "Z_SPEC"]
ROWS = 40


def read(folder, name, text):
    """Return the catalogue in a file that holds this text or these bytes."""
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_catalogue(path)


def lines(shape, rows=ROWS):
    """Return as many lines, each shaped by its number."""
    return "".join(shape.format(k=k, half=k + 0.5, third=k / 3) + "\n" for k in range(rows))


@pytest.mark.parametrize(
    ("name", "names", "says"),
    [
        ("01_commented_header.dat", BANDS, "behind '#'"),
        ("01b_savetxt.csv", BANDS, "behind '#'"),
        ("02_pandas_index.csv", BANDS, "numbers the rows: it is left out"),
        ("03_units_row.csv", BANDS, "Line 2, below the names, is read as units"),
        ("04_mrt.txt", BANDS, "machine-readable (MRT)"),
        ("05_ipac.tbl", BANDS, "IPAC"),
        ("15b_utf16.csv", BANDS, "UTF-16"),
        ("15c_latin1.csv", [*BANDS, "observer"], "Latin-1"),
        ("15e_trailing_delim_rows_only.csv", BANDS, "is empty: it is left out"),
        ("15f_title_line.csv", BANDS, "no part of the table"),
        ("15g_footer.csv", BANDS, "2 lines behind '#'"),
        ("15n_sextractor.cat", SEXTRACTOR, "numbered lines behind '#'"),
        ("15n_sextractor.dat", SEXTRACTOR, "numbered lines behind '#'"),
        ("16f_other_word_marks.csv", BANDS, "'nodata' is read as a missing value (29 rows)"),
        ("34_quoted_blank.dat", ["u", "g", "z", "name"], ""),
        ("34c_two_line.txt", ["u", "g", "z", "name"], "where the rule"),
        ("34d_ecsv_as.txt", ["u", "g", "z", "name"], ""),
        ("34f_latex.tex", ["u", "g", "z", "name"], "LaTeX"),
        ("10_fortran_D.dat", BANDS, "exponents as Fortran"),
        ("11_upper_limits_few.csv", BANDS, "mixes numbers and limits such as '>17.86'"),
        ("16e_word_marks.csv", BANDS, ""),
    ],
)
def test_a_table_of_the_field_is_read(name, names, says):
    """All columns have their names, what is a number is one, and what was guessed is said."""
    found = read_catalogue(case(name))

    assert list(found.frame.columns) == names
    assert all(
        pd.api.types.is_float_dtype(found.frame[name])
        for name in names
        if name not in ("name", "observer")
    )
    assert says in " ".join(found.notes)
    assert len(found.frame) in (300, 400)


@pytest.mark.parametrize(
    "name", ["07_bigint_gap.csv", "30d_host_gap.csv", "30b_sdss_objid_gap.csv"]
)
def test_an_identifier_with_a_gap_stays_exact(name):
    """Every number as it is written, to its last digit."""
    path = case(name)
    column = read_catalogue(path).frame.iloc[:, -1]
    words = pd.read_csv(path, dtype=str).iloc[:, -1]

    assert column.dropna().astype(str).tolist() == words.dropna().tolist()
    assert column.isna().tolist() == words.isna().tolist()


@pytest.mark.parametrize("how", ["compact", "dmy", "dot", "iso", "isoz", "slash"])
def test_dates_are_years(how):
    """In whatever spelling, between 2015 and 2018, in the order of the file."""
    found = read_catalogue(case(f"13_date_{how}.csv"))

    assert found.units["obsdate"] == "yr" and "decimal years" in found.notes[0]
    assert found.frame["obsdate"].between(2015, 2018).all()
    assert found.frame["obsdate"].is_monotonic_increasing


def test_what_astropy_reads_is_read_alike():
    """Value by value, in each format of the cases that astropy is told the name of."""
    for name, kind in {
        "04_mrt.txt": "mrt",
        "05_ipac.tbl": "ipac", "15n_sextractor.cat": "sextractor",
        "34c_two_line.txt": "fixed_width_two_line", "34f_latex.tex": "latex",
    }.items():  # fmt: skip
        path = case(name)
        theirs = Table.read(path, format=f"ascii.{kind}").to_pandas()
        ours = read_catalogue(path).frame
        assert list(ours.columns) == list(theirs.columns)
        for column in theirs:
            assert ours[column].tolist() == theirs[column].tolist(), (name, column)


def test_units_and_descriptions_come_along():
    """From numbered lines, from lines of an archive, and from a row of units."""
    found = read_catalogue(case("15n_sextractor.cat"))
    assert found.units["MAG_U"] == "mag" and found.descriptions["Z_SPEC"] == "redshift"

    found = read_catalogue(case("51_nasa_column_lines.csv"))
    assert found.units["pl_bmasse"] == "Earth Mass"
    assert found.descriptions["hostname"] == "Host Name" and not found.notes

    assert read_catalogue(case("03_units_row.csv")).units == dict.fromkeys(BANDS[:4], "mag")


def test_fixed_widths_with_gaps_are_named():
    """Without names nobody can tell what is what."""
    with pytest.raises(UserError, match="columns of fixed width with blanks for gaps"):
        read_catalogue(case("15m_fixed_width_gaps.dat"))


def test_numbers_with_their_errors_are_named():
    """They are words, and that is said."""
    found = read_catalogue(case("11c_plus_minus.csv"))

    assert not pd.api.types.is_numeric_dtype(found.frame["i"])
    assert "'17.86 ± 0.02', and is not used as numbers" in found.notes[0]


@pytest.fixture(scope="module")
def stars():
    """Words with blanks, an identifier of 63 bits, gaps, a unit."""
    rng = np.random.default_rng(1)
    return Table(
        {
            "name": [f"NGC {k}" for k in range(ROWS)],
            "source_id": np.arange(ROWS) + 2**62,
            "u": rng.normal(20, 1, ROWS).round(4),
            "g": MaskedColumn(rng.normal(19, 1, ROWS).round(4), mask=np.arange(ROWS) % 7 == 2,
                              unit="mag"),
            "kind": rng.choice(["a", "b"], ROWS),
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        ("basic", None), ("commented_header", None), ("csv", None), ("ecsv", "mag"),
        ("fixed_width", None), ("fixed_width_two_line", None), ("ipac", "mag"),
        ("latex", "mag"), ("aastex", "mag"), ("html", None), ("mrt", "mag"), ("rdb", None),
        ("rst", None), ("tab", None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ending", [".txt", ".cat", ""])
def test_what_astropy_writes_is_read(tmp_path, stars, kind, unit, ending):
    """In every format, whatever the name of the file ends with."""
    path = tmp_path / f"stars{ending}"
    stars.write(path, format=f"ascii.{kind}")
    found = read_catalogue(path)

    assert list(found.frame.columns) == stars.colnames
    assert found.frame["name"].tolist() == stars["name"].tolist()
    assert found.frame["source_id"].astype("int64").tolist() == stars["source_id"].tolist()
    assert found.frame["u"].tolist() == pytest.approx(stars["u"].tolist(), abs=1e-9)
    assert found.frame["g"].isna().tolist() == stars["g"].mask.tolist()
    assert found.units.get("g") == unit


WRITTEN = {
    "TOPCAT's text": (
        "+-----+------+-----+\n| id  | u    | g   |\n+-----+------+-----+\n"
        + lines("| {k} | {half} |     |")
        + "+-----+------+-----+\n"
    ),
    "TOPCAT's ASCII": "# id   u     g\n" + lines('  {k}  {half}  ""'),
    "VizieR's TSV": "#\n#Title\n\nid\tu\tg\n\tmag\tmag\n---\t----\t----\n"
    + lines("{k}\t {half}\t    ")
    + "\n",
    "VizieR's text": "#Title\n\n id      u    g\n       mag  mag\n---- ----- ----\n"
    + "".join(f"{k:4d} {k + 0.5:5.1f}     \n" for k in range(ROWS)),
    "EAZY": "# id F1 E1\n# id u g\n" + lines("{k} {half} nan"),
    "numpy": "# made by hand\n# id u g\n" + lines("{k} {half} nan"),
    "numpy with a per cent sign": "% id u g\n" + lines("{k} {half} nan"),
    "names and units behind remarks": "# id u g\n# - mag mag\n" + lines("{k} {half} nan"),
    "R's write.table": '"id" "u" "g"\n' + lines('"{k}" {k} {half} NA'),
    "R's write.csv": '"","id","u","g"\n' + lines('"{k}",{k},{half},NA'),
    "a spreadsheet": "sep=;\nid;u;g\n" + lines("{k};{k},5;"),
    "a database": "id,u,g\n" + lines("{k},{half},null") + f"\n({ROWS} rows)\n",
    "psql": " id | u | g \n----+---+---\n" + lines(" {k} | {half} | ") + f"({ROWS} rows)\n",
    "types and units": "id,u,g\nint,double,double\n,mag,mag\n" + lines("{k},{half},"),
    "two lines of title": "My survey\nreleased, 2015\n\nid,u,g\n" + lines("{k},{half},"),
    "remarks inside": "id,u,g\n" + lines("{k},{half},\n# field {k}"),
    "an empty last column": "id,u,g,\n" + lines("{k},{half},,"),
    "fixed widths with gaps": "  id     u    g\n"
    + "".join(
        f"{k:4d} {'' if k % 3 == 1 else k + 0.5:>5} {'' if k else 1.0:>4}\n" for k in range(ROWS)
    ),
    "AAS": "\\begin{deluxetable}{ccc}\n\\tablehead{\\colhead{id} & \\colhead{u} & \\colhead{g}}\n"
    "\\startdata\n" + lines("{k} & ${half}$ & \\nodata \\\\") + "\\enddata\n\\end{deluxetable}\n",
    "UTF-16 without a mark": ("id,u,g\n" + lines("{k},{half},")).encode("utf-16-le"),
    "old Macs": ("id,u,g\n" + lines("{k},{half},")).replace("\n", "\r").encode(),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_others_write_is_read(tmp_path, name):
    """Names, numbers and gaps; a row that is none is not taken for one."""
    found = read(tmp_path, "t.dat", WRITTEN[name]).frame

    assert list(found.columns) == ["id", "u", "g"]
    assert found["id"].tolist() == list(range(ROWS))
    there = found["u"].notna()
    assert (found["u"] - found["id"])[there].eq(0.5).all() and there.mean() > 0.6
    assert found["g"].isna().sum() >= ROWS - 1


def test_units_below_the_names_are_units(tmp_path):
    """Said where they stand; a first row with a limit, a gap or a word is a row."""
    found = read(tmp_path, "a.csv", "id,u,g\n,[mag],mag\n" + lines("{k},{half},{third}"))
    assert found.units == {"u": "mag", "g": "mag"} and "Line 2" in found.notes[0]

    for first in ("x,>18.1,1", "x,>18.1,<2", "x,---,---", "x,,"):
        text = f"name,u,g\n{first}\n" + lines("s{k},{half},{third}")
        assert len(read(tmp_path, "b.csv", text).frame) == ROWS + 1, first
    text = "type,hem\nS,N\n" + lines("S,M")
    assert len(read(tmp_path, "c.csv", text).frame) == ROWS + 1


@pytest.mark.parametrize("every", [2, 10, 30])
def test_limits_are_told_in_one_way(tmp_path, every):
    """However many rows have one: the numbers stay, and the limits are missing."""
    text = "u,x\n" + "".join(f"{'<' if k % every == 0 else ''}{k + 0.5},{k}\n" for k in range(ROWS))
    found = read(tmp_path, "a.csv", text)

    assert found.frame["u"].isna().sum() == len(range(0, ROWS, every))
    assert "mixes numbers and limits such as '<0.5'" in found.notes[0]


def test_a_word_is_a_gap_only_among_numbers(tmp_path):
    """The same word may be a class."""
    text = "u,kind\n" + "".join(
        f"{'unknown' if k % 4 == 0 else k + 0.5},{'unknown' if k % 4 == 0 else k % 2}\n"
        for k in range(ROWS)
    )
    found = read(tmp_path, "a.csv", text)

    assert (
        found.frame["u"].isna().sum() == 10 and "'unknown' is read as a missing" in found.notes[0]
    )
    assert found.frame["kind"].value_counts()["unknown"] == 10


def test_words_among_numbers_are_named(tmp_path):
    """Few are refused with their line, many are told, and never taken for gaps."""
    text = "u,x\n" + "".join(f"{'faint' if k % 4 == 0 else k + 0.5},{k}\n" for k in range(ROWS))
    found = read(tmp_path, "a.csv", text)
    assert (
        "holds numbers and words such as 'faint' (10 rows) and is read as words" in found.notes[0]
    )

    with pytest.raises(UserError, match=r"column 'u', line 6: 'faint' stands among numbers"):
        read(tmp_path, "b.csv", "u,x\n\n# a\n" + lines("{half},{k}").replace("2.5", "faint", 1))


@pytest.mark.parametrize(("first", "last"), [(2**62, "Int64"), (10**9, "float64"), (2**63, "str")])
def test_whole_numbers_with_a_gap_keep_their_digits(tmp_path, first, last):
    """Floats where they are exact, text where no whole number of 64 bits is enough."""
    words = [str(first + 3 * k) if k % 7 != 3 else "" for k in range(ROWS)]
    frame = read(tmp_path, "a.csv", "id,x\n" + "".join(f"{w},1\n" for w in words)).frame

    assert str(frame["id"].dtype) in (last, "object")
    assert [word and int(word) for word in words] == [
        "" if pd.isna(value) else int(value) for value in frame["id"]
    ]


SPELLINGS = {
    "2015-06-04": ("{year}-06-{day:02d}", "held dates"),
    "2015/06/04": ("{year}/06/{day:02d}", "written as"),
    "2015.06.04": ("{year}.06.{day:02d}", "written as"),
    "20150604": ("{year}06{day:02d}", "written as"),
    "20150604T000000": ("{year}06{day:02d}T000000", "written as"),
    "04.06.2015": ("{day:02d}.06.{year}", "day first, as in 28.06.2015"),
    "6/4/2015": ("6/{day}/{year}", "month first, as in 6/28/2015"),
    "04-Jun-2015": ("{day:02d}-Jun-{year}", "written as"),
    "2015 Jun 04": ("{year} Jun {day:02d}", "written as"),
    "June 4, 2015": ("June {day}, {year}", "written as"),
    "2015-06-04T00:00:00.000Z": ("{year}-06-{day:02d}T00:00:00.000Z", "held dates"),
    "2015:155": (None, "written as"),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_date_is_a_date(tmp_path, spelling):
    """The same year, to a second, in whatever spelling; gaps stay gaps."""
    shape, says = SPELLINGS[spelling]
    days = [k % 28 + 1 for k in range(ROWS)]
    words = [shape.format(year=2015, day=day) if shape else f"2015:{151 + day:03d}" for day in days]
    words[3] = ""
    frame = pd.DataFrame({"seen": words, "x": 1.0})
    frame.to_csv(tmp_path / "t.csv", index=False)
    found = read_catalogue(tmp_path / "t.csv")

    expected = [2015 + (150 + day) / 365 for day in days]
    expected[3] = np.nan
    assert np.allclose(found.frame["seen"], expected, atol=1e-8, rtol=0, equal_nan=True)
    assert says in found.notes[0] and found.units == {"seen": "yr"}


@pytest.mark.parametrize("shape", ["{one:02d}/{two:02d}/2015", "{one:02d}.{two:02d}.15"])
def test_a_date_that_may_be_two_days_is_named(tmp_path, shape):
    """It stays a word, and the spelling to use is said."""
    words = [shape.format(one=k % 12 + 1, two=5 * k % 12 + 1) for k in range(ROWS)]
    pd.DataFrame({"seen": words, "x": 1.0}).to_csv(tmp_path / "t.csv", index=False)
    found = read_catalogue(tmp_path / "t.csv")

    assert found.frame["seen"].tolist() == words
    assert found.notes[0].startswith("Column 'seen' looks like dates")
    assert found.notes[0].endswith("write 2015-06-04.")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,2\n3,4,5\n6,7,8\n9,1,2\n", "line 2 has 3 fields where the first has 2"),
        ("a,b\n.1,2,3\n.4,5,6\n.7,8,9\n", "line 2 has 3 fields where the first has 2"),
        ("a,b,c\n1,2,3\n4,5,6\n7,8\n", "line 4 has 2 fields where the first has 3"),
        ("a b c\n1 2 3\n4 5 6\n7 8\n", "line 4 has 2 fields where the first has 3"),
    ],
)
def test_a_field_that_is_lost_is_named(tmp_path, text, says):
    """A short or long row is never taken for a title, for row names or for a footer."""
    with pytest.raises(UserError, match=says):
        read(tmp_path, "t.dat", text)


def test_a_lost_field_far_below_is_named(tmp_path):
    """With quotes and without, behind a million signs."""
    body = lines("{k},{half},a", 60_000)
    for last, quote in (("1,2", ""), ("1,2,3,4", '"')):
        text = f"a,b,{quote}c{quote}\n{body}{last}\n"
        with pytest.raises(UserError, match=f"line 60002 has {last.count(',') + 1} fields"):
            read(tmp_path, "t.csv", text)
