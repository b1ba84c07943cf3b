"""Files of every kind that people keep tables in: read alike, or refused in one sentence."""

import bz2
import gzip
import json
import lzma
import pickle
import re
import shlex
import sqlite3
import subprocess
import sys
import zipfile

import h5py
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.orc
import pyarrow.parquet as pq
import pytest
import uproot
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time, TimeDelta
from scipy import io as scipy_io

from boxloop.base.errors import UserError
from boxloop.table.read import read_catalogue, read_rows

ROWS = 30
BIG = 2**60 + 1  # as a float it is 2**60
FRAME = pd.DataFrame(
    {
        "x": np.arange(ROWS) / 4,
        "n": np.arange(ROWS) % 7,
        "kind": ["star", "galaxy", "quasar"] * 10,
        "good": np.arange(ROWS) % 2 == 0,
    }
)


def hdf5_columns(path):
    with h5py.File(path, "w") as file:
        for name in FRAME:
            text = FRAME[name].dtype.kind not in "ifb"
            file[f"survey/{name}"] = list(FRAME[name]) if text else FRAME[name].to_numpy()
        file["survey/x"].attrs["units"] = "mJy"
        file["version"] = 3


def hdf5_records(path):
    rows = FRAME.assign(kind=FRAME["kind"].astype("S6")).to_records(index=False)
    types = [(n, "S6" if n == "kind" else FRAME[n].dtype) for n in FRAME]
    with h5py.File(path, "w") as file:
        file["t"] = np.array(rows.tolist(), dtype=types)


def workbook(path):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([None, "A table of ours"])
    sheet.append([])
    for row in [list(FRAME), *FRAME.to_numpy().tolist()]:
        sheet.append([None, *row])
    book.save(path)


def tree(path):
    with uproot.recreate(path) as file:
        file["events"] = {name: FRAME[name].to_numpy() for name in ("x", "n", "good")}


def arff(path):
    head = "@relation t\n@attribute x numeric\n@attribute n numeric\n"
    kinds = "@attribute kind {star,galaxy,quasar}\n@attribute good {True,False}\n@data\n"
    path.write_text(head + kinds + FRAME.to_csv(index=False, header=False), encoding="utf-8")


def stream(path):
    rows = pa.Table.from_pandas(FRAME)
    with pa.ipc.new_stream(str(path), rows.schema) as file:
        file.write_table(rows)


def packed(pack):
    return lambda path: path.write_bytes(pack(FRAME.to_csv(index=False).encode()))


