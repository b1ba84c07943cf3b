"""A deployment table that does not fit into memory stays where it is, and a sample comes in."""

import importlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from conftest import TEMPLATE
from pyarrow import parquet
from scipy.stats import chisquare, kstest
from test_adopt import project, table, written

from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from boxloop.settings.load import load_settings
from boxloop.table import sampled


def big(path, rows, group=100_000, seed=0, **more):
    """Write a file sorted by an input, row group by row group."""
    rng = np.random.default_rng(seed)
    writer = None
    for start in range(0, rows, group):
        count = min(group, rows - start)
        made = pa.table({
            "source_id": np.arange(start, start + count),
            "mag": (np.arange(start, start + count) + 0.5) / rows,
            "colour": rng.normal(size=count).astype("float32"),
            "band": pa.array(["g", "r", "i"] * count)[:count].dictionary_encode(),
        } | {name: fill(count) for name, fill in more.items()})  # fmt: skip
        writer = writer or parquet.ParquetWriter(path, made.schema)
        writer.write_table(made, row_group_size=group)
    writer.close()
    return path


@pytest.fixture(scope="module")
def sorted_file(tmp_path_factory):
    """A million rows in groups of uneven size, sorted by mag, which is uniform."""
    return big(tmp_path_factory.mktemp("far") / "far.parquet", 1_000_000, group=170_000)


def test_every_row_is_as_likely(sorted_file):
    """Of a sorted file too: each tenth has its share, and the known distribution comes out."""
    found = sampled.sample(sorted_file, rows=50_000)
    mag = found["mag"].to_numpy()

    assert len(np.unique(found["source_id"].to_numpy())) == 50_000
    assert kstest(mag, "uniform").pvalue > 0.01
    tenths = np.histogram(mag, bins=10, range=(0, 1))[0]
    assert chisquare(tenths).pvalue > 0.01
    assert (np.diff(mag) > 0).all()  # in the order of the file
    again = sampled.sample(sorted_file, rows=50_000)
    assert again.equals(found)
    other = sampled.sample(sorted_file, rows=50_000, seed=1)
    assert not other.equals(found)


def test_a_row_is_drawn_as_often_as_another(tmp_path):
    """Over many seeds: first and last rows, and those at the ends of groups, have no advantage."""
    path = big(tmp_path / "small.parquet", 60, group=7)
    drawn = [
        sampled.sample(path, rows=20, seed=seed)["source_id"].to_numpy() for seed in range(300)
    ]

    assert chisquare(np.bincount(np.concatenate(drawn), minlength=60)).pvalue > 0.01
    assert all(len(set(rows)) == 20 for rows in drawn)


def test_all_rows_where_there_are_few(tmp_path):
    """A sample is never larger than the table."""
    path = big(tmp_path / "small.parquet", 60, group=7)

    assert sampled.sample(path)["source_id"].to_pylist() == list(range(60))


def test_the_footer_tells_files_apart(tmp_path):
    """By size and by what it holds of each column; a copy is the same file."""
    one, two = big(tmp_path / "a.parquet", 500), big(tmp_path / "b.parquet", 500, seed=1)
    copy = tmp_path / "c.parquet"
    copy.write_bytes(one.read_bytes())

    assert sampled.footer(one) == sampled.footer(copy) != sampled.footer(two)
    copy.write_bytes(one.read_bytes()[:-20])
    with pytest.raises(UserError, match="is not a whole Parquet file"):
        sampled.footer(copy)


@pytest.fixture
def adopted(tmp_path, monkeypatch, sorted_file):
    """A project with a deployment table that counts as large, and what `adopt` said."""
    monkeypatch.setattr(sampled, "MOST", 1_000_000)
    monkeypatch.setattr(sampled, "ROWS", 5_000)
    here = project(tmp_path)
    frame = table(400).drop(columns=["e_mag", "good"])
    return here, adopt(here, written(tmp_path, frame), target="kind", deployment=sorted_file)


def test_adopt_keeps_a_reference(adopted, sorted_file):
    """No copy in data/raw; study.toml says where it is, how it is known, and how many are seen."""
    here, found = adopted
    data = load_settings(here.settings_file).data

    assert [path.name for path in here.raw.iterdir()] == ["table.csv"]
    assert (here.root / data.deployment).resolve() == sorted_file.resolve()
    assert not data.deployment.startswith("/")
    assert data.deployment_rows == 1_000_000 and data.deployment_sample == 5_000
    assert data.deployment_footer == sampled.footer(sorted_file)
    assert data.deployment_sha256 is None
    [kept] = here.interim.glob("deployment_*.parquet")
    assert parquet.read_metadata(kept).num_rows == 5_000
    said = " ".join(found.notes)
    assert "far.parquet has 1,000,000 rows and stays where it is" in said
    assert "computed on 5,000 of them, each as likely as any other" in said
    assert "boxloop predict" in said


def test_the_data_card_says_that_they_are_a_sample(adopted):
    """In the one sentence that 03, 06 and 08 print."""
    from boxloop.record import data_card

    settings = load_settings(adopted[0].settings_file)
    told = dict.fromkeys(("motivation", "collection", "uses", "distribution", "maintenance"), "-")
    tables = {name: pd.DataFrame({"mag": [1.0, 2.0]}) for name in ("train", "deployment")}

    said = "Of 1,000,000 deployment rows 5,000 were drawn at random."
    assert settings.data.drawn == said
    assert said in data_card(tables, settings, **told)
    whole = settings.data.model_copy(update={"deployment_rows": None, "deployment_sample": None})
    assert whole.drawn == ""
    assert "drawn" not in data_card(tables, settings.model_copy(update={"data": whole}), **told)


