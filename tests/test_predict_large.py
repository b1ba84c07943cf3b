"""Tables that do not fit into memory, several workers, and a zip in an empty folder."""

import os
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import predict_release
import pyarrow as pa
import pytest
from conftest import TEMPLATE
from pyarrow import parquet
from sklearn.ensemble import HistGradientBoostingRegressor

from boxloop.base.errors import UserError
from boxloop.measure.fits import VARIABLE
from boxloop.predict import cluster as spread
from boxloop.predict import command, part, reader, stream
from boxloop.run.cluster import cluster
from boxloop.table import sampled

NAMES = [f"c{number}" for number in range(10)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Trees on ten inputs."""
    trees = HistGradientBoostingRegressor(max_iter=20, random_state=0)
    return predict_release.make(tmp_path_factory.mktemp("large"), NAMES, trees, count=5000)


def large(path, rows, group):
    """Write a file of ten inputs and an id, a row group at a time."""
    rng, writer = np.random.default_rng(0), None
    for start in range(0, rows, group):
        count = min(group, rows - start)
        columns = {name: rng.normal(size=count) for name in NAMES}
        made = pa.table({"name": np.arange(start, start + count) + 10**15} | columns)
        writer = writer or parquet.ParquetWriter(path, made.schema)
        writer.write_table(made, row_group_size=group)
    writer.close()
    return path


def test_workers_say_the_same(model, tmp_path, monkeypatch):
    """The same bytes with `--dask local` as without, in order."""
    pytest.importorskip("distributed")
    monkeypatch.setattr(stream, "ROWS", 1000)
    table = large(tmp_path / "t.parquet", 9_500, 4_000)
    command.predict(table, tmp_path / "alone.parquet", release=model)
    with cluster("local") as where:
        command.predict(table, tmp_path / "spread.parquet", release=model, where=where)

    assert (tmp_path / "alone.parquet").read_bytes() == (tmp_path / "spread.parquet").read_bytes()


def test_workers_read_for_themselves(model, tmp_path, monkeypatch):
    """What is asked for here is nothing but answers, and each worker opens the model once."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(stream, "ROWS", 1000)
    table = large(tmp_path / "t.parquet", 9_500, 4_000)
    command.predict(table, tmp_path / "alone.parquet", release=model)
    files, opens = set(), []
    read, start = reader.Reader.part, reader.Reader._start

    def reads(self, piece):
        assert threading.current_thread() is not threading.main_thread()
        files.add(id(self))
        return read(self, piece)

    def starts(self):
        opens.append(self)  # kept, so that no other gets its number
        start(self)

    monkeypatch.setattr(reader.Reader, "part", reads)
    monkeypatch.setattr(reader.Reader, "_start", starts)
    options = {"processes": False, "dashboard_address": None, "threads_per_worker": 2}
    with distributed.LocalCluster(
        n_workers=1, local_directory=str(tmp_path.parent), **options
    ) as boss:
        where = {VARIABLE: boss.scheduler_address}
        command.predict(table, tmp_path / "spread.parquet", release=model, where=where)

    assert len(files) == 1  # two threads, one model
    assert (tmp_path / "alone.parquet").read_bytes() == (tmp_path / "spread.parquet").read_bytes()


def test_a_worker_that_does_not_see_the_file_is_sent_its_rows(model, tmp_path, monkeypatch):
    """The same bytes."""
    distributed = pytest.importorskip("distributed")
    monkeypatch.setattr(stream, "ROWS", 1000)
    table = large(tmp_path / "t.parquet", 9_500, 4_000)
    command.predict(table, tmp_path / "alone.parquet", release=model)
    monkeypatch.setattr(reader.Reader, "sees", False)
    options = {"processes": False, "dashboard_address": None, "threads_per_worker": 1}
    with distributed.LocalCluster(
        n_workers=1, local_directory=str(tmp_path.parent), **options
    ) as boss:
        where = {VARIABLE: boss.scheduler_address}
        command.predict(table, tmp_path / "sent.parquet", release=model, where=where)

    assert (tmp_path / "alone.parquet").read_bytes() == (tmp_path / "sent.parquet").read_bytes()


def test_a_reader_knows_its_file_and_reads_it_in_any_order(tmp_path):
    """Another file in its place is not the one that was asked for; a piece is always the same."""
    path = large(tmp_path / "t.parquet", 95, 40)
    kept, needs = {"name": pa.int64()}, part.Needs(dict.fromkeys(NAMES, "number"), ("name",))
    found = reader.Reader(path, ["name", *NAMES], needs, kept, 15)
    pieces = list(found.pieces())
    rows = [found.part(piece).kept["name"].to_pylist() for piece in pieces]
    sent = pickle.loads(pickle.dumps(found))

    assert [len(some) for some in rows] == [15, 15, 10, 15, 15, 10, 15]
    assert [one for some in rows for one in some] == [10**15 + number for number in range(95)]
    assert [piece.first - 1 + 10**15 for piece in pieces] == [some[0] for some in rows]
    for number in (4, 1, 6, 2, 0):
        assert sent.part(pieces[number]).kept["name"].to_pylist() == rows[number]
    assert sent.sees
    sent.close()
    found.close()
    large(path, 96, 40)
    assert not pickle.loads(pickle.dumps(found)).sees


def test_pieces_are_even_whatever_arrow_yields(tmp_path):
    """Short batches are put together."""

    class File:
        def iter_batches(self, rows, groups, **more):
            for size in (4, 3, 10, 1, 10, 2):
                yield pa.record_batch({"x": [size] * size})

    found = list(sampled.even(tmp_path, File(), None, 10, 0))
    assert [len(table) for table in found] == [10, 10, 10]
    assert pa.concat_tables(found)["x"].to_pylist() == [
        size for size in (4, 3, 10, 1, 10, 2) for _ in range(size)
    ]


def test_workers_that_cannot_are_one_sentence(model, tmp_path, monkeypatch):
    """Nothing is left behind; nobody there is another sentence."""
    pytest.importorskip("distributed")
    table = large(tmp_path / "t.parquet", 10, 10)
    monkeypatch.setattr(spread, "SECONDS", 1)

    class Broken:
        def result(self):
            raise ModuleNotFoundError("No module named 'study'")

    with pytest.raises(UserError, match=r"A dask worker could not do its share .*'study'"):
        spread._result(Broken())
    from distributed import LocalCluster

    says = "No dask worker has come within 1 s: start one"
    with LocalCluster(n_workers=0, processes=False, local_directory=str(tmp_path.parent)) as none:
        where = {"release": model, "where": {VARIABLE: none.scheduler_address}}
        with pytest.raises(UserError, match=says):
            command.predict(table, tmp_path / "o.csv", **where)
    assert [path.name for path in tmp_path.iterdir()] == ["t.parquet"]


class Waits:
    """Stands for a model that takes its time for each part."""

    def answer(self, number):
        time.sleep(0.25)
        return number


@pytest.mark.slow
def test_two_workers_are_nearly_twice_as_fast():
    """By what this code adds to the work: whoever shares the machine has no say in a wait."""
    distributed = pytest.importorskip("distributed")
    seconds = {}
    for workers in (1, 2):
        options = {"threads_per_worker": 1, "processes": False, "dashboard_address": None}
        with distributed.LocalCluster(n_workers=workers, **options) as boss:
            where = {VARIABLE: boss.scheduler_address}
            assert list(spread.answers(Waits(), range(2), where)) == [0, 1]
            begin = time.perf_counter()
            assert list(spread.answers(Waits(), range(20), where)) == list(range(20))
            seconds[workers] = time.perf_counter() - begin

    assert seconds[1] / seconds[2] > 1.6, seconds


CHILD = """
import resource, subprocess, sys
done = subprocess.run([sys.executable, "-m", "boxloop", *sys.argv[1:]])
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit, done.returncode)
"""


def peak(*words):
    """Type a command and return its largest memory in bytes."""
    env = os.environ | {"PYTHONPATH": str(TEMPLATE)}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, *map(str, words)], env=env, capture_output=True, text=True
    )
    memory, code = done.stdout.split()[-2:]
    assert code == "0", done.stderr
    return int(memory)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="resource is not there")
