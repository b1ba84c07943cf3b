"""Tables that cannot be adopted.

One sentence with file, place and remedy, exit code 2, and nothing written over.
"""

import gzip
import io
import re

import numpy as np
import pandas as pd
import pytest
from astropy.table import Table
from test_adopt import project

GOOD = "x,y,kind\n" + "".join(f"{k}.5,{k % 7},{'ab'[k % 3 == 0]}\n" for k in range(60))
HEAD, ROWS = GOOD.split("\n", 1)


# More than the first bytes, which are looked at before anything is read.
LONG = f"{HEAD}\n" + "".join(f"{k}.5,{k % 7},{'ab'[k % 3 == 0]}\n" for k in range(2000))
PACKED = gzip.compress(LONG.encode())
DAMAGED = PACKED[:2000] + bytes(byte ^ 255 for byte in PACKED[2000:2100]) + PACKED[2100:]


def csv(frame):
    return frame.to_csv(index=False)


def parquet(frame):
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return buffer.getvalue()


def fits(table):
    buffer = io.BytesIO()
    table.write(buffer, format="fits")
    return buffer.getvalue()


def changed(line, text):
    """The good table with another line `line`, counted from 1."""
    lines = GOOD.split("\n")
    return "\n".join([*lines[: line - 1], text, *lines[line:]])


