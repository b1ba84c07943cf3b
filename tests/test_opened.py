"""Releases that somebody made up: nothing is followed, nothing grows, each ends in one sentence."""

import json
import os
import stat
import struct
import sys
import zipfile

import pytest
from bundle_project import manifest, release, zipped

from boxloop.base.errors import UserError
from boxloop.predict import opened as room
from boxloop.predict.opened import open_release

FILES = {"model/a.bin": b"one" * 50, "study/__init__.py": b"", "README.md": b"Read me.\n"}


@pytest.fixture(params=["folder", "zip"])
def made(request, tmp_path):
    """Return ``made(files, manifest=None)``: a release as a folder or a zip."""

    def made(files=FILES, said=None):
        said = said or manifest(FILES)
        if request.param == "folder":
            path = release(tmp_path / "release", files)
            (path / "release.json").write_bytes(said)
            return path
        path = tmp_path / "release.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (files | {"release.json": said}).items():
                archive.writestr(name, data)
        return path

    return made


def refused(path, **options):
    """Return the sentence with which a release is refused."""
    with pytest.raises(UserError) as found:
        open_release(path, **options)
    said = str(found.value)
    assert "\n" not in said and said.endswith(".")
    return said


def test_a_good_release_is_read_and_unpacked(made, tmp_path):
    """Names, bytes, id; what is unpacked is a release again."""
    found = open_release(made())

    assert found.names == sorted([*FILES, "release.json"])
    assert found.verify() == [] and found.id == found.manifest["id"]
    assert {name: found.read(name) for name in FILES} == FILES
    again = open_release(found.unpack(tmp_path / "there"))
    assert again.verify() == [] and again.names == found.names
    with pytest.raises(UserError, match="choose an empty folder"):
        found.unpack(tmp_path / "there")
    with pytest.raises(UserError, match="has no model/b"):
        found.read("model/b")


def test_what_a_desktop_leaves_is_no_fault(made, tmp_path):
    """Nobody put it there by will, and nothing of it is handed on."""
    left = (".DS_Store", "study/._x.py", "Thumbs.db", "__MACOSX/study/x.py")
    found = open_release(made(FILES | dict.fromkeys(left, b"import os")))

    assert found.verify() == [] and found.names == sorted([*FILES, "release.json"])
    there = found.unpack(tmp_path / "there")
    assert not [one for one in left if (there / one).exists()]


def test_a_release_whose_folder_was_packed_whole(tmp_path):
    """A desktop packs the folder, not what is in it; two folders are no release."""
    path = tmp_path / "release.zip"
    files = {"r 1/release.json": manifest(FILES), "__MACOSX/r 1/._README.md": b"x"}
    files |= {f"r 1/{name}": data for name, data in FILES.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    found = open_release(path)
    assert {name: found.read(name) for name in FILES} == FILES and found.verify() == []
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "there")
    assert "a folder without release.json" in refused(tmp_path / "there")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more/x", "x")
    assert "a zip without release.json" in refused(path)


def test_a_manifest_that_says_two_things(made):
    """Which of two keys counts is another thing for each reader."""
    said = manifest(FILES).replace(b"{", b'{"id": "other",', 1)
    assert "release.json is not what" in refused(made(said=said))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model/a.bin": b"two" * 50}, "model/a.bin is not what release.json says it is"),
        ({"model/a.bin": b"one" * 51}, "model/a.bin is not what release.json says it is"),
        ({"model/a.bin": None}, "model/a.bin is missing"),
        ({"more.py": b"import os"}, "more.py is not named in release.json"),
    ],
)
def test_what_differs_from_the_manifest_is_named(made, change, says):
    """At once, or by `verify`; a file that differs is never handed on."""
    files = {name: data for name, data in (FILES | change).items() if data is not None}
    path = made(files)
    assert says in refused(path)

    found = open_release(path, strict=False)
    assert [says in sentence for sentence in found.verify()] == [True]
    with pytest.raises(UserError):
        found.read(next(iter(change)))
    assert found.read("README.md") == FILES["README.md"]