def test_memory_does_not_grow_with_the_table(model, tmp_path):
    """Six times as many rows, also in one row group, and no more than 60 MB more."""
    few = large(tmp_path / "few.parquet", 150_000, 150_000)
    many = large(tmp_path / "many.parquet", 900_000, 900_000)
    out = ["--out", tmp_path / "o.parquet", "--release", model, "--force"]
    first, second = peak("predict", few, *out), peak("predict", many, *out)

    assert second < first + 60e6
    assert second < 1e9


def zipped(folder):
    """Write a release with what it takes to predict, and return its zip."""
    import hashlib
    import json
    import zipfile

    from boxloop.predict.opened import table_hash

    place = predict_release.make(folder / "made", ["height", "age"])
    parts = {f"model/{path.name}": path.read_bytes() for path in place.iterdir()}
    for path in sorted((TEMPLATE / "boxloop").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            parts[path.relative_to(TEMPLATE).as_posix()] = path.read_bytes()
    files = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
        for name, data in parts.items()
    }
    manifest = {"id": f"small-0.1.0-{table_hash(files)[:12]}", "name": "small", "files": files}
    with zipfile.ZipFile(folder / "small-0.1.0.zip", "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
        packed.writestr("release.json", json.dumps(manifest | {"version": "0.1.0"}))
    return folder / "small-0.1.0.zip", manifest["id"]


@pytest.mark.slow
def test_the_zip_alone_is_enough(tmp_path):
    """The machinery of the zip and its model, in an empty folder: no project, no notebooks.

    The zip is laid where packages are looked for, as `pip install` does, whose build tool may not
    be here.
    """
    import zipfile

    path, name = zipped(tmp_path)
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(path) as packed:
        packed.extractall(site)
    table = predict_release.rows(["height", "age"], 50).drop(columns="weight")
    table.to_csv(empty / "t.csv", index=False)
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    words = ["predict", "t.csv", "--out", "o.csv", "--release", str(path)]
    done = subprocess.run(
        [sys.executable, "-m", "boxloop", *words],
        cwd=empty,
        env=env | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("50 rows: ")
    assert sorted(one.name for one in empty.iterdir()) == ["o.csv", "t.csv"]
    lines = (empty / "o.csv").read_text().splitlines()
    assert len(lines) == 51 and all(line.endswith(f",{name}") for line in lines[1:])
