"""Cases of files of every kind, and of several: refused, and what the sentence says is done."""

import io
import json
import sys
import tempfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import openpyxl
import uproot
from astropy.io import fits as fits_io
from astropy.table import Table
from remedies import CASES, case
from remedies_adopt import GOOD_AGAIN, table
from scipy.io import netcdf_file
from test_malformed import BASE, GOOD, fits

NUMBERS = {name: BASE[name].to_numpy() for name in ("x", "y")}
CODES = {**NUMBERS, "kind": (BASE["kind"] == "a").to_numpy()}
RECORDS = BASE.to_json(orient="records")


def made(write):
    """Return the bytes that a function has written to what it was handed."""
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def filed(write):
    """Return the bytes of a file that a function has written: what it is handed is a path."""
    with tempfile.TemporaryDirectory() as folder:
        write(path := Path(folder) / "t")
        return path.read_bytes()


def hdf5(columns):
    def write(path):
        with h5py.File(path, "w") as file:
            for name, values in columns.items():
                file[name] = values

    return filed(write)


def root(trees):
    def write(path):
        with uproot.recreate(path) as file:
            for name, columns in trees.items():
                file[name] = columns

    return filed(write)


def workbook(frame):
    return made(lambda buffer: frame.to_excel(buffer, index=False))


def netcdf(columns):
    def write(path):
        with netcdf_file(path, "w") as file:
            for name, values in columns.items():
                column = np.asarray(values, dtype=float)
                if column.ndim and "rows" not in file.dimensions:
                    file.createDimension("rows", len(column))
                file.createVariable(name, "d", ("rows",)[: column.ndim])[...] = column

    return filed(write)


def packed(members):
    def write(buffer):
        with zipfile.ZipFile(buffer, "w") as file:
            for name, content in members.items():
                file.writestr(name, content)

    return made(write)


def image():
    return filed(fits_io.PrimaryHDU(np.zeros((4, 4))).writeto)


TWO = packed({"one.csv": "a,b\n1,2\n", "two.csv": GOOD})
WRONG = ("--table", "three")
table("no arrays", made(lambda b: np.savez(b, a=3)), "holds no array with rows: save a table",
      {"content": made(lambda b: np.savez(b, **CODES))}, file="t.npz")  # fmt: skip
table("half an array file", b"PK\x03\x04", "is not a whole file of numpy: write it again",
      {"content": made(lambda b: np.savez(b, **CODES))}, file="t.npz")  # fmt: skip
OBJECTS = np.array([{"a": 1}] * 60, dtype=object)
MATRIX = BASE.assign(kind=CODES["kind"]).to_records(index=False)
FITS = {"content": fits(Table.from_pandas(BASE))}
table("objects", made(lambda b: np.save(b, OBJECTS, allow_pickle=True)), "save an array of numbers",
      {"content": made(lambda b: np.save(b, MATRIX))}, file="t.npy")  # fmt: skip
table("half an array", made(lambda b: np.save(b, MATRIX))[:20], "is not whole: write it again",
      {"content": made(lambda b: np.save(b, MATRIX))}, file="t.npy")  # fmt: skip
table("a cube", made(lambda b: np.save(b, np.zeros((9, 2, 2)))), "which is no table: save one with",
      {"content": made(lambda b: np.save(b, MATRIX))}, file="t.npy")  # fmt: skip
table("no variables", netcdf({"a": 3.0}), "holds no variable with rows: save a table in it",
      {"content": netcdf(CODES)}, file="t.nc")  # fmt: skip
table("half a netCDF", netcdf(CODES)[:20], "is not a whole netCDF file: write it again",
      {"content": netcdf(CODES)}, file="t.nc")  # fmt: skip
table("an image", image(), "and no table: adopt a table of what was measured",
      GOOD_AGAIN | {"file": "t.csv"}, file="t.fits")  # fmt: skip
table("a bare header", filed(fits_io.PrimaryHDU().writeto), "or it was cut short: write it again",
      FITS, file="t.fits")  # fmt: skip
FPACKED = fits_io.BinTableHDU(Table(NUMBERS), header=fits_io.Header({"ZTABLE": True}))
table("packed by fpack", filed(fits_io.HDUList([fits_io.PrimaryHDU(), FPACKED]).writeto),
      "was packed by fpack: `funpack", FITS, file="t.fits")  # fmt: skip
VOTABLE = {"content": made(lambda b: Table.from_pandas(BASE).write(b, format="votable"))}
EMPTY = '<?xml version="1.0"?><VOTABLE version="1.3"><RESOURCE/></VOTABLE>'
table("an empty VOTable", EMPTY, "is a VOTable without a table: ask for it again", VOTABLE,
      file="t.vot")  # fmt: skip
table("half a workbook", b"PK\x03\x04", "is not a whole workbook of Excel: write it again",
      {"content": workbook(BASE)}, file="t.xlsx")  # fmt: skip
table("no sheet", made(openpyxl.Workbook().save), "has no sheet with a line of names and rows",
      {"content": workbook(BASE)}, file="t.xlsx")  # fmt: skip
table("no rows in HDF5", hdf5({"a": 3}), "its arrays have no rows: write a table in it",
      {"content": hdf5(CODES)}, file="t.h5")  # fmt: skip
HISTOGRAM = {"h": np.histogram(NUMBERS["x"])}
PAGE = "<!DOCTYPE html>\n<html><body>404, not found</body></html>\n"
table("a web page", PAGE, "is a web page without a table: save the table", GOOD_AGAIN)
table("no tree", root(HISTOGRAM), "holds no tree with events: write the table again",
      {"content": root({"t": CODES})}, file="t.root")  # fmt: skip