def test_what_is_small_is_taken_in(tmp_path, sorted_file):
    """A million rows of four columns are four million values, below the limit."""
    here = project(tmp_path)
    frame = table(400).drop(columns=["e_mag", "good"])
    adopt(here, written(tmp_path, frame), target="kind", deployment=sorted_file)
    data = load_settings(here.settings_file).data

    assert sampled.MOST == 20_000_000 and not sampled.is_large(sorted_file)
    assert data.deployment == "data/raw/far.parquet" and data.deployment_footer is None


def test_columns_are_looked_at_in_schema_and_sample(tmp_path, monkeypatch, sorted_file):
    """An input that the table lacks, and one of words, are refused before anything is written."""
    monkeypatch.setattr(sampled, "MOST", 1000)
    here = project(tmp_path)
    frame = table(400).drop(columns=["e_mag", "good"])
    path = written(tmp_path, frame.assign(redshift=np.linspace(0, 1, 400)))
    with pytest.raises(UserError, match=r"far.parquet, column 'redshift' is missing"):
        adopt(here, path, target="kind", deployment=sorted_file)
    words = big(tmp_path / "w.parquet", 500, size=lambda n: pa.array(["large"] * n))
    path = written(tmp_path, frame.assign(size=np.linspace(0, 1, 400)), "s.csv")
    with pytest.raises(UserError, match=r"w.parquet, column 'size' holds 'large' in row 1"):
        adopt(here, path, target="kind", deployment=words)

    assert not list(here.raw.iterdir()) and not here.interim.exists()


@pytest.fixture
def data(adopted, monkeypatch):
    """The study's own data.py, in the project."""
    import shutil

    here, _ = adopted
    shutil.copytree(TEMPLATE / "studies" / "own_data", here.root / "study")
    monkeypatch.chdir(here.root)
    monkeypatch.syspath_prepend(str(here.root))
    for name in [name for name in sys.modules if name.split(".")[0] == "study"]:
        monkeypatch.delitem(sys.modules, name)
    yield importlib.import_module("study.data")
    for name in [name for name in sys.modules if name.split(".")[0] == "study"]:
        del sys.modules[name]


def test_the_study_sees_the_sample_and_says_so(adopted, data, capsys):
    """Who asks for the rows prints of how many they are; a lost copy is drawn again."""
    here, _ = adopted
    paths = data.prepare(here.raw)
    rows = data.deployment(here.raw)

    assert here.relative(paths[0]) == "data/raw/table.csv"
    assert here.relative(paths[1]).startswith("data/interim/deployment_")
    assert (
        "Of 1,000,000 deployment rows 5,000 were drawn at random. `boxloop predict "
        in capsys.readouterr().out
    )
    assert len(rows) == 5_000 and {"mag", "colour", "band", "source_id"} <= set(rows)
    assert rows["band"].isin(["g", "r", "i"]).all()
    paths[1].unlink()
    pd.testing.assert_frame_equal(data.deployment(here.raw), rows)
    paths[1].write_bytes(b"PAR1")
    pd.testing.assert_frame_equal(data.deployment(here.raw), rows)


def test_another_file_in_its_place_is_refused(adopted, data, tmp_path):
    """By its footer; and one that is gone."""
    here, _ = adopted
    text = here.settings_file.read_text(encoding="utf-8")
    place = load_settings(here.settings_file).data.deployment
    other = big(tmp_path / "other.parquet", 100)
    here.settings_file.write_text(text.replace(place, "../other.parquet"), encoding="utf-8")
    with pytest.raises(UserError, match="its footer has changed: put it back, or adopt it again"):
        data.deployment(here.raw)
    other.unlink()
    with pytest.raises(UserError, match="is not there: put it back, or adopt it again"):
        data.deployment(here.raw)


def test_half_a_reference_is_refused(adopted):
    """The four keys belong together."""
    here, _ = adopted
    lines = here.settings_file.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith("deployment_rows")]
    here.settings_file.write_text("\n".join(kept), encoding="utf-8")
    with pytest.raises(UserError, match="belong together: adopt the table again"):
        load_settings(here.settings_file)


ADOPT = """
import resource, sys
sys.path.insert(0, {machinery!r})
import pyarrow, pandas, sklearn, astropy.table
from pathlib import Path
from boxloop.adopt.command import adopt
from boxloop.base.places import Project
unit = 1 if sys.platform == "darwin" else 1024
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
adopt(Project(Path({root!r})), Path({table!r}), target="kind", deployment=Path({far!r}))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * unit)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="resource is not there")
def test_millions_of_rows_are_never_in_memory(tmp_path):
    """3 million rows of 8 columns are 190 MB as pandas has them: adopt takes far less."""
    more = {f"flag_{number}": np.zeros for number in range(4)}
    far = big(tmp_path / "far.parquet", 3_000_000, group=1_000_000, **more)
    assert sampled.is_large(far)
    here = project(tmp_path)
    path = written(tmp_path, table(400).drop(columns=["e_mag", "good"]))
    words = {
        "machinery": str(TEMPLATE),
        "root": str(here.root),
        "table": str(path),
        "far": str(far),
    }
    done = subprocess.run(
        [sys.executable, "-c", ADOPT.format(**words)], capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 130e6
    assert load_settings(here.settings_file).data.deployment_sample == sampled.ROWS