def zipped(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("__MACOSX/._t.csv", "nothing")
        file.writestr("deep/t.csv", FRAME.to_csv(index=False))


def orient(name):
    return lambda path: FRAME.to_json(path, orient=name)


WRITERS = {
    "t.json": orient("records"),
    "columns.json": orient("columns"),
    "index.json": orient("index"),
    "split.json": orient("split"),
    "lists.json": lambda path: path.write_text(json.dumps(FRAME.to_dict("list")), encoding="utf-8"),
    "t.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "t.feather": lambda path: pa.feather.write_feather(FRAME, path),
    "t.arrow": stream,
    "t.orc": lambda path: pa.orc.write_table(pa.Table.from_pandas(FRAME), str(path)),
    "t.npz": lambda path: np.savez(
        path, **{n: np.array(list(FRAME[n])) for n in FRAME if n != "kind"}, kind=list(FRAME.kind)
    ),
    "t.h5": hdf5_columns,
    "records.h5": hdf5_records,
    "t.xlsx": workbook,
    "t.root": tree,
    "t.arff": arff,
    "t.csv.zip": zipped,
    "t.csv.bz2": packed(bz2.compress),
    "t.csv.xz": packed(lzma.compress),
    "no_ending": packed(gzip.compress),
}


@pytest.mark.parametrize("name", WRITERS)
def test_one_table_in_every_format(tmp_path, name):
    """Numbers, words and truth values come back, whatever the file is called."""
    path = tmp_path / name
    WRITERS[name](path)
    path = path.rename(tmp_path / "renamed.csv")  # the content decides
    frame = read_catalogue(path).frame

    assert sorted(frame.columns) == sorted(set(FRAME) - ({"kind"} if name == "t.root" else set()))
    assert frame["x"].tolist() == FRAME["x"].tolist()
    assert frame["n"].tolist() == FRAME["n"].tolist()
    assert frame["good"].astype(str).tolist() == FRAME["good"].astype(str).tolist()
    if "kind" in frame:
        assert frame["kind"].tolist() == FRAME["kind"].tolist()


def test_a_name_that_says_something_else_is_noted(tmp_path):
    """FITS called .csv is read as FITS, and that is said."""
    Table({"x": [1.0, 2.0]}).write(tmp_path / "t.fits")
    found = read_catalogue((tmp_path / "t.fits").rename(tmp_path / "t.csv"))

    assert found.frame["x"].tolist() == [1.0, 2.0]
    assert found.notes == ["t.csv is of the kind FITS, whatever its name says: read as such."]


@pytest.mark.parametrize("word", ["PAR1", "ORCID", "root", "BZh", "RDX", "Obj", "[Fe/H]"])
def test_a_column_may_be_called_like_a_format(tmp_path, word):
    """Lines of text are text, whatever they begin with."""
    (tmp_path / "t.csv").write_text(f"{word},x\n1,2\n3,4\n", encoding="utf-8")

    assert read_rows(tmp_path / "t.csv")[word].tolist() == [1, 3]


def test_units_of_hdf5(tmp_path):
    """As h5py users and netCDF write them."""
    hdf5_columns(tmp_path / "t.h5")

    assert read_catalogue(tmp_path / "t.h5").units == {"x": "mJy"}


def ids():
    return [BIG + k if k != 3 else None for k in range(ROWS)]


def masked_ids(path, **kind):
    gap = np.arange(ROWS) == 3
    column = MaskedColumn(np.arange(ROWS) + BIG, mask=gap)
    Table({"id": column, "x": np.arange(ROWS) / 2}).write(path, **kind)


GAPPED = {
    "t.fits": masked_ids,
    "t.vot": lambda path: masked_ids(path, format="votable"),
    "t.ecsv": masked_ids,
    "t.parquet": lambda path: pq.write_table(pa.table({"id": ids()}), path),
    "t.feather": lambda path: pa.feather.write_feather(pa.table({"id": ids()}), path),
    "t.json": lambda path: path.write_text(json.dumps([{"id": k} for k in ids()])),
}


@pytest.mark.parametrize("name", GAPPED)
def test_identifiers_with_a_gap_stay_exact(tmp_path, name):
    """No float in between: 2**60 + 1 is not 2**60."""
    GAPPED[name](tmp_path / name)
    column = read_catalogue(tmp_path / name).frame["id"]

    assert [None if pd.isna(value) else int(value) for value in column] == ids()
    assert column.dtype == "Int64"


def test_whole_numbers_beyond_64_bits_are_words(tmp_path):
    """As floats they would be other numbers."""
    large = np.array([2**63 + 3, 2**63 + 5], dtype="u8")
    pq.write_table(pa.table({"id": large, "x": [1.0, 2.0]}), tmp_path / "t.parquet")
    found = read_catalogue(tmp_path / "t.parquet")

    assert found.frame["id"].tolist() == [str(2**63 + 3), str(2**63 + 5)]
    assert "'id' holds whole numbers beyond 64 bits" in found.notes[0]


def test_types_of_parquet(tmp_path):
    """Decimals are numbers, dates are dates, durations and times of day numbers with a unit."""
    day = pd.Timestamp("2021-07-02 12:00")
    frame = pd.DataFrame(
        {
            "night": [day.date()] * 3,
            "lasts": pd.to_timedelta([1, 36, None], unit="h"),
            "exposed": pd.to_timedelta([10, 20, 30], unit="s"),
            "at": [day.time()] * 3,
            "zone": [day.tz_localize("UTC").tz_convert("Asia/Tokyo")] * 3,
            "band": pd.Categorical(["g", "r", None]),
            "nothing": [None] * 3,
        }
    )
    rows = pa.Table.from_pandas(frame)
    exact = pa.array([1.25, None, 2.5]).cast(pa.decimal128(8, 2))
    pq.write_table(rows.append_column("price", exact), tmp_path / "t.parquet")
    found = read_catalogue(tmp_path / "t.parquet")
    read = found.frame

    assert read["price"].tolist() == pytest.approx([1.25, np.nan, 2.5], nan_ok=True)
    assert read["lasts"].tolist() == pytest.approx([1 / 24, 1.5, np.nan], nan_ok=True)
    assert read["exposed"].tolist() == [10, 20, 30] and read["at"].tolist() == [12 * 3600] * 3
    assert read["zone"].tolist() == pytest.approx([2021.5] * 3)
    assert read["night"].tolist() == pytest.approx([2021 + 182 / 365] * 3)
    assert read["band"].tolist()[:2] == ["g", "r"] and read["nothing"].isna().all()
    assert found.units == {
        "lasts": "d", "exposed": "s", "at": "s", "night": "yr", "zone": "yr"
    }  # fmt: skip


def test_what_stands_beside_the_columns_of_parquet(tmp_path):
    """Units of fields, an index of words, names of several levels."""
    field = pa.field("flux", pa.float64(), metadata={"unit": "mJy", "description": "at 1.4 GHz"})
    pq.write_table(pa.table([[1.0]], schema=pa.schema([field])), tmp_path / "a.parquet")
    pd.DataFrame({"x": [1.0, 2.0]}, index=["J1", "J2"]).to_parquet(tmp_path / "b.parquet")
    pd.DataFrame({("a", "u"): [1.0], ("a", "g"): [2.0]}).to_parquet(tmp_path / "c.parquet")
    found = read_catalogue(tmp_path / "a.parquet")

    assert found.units == {"flux": "mJy"} and found.descriptions == {"flux": "at 1.4 GHz"}
    assert read_rows(tmp_path / "b.parquet")["index"].tolist() == ["J1", "J2"]
    assert list(read_rows(tmp_path / "c.parquet")) == ["a_u", "a_g"]


def mixed():
    """A table with every kind of column that only astropy has; one time is masked."""
    when = Time(["2020-01-01", "2020-07-02", "2021-07-02T12:00:00"])
    when[1] = np.ma.masked
    return QTable(
        {
            "seen": when,
            "since": TimeDelta([1.0, 2.0, 3.0] * u.day),
            "sky": SkyCoord([10.0, 20, 30] * u.deg, [-5.0, 0, 5] * u.deg),
            "far": [1.0, 2.0, 3.0] * u.Mpc,
        }
    )


@pytest.mark.parametrize("name", ["t.ecsv", "t.fits", "t.parquet", "t.h5"])
def test_columns_that_only_astropy_has(tmp_path, name):
    """Times, differences of times, positions: whatever file they were written to.

    A masked time is missing, and not the year 2000.
    """
    more = {"path": "data", "serialize_meta": True} if name == "t.h5" else {}
    mixed().write(tmp_path / name, **more)
    found = read_catalogue(tmp_path / name)
    frame = found.frame

    assert list(frame) == ["seen", "since", "sky_ra", "sky_dec", "far"]
    assert frame["seen"].tolist() == pytest.approx([2020, np.nan, 2021.5], nan_ok=True, abs=1e-5)
    assert frame["since"].tolist() == [1, 2, 3] and frame["sky_dec"].tolist() == [-5, 0, 5]
    assert found.units == {
        "seen": "yr", "since": "d", "sky_ra": "deg", "sky_dec": "deg", "far": "Mpc"
    }  # fmt: skip
    assert any("'seen' held times" in note for note in found.notes)


def test_columns_of_any_type_in_fits(tmp_path):
    """Bits, complex numbers, words in a row, lists of any length, big-endian, a name of bytes."""
    lists = np.array([np.arange(k % 3) for k in range(ROWS)], dtype=object)
    columns = [
        fits.Column(name="z", format="M", array=np.arange(ROWS) * (1 + 2j)),
        fits.Column(name="flags", format="3X", array=np.ones((ROWS, 3), bool)),
        fits.Column(name="lists", format="PJ()", array=lists),
        fits.Column(name="x", format="E", array=np.arange(ROWS)),
    ]
    fits.BinTableHDU.from_columns(columns).writeto(tmp_path / "t.fits")
    found = read_catalogue(tmp_path / "t.fits")

    assert list(found.frame) == ["z_re", "z_im", "flags_1", "flags_2", "flags_3", "x"]
    assert found.frame["z_im"].tolist() == list(range(0, 2 * ROWS, 2))
    assert "Column 'lists' holds lists of different lengths in each row: left out." in found.notes


def two_tables(path):
    first, second = Table({"a": [1.0, 2.0]}), Table({"a": [3.0], "b": [4.0]})
    hdus = [fits.BinTableHDU(one, name=name) for one, name in ((first, "GTI"), (second, "Events"))]
    fits.HDUList([fits.PrimaryHDU(np.zeros((2, 2))), *hdus]).writeto(path)


def two_sheets(path):
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"a": [1.0, 2.0]}).to_excel(book, sheet_name="GTI", index=False)
        pd.DataFrame({"a": [3.0], "b": [4.0]}).to_excel(book, sheet_name="Events", index=False)