table("a name that no table has", TWO, "name one of them with --table",
      {"words": ("--table", "two.csv")}, file="t.zip", words=WRONG)  # fmt: skip
table("a name where there is one", root({"t": CODES}), "leave --table out", {"words": ()},
      file="t.root", words=WRONG)  # fmt: skip
table("a table of text", GOOD, "holds one table and none called", {"words": ()}, words=WRONG)
table("no member", packed({}), "is a zip file without a file in it: pack the table again",
      {"content": packed({"t.csv": GOOD})}, file="t.zip")  # fmt: skip
HALF = packed({"t.csv": GOOD})[:40]
table("half a zip", HALF, "cannot be read (File is not a zip file): copy it",
      {"content": packed({"t.csv": GOOD})}, file="t.zip")  # fmt: skip
table("no records", "[]", "holds no records: write a list with one object per row",
      {"content": RECORDS}, file="t.json")  # fmt: skip
table("no JSON", GOOD, "is no JSON: give it the ending of what it is", {"file": "t.csv"},
      file="t.json")  # fmt: skip
table("JSON in Latin-1", json.dumps([{"a": "é"}], ensure_ascii=False).encode("latin-1"),
      "is not UTF-8 text: save the file", {"content": RECORDS}, file="t.json")  # fmt: skip
table("JSON without a bottom", "[" * 100_000, "nested too deeply for a table: write one object",
      {"content": RECORDS}, file="t.json")  # fmt: skip
table("half a JSON", RECORDS[:90], "is no JSON: line 1 cannot be read", {"content": RECORDS},
      file="t.json")  # fmt: skip
table("no ARFF", "@relation t\n@attribute s numeric\n@data\nw\n", "cannot be read as ARFF",
      GOOD_AGAIN | {"file": "t.csv"}, file="t.arff")  # fmt: skip


@case
def a_folder_is_no_table(person):
    """The files in it are named."""
    person.own()
    (person.folder / "t.csv").mkdir()
    yield person.adopts(), "it is a folder: name the files in it"
    person.writes(GOOD, "t.csv/inner.csv")
    yield person.adopts(file="t.csv/inner.csv")


def without(library, install):
    """Return a case of a workbook that nothing reads: installed, or saved as CSV."""

    def remedy(person):
        person.own()
        person.writes(workbook(BASE), "t.xlsx")
        person.monkeypatch.setitem(sys.modules, library, None)
        yield person.adopts(file="t.xlsx"), f"{library}: `pip install -e"
        if install:
            person.monkeypatch.delitem(sys.modules, library)
            yield person.adopts(file="t.xlsx")
        else:
            person.writes(GOOD, "t.csv")
            yield person.adopts(file="t.csv")

    return remedy


CASES["a workbook that nothing reads 1"] = without("openpyxl", install=True)
CASES["a workbook that nothing reads 2"] = without("openpyxl", install=False)


@case
def a_target_that_no_table_has(person):
    """Another column is named."""
    person.own()
    person.writes(TWO, "t.zip")
    yield person.adopts(file="t.zip", target="q"), "has no column 'q' in any of its tables"
    yield person.adopts(file="t.zip")


def several(name, frames, says, mend, *, words=("--target", "kind")):
    """Take a case of several files: `frames` by name, and what is changed afterwards."""

    def remedy(person):
        person.own()

        def typed(frames, words):
            for file, frame in frames.items():
                (person.folder / file).parent.mkdir(exist_ok=True)
                frame.to_csv(person.folder / file, index=False)
            return person.types("adopt", *(person.folder / file for file in frames), *words)

        yield typed(frames, words), says
        yield typed(mend.get("frames", frames), mend.get("words", words))

    CASES[f"several files {name}"] = remedy


PAIR = {"a.csv": BASE, "b.csv": BASE}
TARGET = {"words": ("--target", "kind")}
BY_NAME = {"words": ("--class-from", "name")}
several("no target", PAIR, "--target is missing: name the column to predict", TARGET, words=())
several("one file", {"a.csv": BASE}, "is the only one: name the others too",
        {"frames": PAIR, **BY_NAME}, **BY_NAME)  # fmt: skip
several("a column less", {"a.csv": BASE, "b.csv": BASE.drop(columns="x")},
        "which another file has: add it", {"frames": PAIR})  # fmt: skip
several("words and numbers", {"a.csv": BASE, "b.csv": BASE.assign(x="faint")},
        "holds numbers in a.csv and words in b.csv: write it alike", {"frames": PAIR})  # fmt: skip
several("one class", PAIR, "all files are of the class", BY_NAME,
        words=("--class-from", "csv"))  # fmt: skip
several("a pattern that misses", PAIR, "write a pattern that fits every name",
        {"words": ("--class-from", "^(.)")}, words=("--class-from", "q(.)"))  # fmt: skip
several("no pattern", PAIR, "is no pattern", BY_NAME, words=("--class-from", "(("))  # fmt: skip


@case
def one_file_named_twice(person):
    """Each once."""
    person.own()
    file = person.writes()
    twice = person.types("adopt", file, file, "--target", "kind")
    yield twice, "is named twice: name each file once"
    yield person.adopts()


@case
def two_units_of_one_column(person):
    """One is converted."""
    person.own()
    for name, unit in (("a.ecsv", "mag"), ("b.ecsv", "Jy")):
        rows = Table.from_pandas(BASE)
        rows["x"].unit = unit
        rows.write(person.folder / name)
    words = ("adopt", person.folder / "a.ecsv", person.folder / "b.ecsv", "--target", "kind")
    yield person.types(*words), "and in Jy in b.ecsv: convert one of them"
    rows["x"].unit = "mag"
    rows.write(person.folder / "b.ecsv", overwrite=True)
    yield person.types(*words)