BASE = pd.read_csv(io.StringIO(GOOD))
CLASSES = "classification"
# Name: file, content, task, options, what the sentence says.
CASES = {
    "not there": ("gone.csv", None, CLASSES, [], "is not there"),
    "a folder": ("folder.csv", "", CLASSES, [], "is not there"),
    "no byte": ("t.csv", b"", CLASSES, [], "is empty"),
    "blank lines only": ("t.csv", "\n\n\n", CLASSES, [], "no rows"),
    "comments only": ("t.csv", "# one\n# two\n", CLASSES, [], "no rows"),
    "names and no rows": ("t.csv", HEAD + "\n", CLASSES, [], "no rows"),
    "a workbook that is text": (
        "t.xlsx",
        GOOD,
        CLASSES,
        [],
        "not a whole workbook of Excel",
    ),
    "not UTF-8, and a field too few": (
        "t.csv",
        changed(5, "1.5,caf").encode() + b"\xe9\n",
        CLASSES,
        [],
        "line 5 has 2 fields",
    ),
    "UTF-16 cut in a sign": ("t.csv", GOOD.encode("utf-16")[:-1], CLASSES, [], "not a text file"),
    "bytes for text": ("t.csv", b"\x00\x01\x02" * 50, CLASSES, [], "not a text file"),
    "a zip called csv": ("t.csv", b"PK\x03\x04" + bytes(200), CLASSES, [], "copy it again"),
    "gz that is none": ("t.csv.gz", GOOD, CLASSES, [], "cannot be read"),
    "gz cut short": ("t.csv.gz", gzip.compress(GOOD.encode())[:-30], CLASSES, [], "cannot be read"),
    "gz of zero bytes": ("t.csv.gz", gzip.compress(bytes(500)), CLASSES, [], "not a text file"),
    "gz with zero bytes at its end": (
        "t.csv.gz",
        gzip.compress((LONG + "\0" * 50).encode()),
        CLASSES,
        [],
        "line 2002 holds a byte that is zero",
    ),
    "gz that is damaged": ("t.csv.gz", DAMAGED, CLASSES, [], "cannot be read after line"),
    "a zero byte in a number": (
        "t.csv",
        LONG.replace("1999.5", "1999\0.5"),
        CLASSES,
        [],
        "line 2001 holds a byte that is zero",
    ),
    "a zero byte in a word": (
        "t.csv",
        LONG + "1.5,2,a\0b\n",
        CLASSES,
        [],
        "line 2002 holds a byte that is zero",
    ),
    "a name of any length": (
        "t.csv",
        GOOD.replace("y", "y" * 140_000, 1),
        CLASSES,
        [],
        "column 2 is 140000 signs long",
    ),
    "a quote in the names that never ends": (
        "t.csv",
        GOOD.replace("y,", '"y,', 1),
        CLASSES,
        [],
        "t.csv",
    ),
    "a quote that never ends": (
        "t.csv",
        GOOD + '1.5,2,"a\n' + ROWS * 300,
        CLASSES,
        [],
        "cannot be read as a table",
    ),
    "a field too many": (
        "t.csv",
        changed(7, "1.5,2,a,9"),
        CLASSES,
        [],
        "line 7 has 4 fields where the first has 3",
    ),
    "a field too few": (
        "t.csv",
        changed(7, "1.5,2"),
        CLASSES,
        [],
        "line 7 has 2 fields where the first has 3",
    ),
    "a word among numbers": ("t.csv", changed(9, "n/o,3,a"), CLASSES, [], "column 'x', line 9"),
    "two columns of one name": (
        "t.csv",
        GOOD.replace("x,y,kind", "x,x,kind", 1),
        CLASSES,
        [],
        "'x' stands there 2 times",
    ),
    "a column without name": (
        "t.csv",
        GOOD.replace("x,y,kind", "x,,kind", 1),
        CLASSES,
        [],
        "column 2 has no name",
    ),
    "parquet cut short": (
        "t.parquet",
        parquet(BASE)[:-40],
        CLASSES,
        [],
        "not a whole Parquet file",
    ),
    "parquet that is text": ("t.parquet", GOOD, CLASSES, [], "not a whole Parquet file"),
    "lists and nothing else": (
        "t.parquet",
        parquet(pd.DataFrame({"z": [[1] * k for k in range(60)]})),
        CLASSES,
        [],
        r"column 'z' holds lists of different lengths in each row\): write a table",
    ),
    "bytes and nothing else": (
        "t.parquet",
        parquet(pd.DataFrame({"z": [b"\xff\x00"] * 60})),
        CLASSES,
        [],
        r"column 'z' holds bytes that are no text\): write a table",
    ),
    "parquet without rows": ("t.parquet", parquet(BASE.head(0)), CLASSES, [], "no rows"),
    "FITS that is text": ("t.fits", GOOD, CLASSES, [], "cannot be read as FITS"),
    "FITS cut short": ("t.fits", fits(Table.from_pandas(BASE))[:3000], CLASSES, [], "t.fits"),
    "FITS with images": (
        "t.fits",
        fits(Table({"a": np.zeros((30, 20, 20))})),
        CLASSES,
        [],
        "column 'a' holds more than 32 values in each row",
    ),
    "VOTable that is text": ("t.vot", GOOD, CLASSES, [], "cannot be read as VOTABLE"),
    "ECSV without a header": ("t.ecsv", GOOD, CLASSES, [], "cannot be read as ECSV"),
    "no such target": (
        "t.csv",
        GOOD,
        CLASSES,
        ["--target", "class"],
        "no column 'class' for --target: its columns are x, y, kind",
    ),
    "no such group": ("t.csv", GOOD, CLASSES, ["--group", "halo"], "no column 'halo' for --group"),
    "no such time": ("t.csv", GOOD, CLASSES, ["--time", "mjd"], "no column 'mjd' for --time"),
    "no such id": ("t.csv", GOOD, CLASSES, ["--id", "name"], "no column 'name' for --id"),
    "one column for two roles": (
        "t.csv",
        GOOD,
        CLASSES,
        ["--group", "y", "--id", "y"],
        "'y' was named for two roles",
    ),
    "target never there": (
        "t.csv",
        csv(BASE.assign(kind=np.nan)),
        CLASSES,
        [],
        "column 'kind' has a value in 0 usable rows",
    ),
    "target hardly there": (
        "t.csv",
        csv(BASE.assign(kind=BASE["kind"].where(BASE.index < 9))),
        CLASSES,
        [],
        "has a value in 9 usable rows, at least 20",
    ),
    "one class only": ("t.csv", csv(BASE.assign(kind="a")), CLASSES, [], "'a' in every row"),
    "too many classes": (
        "t.csv",
        csv(pd.concat([BASE] * 2).assign(kind=[f"k{k}" for k in range(120)])),
        CLASSES,
        [],
        "120 different values",
    ),
    "classes that are measured": (
        "t.csv",
        GOOD,
        CLASSES,
        ["--target", "x"],
        "not whole, and at most 50 classes are needed: .*task = regression",
    ),
    "numbers that are words": (
        "t.csv",
        GOOD,
        "regression",
        [],
        "regression needs numbers: .*task = classification",
    ),
    "numbers that are two": (
        "t.csv",
        csv(BASE.assign(kind=BASE.index % 2)),
        "regression",
        [],
        "two different values",
    ),
    "target infinite": (
        "t.csv",
        csv(BASE.assign(kind=np.where(BASE.index == 4, np.inf, BASE["x"]))),
        "regression",
        [],
        "column 'kind' holds inf in row 5: infinite values are refused",
    ),
    "nothing to learn from": (
        "t.csv",
        csv(BASE.assign(x=1, y=[f"word {k}" for k in range(60)])),
        CLASSES,
        [],
        "no column is left to learn from",
    ),
    "only these kinds": (
        "t.csv",
        csv(BASE.assign(x=1, y=[f"J{k:04d}" for k in range(60)])),
        CLASSES,
        [],
        (
            r"no column is left to learn from \('x' is ignored \(it is '1' in every row\); 'y' is "
            r"the id\): add a column that was measured"
        ),
    ),
    "only the target": ("t.csv", csv(BASE[["kind"]]), CLASSES, [], "there is only the target"),
    "few groups": (
        "t.csv",
        csv(pd.concat([BASE] * 4).assign(field=np.arange(240) % 5)),
        CLASSES,
        ["--group", "field"],
        "'field' has 5 groups, at least 7 are needed",
    ),
    "too few rows": (
        "t.csv",
        "\n".join(GOOD.split("\n")[:12]) + "\n",
        CLASSES,
        [],
        "has a value in 11 usable rows, at least 20",
    ),
    "a class that is not there": (
        "t.csv",
        GOOD,
        CLASSES,
        ["--positive", "c"],
        "column 'kind' is 'c' in no row; its classes are 'a', 'b': name one",
    ),
    "a class of a number": (
        "t.csv",
        GOOD,
        "regression",
        ["--target", "x", "--positive", "a"],
        "--positive names a class",
    ),
    "deployment not there": (
        "t.csv",
        GOOD,
        CLASSES,
        ["--deployment", "new.csv"],
        "new.csv is not there",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_malformed_table_is_one_sentence(tmp_path, monkeypatch, capsys, name):
    """It names the file, says what to do, and leaves study.toml and data/raw byte for byte."""
    from boxloop.cli import main

    file, content, task, options, says = CASES[name]
    here, path = project(tmp_path, task), tmp_path / file
    if name == "a folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    (here.raw / "mine.csv").write_text("mine", encoding="utf-8")
    before = {p: p.read_bytes() for p in here.root.rglob("*") if p.is_file()}
    monkeypatch.chdir(here.root)
    with pytest.raises(SystemExit) as end:
        main(
            [
                "adopt",
                str(path),
                *(options if "--target" in options else ["--target", "kind", *options]),
            ]
        )
    said = capsys.readouterr()

    assert end.value.code == 2
    assert said.out == "" and said.err.count("\n") == 1 and said.err.startswith("Error: ")
    assert "Traceback" not in said.err and said.err.rstrip().endswith(".")
    assert re.search(says, said.err), said.err
    assert (
        path.name if name != "deployment not there" else "new.csv"
    ) in said.err or "--positive" in says
    assert {p: p.read_bytes() for p in here.root.rglob("*") if p.is_file()} == before


def test_a_field_of_any_length_is_read(tmp_path):
    """A spectrum or a sequence in one field is longer than what Python's reader takes by itself."""
    from boxloop.table.read import read_catalogue

    (tmp_path / "t.csv").write_text(f"{HEAD}\n1.5,1,{'z' * 200_000}\n{ROWS}", encoding="utf-8")

    assert len(read_catalogue(tmp_path / "t.csv").frame) == 61


def test_byte_strings_are_text(tmp_path):
    """As they are in FITS."""
    from boxloop.table.read import read_catalogue

    (tmp_path / "t.parquet").write_bytes(
        parquet(BASE.assign(kind=[b"star", None, "é".encode()] * 20))
    )

    assert list(read_catalogue(tmp_path / "t.parquet").frame["kind"].dropna().unique()) == [
        "star",
        "é",
    ]