def two_members(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("GTI", "a\n1.0\n2.0\n")
        file.writestr("Events", "a,b\n3.0,4.0\n")


def two_groups(path):
    with h5py.File(path, "w", track_order=True) as file:
        file["GTI/a"] = [1.0, 2.0]
        file["Events/a"], file["Events/b"] = [3.0], [4.0]


def two_trees(path):
    with uproot.recreate(path) as file:
        file["GTI"] = {"a": np.array([1.0, 2.0])}
        file["Events"] = {"a": np.array([3.0]), "b": np.array([4.0])}


def two_votables(path):
    from astropy.io.votable import from_table
    from astropy.io.votable.tree import Resource, VOTableFile

    file, resource = VOTableFile(), Resource()
    file.resources.append(resource)
    for name, columns in (("GTI", {"a": [1.0, 2.0]}), ("Events", {"a": [3.0], "b": [4.0]})):
        one = from_table(Table(columns)).get_first_table()
        one.name = name
        resource.tables.append(one)
    file.to_xml(str(path))


SEVERAL = {
    "t.fits": two_tables,
    "t.xlsx": two_sheets,
    "t.zip": two_members,
    "t.h5": two_groups,
    "t.root": two_trees,
    "t.vot": two_votables,
}


@pytest.mark.parametrize("name", SEVERAL)
def test_one_of_several_tables(tmp_path, name):
    """The first is read, with a note that names the others; a name or a number chooses."""
    SEVERAL[name](path := tmp_path / name)
    first = read_catalogue(path)
    if first.inside == "Events":  # groups of HDF5 may come in the order of their names
        assert name == "t.h5"
    else:
        assert first.frame["a"].tolist() == [1.0, 2.0] and first.inside == "GTI"
    several = [one.capitalize() for one in first.tables]
    other = "GTI" if first.inside == "Events" else "Events"

    assert re.search(
        rf"{name} holds 2 tables, .*--table {other} would read", first.notes[0], re.IGNORECASE
    )
    for asked in ("Events", "events", several.index("Events") + 1):
        found = read_catalogue(path, table=str(asked))
        assert (
            found.frame.to_numpy().tolist() == [[3.0, 4.0]]
            and found.inside.capitalize() == "Events"
        )
        assert not any("tables" in note for note in found.notes)
    with pytest.raises(UserError, match=rf"{name} has no table 'x', .*name one of them with"):
        read_catalogue(path, table="x")


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.json"])
def test_a_file_of_one_table_has_no_choice(tmp_path, name):
    """A table that is asked for by name and is not there is refused, never passed over."""
    writers = {"t.csv": FRAME.to_csv, "t.parquet": FRAME.to_parquet}
    writers.get(name, WRITERS["t.json"])(tmp_path / name)
    with pytest.raises(UserError, match="leave --table out"):
        read_catalogue(tmp_path / name, table="x")


BROKEN = {
    "t.h5": b"\x89HDF",
    "u.h5": b"\x89HDF\r\n\x1a\n" + bytes(90),
    "t.root": b"root\0\0\xf5",
    "t.xlsx": b"PK\x03\x04" + bytes(60),
    "t.npz": b"PK\x03\x04" + bytes(60),
    "t.npy": b"\x93NUMPY\x01\0v\0",
    "t.feather": b"ARROW1\0\0" + bytes(30),
    "t.orc": b"ORC" + bytes(30),
    "t.json": b'[{"a": 1,',
    "t.jsonl": b'{"a": 1}\n{"a": \n',
    "words.json": b"x,y\n1,2\n",
    "empty.json": b"[]",
    "deep.json": b"[" * 100_000,
    "t.arff": b"@relation t\n@data\n",
    "t.zip": b"PK\x03\x04" + bytes(60),
    "t.csv.bz2": bz2.compress(b"x,y\n1,2\n")[:20],
    "t.csv.xz": lzma.compress(b"x,y\n1,2\n")[:40],
    "t.fits.fz": b"x" * 100,
    "t.nc": b"CDF\x01" + bytes(3),
    "t.rds": b"RDX3\n",
    "t.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(60),
    "t.png": b"\x89PNG\r\n\x1a\n" + bytes(60),
    "t.vot": b"<?xml version='1.0'?><VOTABLE><RESOURCE/></VOTABLE>",
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_sentence(tmp_path, name):
    """With the name of the file and what to do."""
    (tmp_path / name).write_bytes(BROKEN[name])
    with pytest.raises(UserError) as error:
        read_catalogue(tmp_path / name)

    text = str(error.value)
    assert text.startswith(name) and ": " in text and text.endswith(".") and "\n" not in text
    assert len(text) <= 250


@pytest.mark.parametrize("name", [n for n in WRITERS if "arff" not in n and "json" not in n])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_a_file_that_was_cut_short_is_never_a_traceback(tmp_path, name, share):
    """Half a download."""
    WRITERS[name](path := tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    try:
        read_catalogue(path)  # what is left may be a table by itself
    except UserError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "library"), [("t.h5", "h5py"), ("t.xlsx", "openpyxl"), ("t.root", "uproot")]
)
def test_without_its_library_a_file_names_it(tmp_path, monkeypatch, name, library):
    """The line that installs it is exact, and there is another way."""
    WRITERS[name](tmp_path / name)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UserError, match=rf'{library}: `pip install -e "\.\[formats\]"`, or '):
        read_catalogue(tmp_path / name)