def test_a_changed_table_has_another_id(made):
    """The id is that of the files: who exchanges a file and its hash has another release."""
    other = FILES | {"model/a.bin": b"two"}
    said = json.loads(manifest(other)) | {"id": json.loads(manifest(FILES))["id"]}
    assert "id in release.json" in refused(made(other, json.dumps(said).encode()))


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"[]",
        b"{",
        b'{"id": 1, "files": {}}',
        b'{"id": "a", "files": []}',
        b'{"id": "a", "files": {"a": {"size": true, "sha256": "' + b"0" * 64 + b'"}}}',
        b'{"id": "a", "files": {"a": {"size": 1, "sha256": "ABC"}}}',
        b"[" * 100_000,
    ],
)
def test_a_manifest_of_another_form_is_refused(made, said):
    """Whatever it holds."""
    assert "is not what `boxloop release` writes" in refused(made(FILES, said or b" "))


@pytest.mark.parametrize("name", ["../a", "/a", "a/../../b", "C:/a", "a\\b"])
def test_a_manifest_leads_nowhere_else(made, name):
    """Its names are looked at as those of a zip are."""
    said = json.loads(manifest(FILES))
    said["files"][name] = {"size": 1, "sha256": "0" * 64}
    assert "is unsafe" in refused(made(FILES, json.dumps(said).encode()))


