"""Tables that do not fit into memory, several workers, and a zip in an empty folder."""

import os
import subprocess
import sys

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
from boxloop.predict import command, stream
from boxloop.run.cluster import cluster

NAMES = [f"c{number}" for number in range(10)]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Trees on ten inputs."""
    trees = HistGradientBoostingRegressor(max_iter=50, random_state=0)
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
    """Six times as many rows, also in one row group, and no more than 100 MB more."""
    few = large(tmp_path / "few.parquet", 200_000, 200_000)
    many = large(tmp_path / "many.parquet", 1_200_000, 1_200_000)
    out = ["--out", tmp_path / "o.parquet", "--release", model, "--force"]
    first, second = peak("predict", few, *out), peak("predict", many, *out)

    assert second < first + 100e6
    assert second < 1e9


@pytest.mark.slow
def test_the_zip_alone_is_enough(tmp_path):
    """Unpacked nowhere but in a folder on the path: the machinery of the zip, and an empty folder.

    What the zip holds is put where packages are; neither the project nor its notebooks are there.
    """
    import shutil

    place = predict_release.make(tmp_path / "made", ["height", "age"])
    site, empty = tmp_path / "site", tmp_path / "empty"
    shutil.copytree(TEMPLATE / "boxloop", site / "boxloop")
    empty.mkdir()
    table = predict_release.rows(["height", "age"], 50).drop(columns="weight")
    table.to_csv(empty / "t.csv", index=False)
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    words = ["predict", "t.csv", "--out", "o.csv", "--release", str(place)]
    done = subprocess.run(
        [sys.executable, "-m", "boxloop", *words],
        cwd=empty,
        env=env | {"PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("50 rows: ")
    assert sorted(path.name for path in empty.iterdir()) == ["o.csv", "t.csv"]