def sqlite(path):
    with sqlite3.connect(path) as file:
        FRAME.to_sql("NAME", file, index=False)
    file.close()


FOREIGN = {
    "t.pkl": lambda path: path.write_bytes(pickle.dumps(FRAME)),
    "t.dta": lambda path: FRAME.to_stata(path, write_index=False),
    "t.mat": lambda path: scipy_io.savemat(path, {"X": FRAME[["x", "n"]].to_numpy()}),
    "t.db": sqlite,
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_line_that_converts_a_file_does(tmp_path, name):
    """It is typed as it stands, and what comes out can be read."""
    FOREIGN[name](tmp_path / name)
    with pytest.raises(UserError) as error:
        read_catalogue(tmp_path / name)
    (line,) = re.findall("`(.*)`", str(error.value))
    words = shlex.split(line)
    subprocess.run([sys.executable, *words[1:]], cwd=tmp_path, check=True)
    (made,) = [path for path in tmp_path.iterdir() if path.name != name]

    assert words[0] == "python" and len(read_rows(made)) == ROWS


def test_a_pickle_inside_is_never_opened(tmp_path):
    """Objects of Python are left out of arrays; alone they are refused."""
    objects = np.array([{"a": 1}] * ROWS, dtype=object)
    np.save(tmp_path / "t.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "t.npz", x=np.arange(ROWS), y=np.arange(ROWS), o=objects)

    with pytest.raises(UserError, match="objects of Python"):
        read_catalogue(tmp_path / "t.npy")
    found = read_catalogue(tmp_path / "t.npz")
    assert list(found.frame) == ["x", "y"] and "'o' holds objects of Python" in found.notes[-1]


def test_matrices_are_tables(tmp_path):
    """Sixty-four pixels and a digit; the columns of an array without names are numbered."""
    np.savez(tmp_path / "t.npz", X=np.ones((ROWS, 64)), y=np.arange(ROWS))
    np.save(tmp_path / "t.npy", np.ones((ROWS, 3)))

    assert read_rows(tmp_path / "t.npz").shape == (ROWS, 65)
    found = read_catalogue(tmp_path / "t.npy")
    assert list(found.frame) == ["column_1", "column_2", "column_3"]
    assert "no names of columns" in found.notes[0]


def test_nested_records_are_columns(tmp_path):
    """Objects in objects; numbers and words in one column are words, and that is said."""
    rows = [{"a": {"b": k, "c": {"d": "w"}}, "m": k if k % 2 else "n/k"} for k in range(ROWS)]
    (tmp_path / "t.json").write_text(json.dumps(rows), encoding="utf-8")
    found = read_catalogue(tmp_path / "t.json")

    assert list(found.frame) == ["a_b", "a_c_d", "m"] and found.frame["m"][1] == "1"
    assert "'m' holds numbers and words" in found.notes[0]