def test_what_is_no_release_says_so(tmp_path):
    """Nothing there, another file, a folder or a zip without a manifest."""
    assert "check its name" in refused(tmp_path / "none")
    (tmp_path / "text").write_bytes(b"hello")
    assert "no zip that can be read" in refused(tmp_path / "text")
    assert "without release.json" in refused(tmp_path)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a", b"")
    assert "without release.json" in refused(tmp_path / "a.zip")
    whole = zipped(tmp_path / "b.zip", FILES).read_bytes()
    (tmp_path / "b.zip").write_bytes(whole[: len(whole) // 2])
    assert "no zip that can be read" in refused(tmp_path / "b.zip")


@pytest.mark.parametrize(
    "name",
    ["../a", "a/../../a", "/etc/a", "C:/a", "C:a", "//host/a", "a//b", "./a", "a/.", "a\x07b",
     "a\nb", "con", "a/NUL.txt", "a.", "a ", "b:stream", "x" * 300],
)  # fmt: skip
def test_names_that_lead_elsewhere_are_refused(tmp_path, name):
    """Out of the folder, to another drive, or to what some system reads as another name."""
    path = zipped(tmp_path / "a.zip", FILES | {name: b"x"})
    before = sorted(tmp_path.rglob("*"))

    assert "is unsafe" in refused(path)
    assert "is unsafe" in refused(path, strict=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_backslashes_and_zeros_are_refused(tmp_path):
    """What Python's zipfile would make a slash, or cut off."""
    for sign in (b"\\", b"\0"):
        path = zipped(tmp_path / "a.zip", FILES | {"a-b": b"x"})
        path.write_bytes(path.read_bytes().replace(b"a-b", b"a" + sign + b"b"))
        said = refused(path)
        assert "is unsafe" in said or "cannot be read" in said or "no zip" in said


@pytest.mark.parametrize(
    ("one", "two"),
    [("a/b", "A/b"), ("a/b", "a/B"), ("caf\u00e9", "cafe\u0301"), ("a", "a/b"), ("a", "A/b")],
)
def test_names_that_are_one_somewhere_are_refused(tmp_path, one, two):
    """By case, by the form of accents, or as a file and a folder."""
    said = refused(zipped(tmp_path / "a.zip", FILES | {one: b"x", two: b"y"}))
    assert "there twice" in said or "below a file" in said


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(tmp_path):
    """Which of the two is read depends on who reads."""
    path = zipped(tmp_path / "a.zip", FILES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("README.md", b"another")
    assert "there twice" in refused(path)


@pytest.mark.parametrize(
    ("mode", "says"),
    [
        (stat.S_IFLNK | 0o777, "is a link"),
        (stat.S_IFIFO | 0o644, "is no plain file"),
        (stat.S_IFCHR | 0o644, "is no plain file"),
    ],
)
def test_links_and_devices_in_a_zip_are_refused(tmp_path, mode, says):
    """They are no files."""
    path = zipped(tmp_path / "a.zip", FILES)
    with zipfile.ZipFile(path, "a") as archive:
        info = zipfile.ZipInfo("link")
        info.external_attr = mode << 16
        archive.writestr(info, "/etc/passwd")
    assert says in refused(path)


def test_what_grows_is_refused_before_it_grows(tmp_path, monkeypatch):
    """One file by too much, all together too far, or more bytes than were announced."""
    path = zipped(tmp_path / "a.zip", FILES | {"zeros": bytes(5 << 20)})
    monkeypatch.setattr(zipfile.ZipFile, "open", None)  # nothing of it is unpacked
    assert "times its size" in refused(path)
    monkeypatch.setattr(room, "MOST_TIMES", 10**9)
    monkeypatch.setattr(room, "MOST_BYTES", 4 << 20)
    assert "grows beyond" in refused(path)
    monkeypatch.setattr(room, "MOST_FILES", 2)
    assert "files" in refused(path)


def test_a_size_that_lies_is_found(tmp_path):
    """More bytes come out than the list of the zip says, and no more than these are kept."""
    path = zipped(tmp_path / "a.zip", FILES | {"big": b"ab" * 50_000})
    data = bytearray(path.read_bytes())
    at = data.rindex(b"big") - 46  # its entry in the list at the end
    assert struct.unpack_from("<I", data, at + 24)[0] == 100_000
    struct.pack_into("<I", data, at + 24, 10)
    path.write_bytes(data)
    assert "big" in refused(path)


def test_files_that_overlap_are_refused(tmp_path):
    """A bomb without a ratio: many names for the same bytes."""
    path = zipped(tmp_path / "a.zip", FILES | {"b": os.urandom(9_000)}, packing=0)
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo("b")
    with zipfile.ZipFile(path, "a") as archive:
        for number in range(3):
            copy = zipfile.ZipInfo(f"c{number}")
            for key in ("header_offset", "compress_size", "file_size", "CRC"):
                setattr(copy, key, getattr(part, key))
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
        archive._didModify = True
    assert "overlap" in refused(path)


def test_what_is_encrypted_or_packed_otherwise_is_refused(tmp_path):
    """There is nothing to ask for a password."""
    path = zipped(tmp_path / "a.zip", FILES)
    data = bytearray(path.read_bytes())
    at = data.rindex(b"README.md") - 46
    data[at + 8] |= 1
    path.write_bytes(data)
    assert "encrypted" in refused(path)
    assert "packed in a way" in refused(
        zipped(tmp_path / "b.zip", FILES, packing=zipfile.ZIP_BZIP2)
    )


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_links_in_a_folder_are_refused(tmp_path):
    """To a file, to a folder, to nothing; and what is no file."""
    for number, target in enumerate([tmp_path / "secret", tmp_path, tmp_path / "none"]):
        (tmp_path / "secret").write_bytes(b"x")
        path = release(tmp_path / f"r{number}", FILES)
        (path / "model" / "link").symlink_to(target)
        assert "is a link" in refused(path)
    path = release(tmp_path / "fifo", FILES)
    os.mkfifo(path / "pipe")
    assert "no plain file" in refused(path)


def test_the_zip_beside_the_files_does_not_differ(tmp_path):
    """It lies in the folder, and holds the same files."""
    path = release(tmp_path / "release", FILES)
    zipped(path / "small-0.1.0.zip", FILES)
    assert open_release(path).verify() == []
    zipped(path / "other.zip", FILES)
    assert "other.zip is not named" in refused(path)
