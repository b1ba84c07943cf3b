"""Files are whole or absent, and read back as they were."""

import json
import os
import stat

import pandas as pd
import pytest

from boxloop.base import files
from boxloop.base.errors import UserError


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    """The old content stays, and no temporary file is left."""
    path = files.write_text(tmp_path / "a.txt", "old")

    with pytest.raises(ZeroDivisionError):
        files.written_whole(path, lambda part: 1 / 0)

    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_json_has_null_for_what_is_no_number(tmp_path):
    """NaN and infinity are not JSON."""
    path = files.write_json(tmp_path / "a.json", {"a": float("nan"), "b": [float("inf"), 1.5]})

    assert json.loads(path.read_text(encoding="utf-8")) == {"a": None, "b": [None, 1.5]}


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_tables_come_back(tmp_path, name):
    """CSV and Parquet give the same table back."""
    frame = pd.DataFrame({"x": [0.1, 0.2], "name": ["é", "b"]})

    assert files.read_table(files.write_table(tmp_path / name, frame)).equals(frame)


@pytest.mark.parametrize(
    ("name", "read"), [("t.parquet", files.read_table), ("t.json", files.read_json)]
)
def test_a_truncated_file_is_named(tmp_path, name, read):
    """One sentence with the file, not a traceback of a parser."""
    path = tmp_path / name
    path.write_bytes(b'{"a": ')

    with pytest.raises(UserError, match=name):
        read(path)


def test_only_missing_tables_are_made(tmp_path):
    """A table that is there keeps its bytes, and nothing is made where all are there."""
    made = []

    def make():
        made.append(1)
        return {name: pd.DataFrame({"x": [1.0, 2.0]}) for name in ("first", "second")}

    (tmp_path / "first.parquet").write_bytes(b"mine")
    for _ in range(2):
        paths = files.write_missing_tables(tmp_path, ["first", "second"], make)

    assert [path.name for path in paths] == ["first.parquet", "second.parquet"]
    assert paths[0].read_bytes() == b"mine"
    assert list(files.read_table(paths[1])["x"]) == [1.0, 2.0]
    assert len(made) == 1


@pytest.fixture
def umask():
    """Set the umask of this process, and take it back."""
    before = os.umask(0o022)
    yield os.umask
    os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
@pytest.mark.parametrize(
    ("mask", "mode"), [(0o077, 0o600), (0o027, 0o640), (0o022, 0o644), (0o002, 0o664)]
)
def test_a_new_file_has_the_rights_of_any_other(tmp_path, umask, mask, mode):
    """What `open` gives: who wants results for oneself alone gets them so."""
    umask(mask)
    path = files.write_json(tmp_path / "a" / "results.json", {"secret": 1})

    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights")
def test_a_file_that_is_replaced_keeps_its_rights(tmp_path, umask):
    """Somebody hid it, or shared it: writing it again changes nothing of that."""
    umask(0o022)
    path = files.write_text(tmp_path / "a.txt", "old")
    for mode in (0o600, 0o664):
        path.chmod(mode)
        files.write_text(path, "new")

        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_the_longest_name_that_a_folder_takes(tmp_path):
    """The file it is written to first has a shorter one."""
    name = "é" * 125 + ".txt"

    assert files.write_text(tmp_path / name, "x").name == name
