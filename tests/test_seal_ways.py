"""Ways to the sealed rows without the release: an error, no row, a line of the ledger, or named.

Each is a cell of 05 that leaves what it got in `got`. The same cells do get rows where the file is
not sealed, so that none of them fails for another reason. Whoever reads the key by hand and
decrypts gets the rows: that is malice, and nothing here claims to stop it.
"""

import base64
import contextlib
import importlib.util
import json
import shutil
import sys
import zlib

import pandas as pd
import pytest
from fake_loop import cell
from walk_project import command, execute_here, sources, write

from boxloop.base.errors import UserError
from boxloop.base.files import write_table
from boxloop.base.places import Project
from boxloop.checks import run_check
from boxloop.record.station import Station
from boxloop.split.seal import openings, read_ledger

MARK = "sealed-row"
DATA = f'''"""Six rows to learn from, and four that are sealed."""
from pathlib import Path
import pandas as pd
from boxloop.base import read_table
def rows():
    names = ["open-row"] * 6 + ["{MARK}"] * 4
    return pd.DataFrame({{"x": range(10), "name": names}})
def labelled(raw):
    return read_table(Path(raw) / "all.csv")
'''
HELPERS = '''"""A helper of the study."""
import pandas as pd
def peek(root, name):
    return pd.concat(pd.read_parquet(path) for path in root.rglob(f"sealed/{name}"))
def loads(raw):
    return pd.read_csv(raw / "all.csv")
'''
# What reads files, from where a notebook runs; FILE is the sealed one, or a plain one.
SEALED = {
    "pandas": "got = pd.read_parquet('../data/sealed/FILE')",
    "pandas, one column": "got = pd.read_parquet('../data/sealed/FILE', columns=['name'])",
    "pyarrow": "import pyarrow.parquet as pq; got = pq.read_table('../data/sealed/FILE')",
    "pyarrow, a data set": """
import pyarrow.dataset as ds
got = ds.dataset('../data/sealed/FILE').to_table()""",
    "pyarrow, statistics": """
import pyarrow.parquet as pq
got = pq.read_metadata('../data/sealed/FILE').row_group(0).column(1).statistics.max""",
    "a memory map of pyarrow": """
import pyarrow as pa, pyarrow.parquet as pq
got = pq.read_table(pa.memory_map('../data/sealed/FILE'))""",
    "duckdb": "import duckdb; got = duckdb.sql(\"from '../data/sealed/FILE'\").df()",
    "polars": "import polars; got = polars.read_parquet('../data/sealed/FILE')",
    "a pattern": """
from pathlib import Path
got = pd.concat(pd.read_parquet(path) for path in Path('..').glob('data/sealed/FILE*'))""",
    "bytes": "got = open('../data/sealed/FILE', 'rb').read()",
    "a memory map": """
import mmap
with open('../data/sealed/FILE', 'rb') as file:
    got = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:]""",
    "numpy": "import numpy as np; got = np.fromfile('../data/sealed/FILE', dtype='u1').tobytes()",
    "a copy": """
import shutil
shutil.copy('../data/sealed/FILE', '../data/interim/mine.parquet')
got = pd.read_parquet('../data/interim/mine.parquet')""",
    "a link": """
import os
os.symlink(os.path.abspath('../data/sealed/FILE'), 'linked.parquet')
got = pd.read_parquet('linked.parquet')""",
    "the door of tables": """
from boxloop.base import read_table
got = read_table(here.project.sealed / 'FILE')""",
    "the door of catalogues": """
from boxloop.table import read_rows
got = read_rows(here.project.sealed / 'FILE')""",
    "a result elsewhere": "got = here.read('../data/sealed/FILE')",
    "a helper of the study": """
from study import helpers
got = helpers.peek(here.project.root, 'FILE')""",
    "a script that is run": """
import runpy
open('peek.py', 'w').write("import pandas as pd; got = pd.read_parquet('../data/sealed/FILE')")
got = runpy.run_path('peek.py')['got']""",
    "another process": """
import subprocess, sys
code = "import pandas as pd; print(pd.read_parquet('../data/sealed/FILE').to_csv())"
got = subprocess.run([sys.executable, '-c', code], capture_output=True, check=True).stdout""",
}
# What goes through the machinery.
DOORS = {
    "a table by name": "got = here.table('test')",
    "no key": """
from boxloop.split.cipher import Encrypted
got = Encrypted(here.project.sealed_file, bytes(32)).rows()""",
    "a private function": """
import importlib
got = importlib.import_module('boxloop.split.seal')._unlocked(here.project, None).rows()""",
    "the door of the release": "got = here.open_seal(reason='a look at all rows', model_hash='m')",
    "the key beside": """
import importlib
cipher, key = (importlib.import_module(f"boxloop.split.{name}") for name in ("cipher", "key"))
found = key.key_beside(here.project)
got = cipher.Encrypted(here.project.sealed_file, found.secret).rows()""",
    "the function behind it": """
import importlib
seal = importlib.import_module('boxloop.split.seal')
got = seal.open_seal(here.project, reason='a look at all rows', model_hash='m')""",
}
# The table that 03 has divided.
RAW = {
    "its loader": "got = data.labelled(here.project.raw)",
    "a helper with pandas": "from study import helpers; got = helpers.loads(here.project.raw)",
    "pandas": "got = pd.read_csv('../data/raw/all.csv')",
    "the door of tables": """
from boxloop.base import read_table
got = read_table(here.project.raw / 'all.csv')""",
    "the door of catalogues": """
from boxloop.table import read_rows
got = read_rows(here.project.raw / 'all.csv')""",
    "a result elsewhere": "got = here.read('../data/raw/all.csv')",
    "text": "got = open('../data/raw/all.csv').read()",
    "numpy": "import numpy as np; got = np.loadtxt('../data/raw/all.csv', dtype=str).tolist()",
    "a copy": """
import shutil
shutil.copy('../data/raw/all.csv', '../data/interim/mine.csv')
got = pd.read_csv('../data/interim/mine.csv')""",
    "a link": """
import os
os.symlink(os.path.abspath('../data/raw/all.csv'), 'linked.csv')
got = pd.read_csv('linked.csv')""",
    "a hard link": """
import os
os.link('../data/raw/all.csv', 'linked.csv')
got = pd.read_csv('linked.csv')""",
    "moved and read": """
import os
os.rename('../data/raw/all.csv', 'linked.csv')
got = pd.read_csv('linked.csv')""",
    "a descriptor": "import os; got = os.read(os.open('../data/raw/all.csv', os.O_RDONLY), 999)",
    "a raw file": "import io; got = io.FileIO('../data/raw/all.csv').read()",
    "a path": "got = (here.project.raw / 'all.csv').read_bytes()",
    "a mapped array": "import numpy as np; got = np.memmap('../data/raw/all.csv').tobytes()",
    "an archive": """
import zipfile
zipfile.ZipFile('mine.zip', 'w').write('../data/raw/all.csv', 'all')
got = zipfile.ZipFile('mine.zip').read('all')""",
    "a tape": """
import tarfile
with tarfile.open('mine.tar', 'w') as tape:
    tape.add('../data/raw/all.csv')
got = open('mine.tar', 'rb').read()""",
    "lines": "import fileinput; got = ''.join(fileinput.input('../data/raw/all.csv'))",
    "csv of pyarrow": "import pyarrow.csv as c; got = c.read_csv('../data/raw/all.csv')",
    "a map of pyarrow": "import pyarrow as pa; got = pa.memory_map('../data/raw/all.csv').read()",
    "a data set of pyarrow": """
import pyarrow.dataset as ds
got = ds.dataset('../data/raw/all.csv', format='csv').to_table()""",
    "a folder of pyarrow": """
import pyarrow.dataset as ds
got = ds.dataset('../data/raw', format='csv').to_table()""",
}
# The same where the raw table is Parquet: pandas and pyarrow open that by themselves.
PARQUET = {
    "pandas": "got = pd.read_parquet('../data/raw/all.parquet')",
    "a table": "import pyarrow.parquet as pq; got = pq.read_table('../data/raw/all.parquet')",
    "an address": """
import pyarrow.parquet as pq
got = pq.read_table('file://' + str(here.project.raw / 'all.parquet'))""",
    "a file": "import pyarrow.parquet as q; got = q.ParquetFile('../data/raw/all.parquet').read()",
    "a folder": "got = pd.read_parquet('../data/raw')",
    "a list": "got = pd.read_parquet(['../data/raw/all.parquet'])",
    "its loader": "got = data.labelled(here.project.raw)",
}
# What reads the raw table outside of this process or of Python: the check names it.
NAMED = {
    "another process": "subprocess.run([sys.executable, '-c', \"open('../data/raw/all.csv')\"])",
    "a script": "subprocess.run(['python', '../tools/peek.py'])",
    "a script by magic": "%run ../tools/peek.py",
    "a shell": "!cat ../data/raw/all.csv",
    "a shell, kept": "lines = !cat ../data/raw/all.csv",
    "a cell of a shell": "%%bash\ncat ../data/raw/all.csv",
    "duckdb": "duckdb.sql(\"select * from '../data/raw/all.csv'\")",
    "polars": "polars.scan_csv('../data/raw/all.csv').collect()",
    "pyarrow": "pyarrow.csv.read_csv('../data/raw/all.csv')",
    "a module beside": "import beside\nbeside.peek()",
    "an import": "import at_import",
    "other workers": "Parallel(2)(delayed(pd.read_csv)(f) for f in ['../data/raw/all.csv'])",
    "the shell of IPython": "get_ipython().system('cat ../data/raw/all.csv')",
    "a cell magic": "get_ipython().run_cell_magic('bash', '', 'cat ../data/raw/all.csv')",
    "a magic, kept": "lines = %sx cat ../data/raw/all.csv",
    "beside a question": "frame?\npd.read_csv('../data/raw/all.csv')",
    "HDF5": "h5py.File('../data/raw/all.h5')['x'][:]",
    "a file of pyarrow": "pa.OSFile('../data/raw/all.csv').read()",
    "the folder entered": "os.chdir('../data')\npd.read_csv('raw/all.csv')",
    "a child in the folder": "subprocess.run(['cat', 'all.csv'], cwd='../data/raw')",
    "a name filled in": "pd.read_csv('../data/{}/all.csv'.format('raw'))",
    "a name by per cent": "pd.read_csv('../data/%s/all.csv' % 'raw')",
    "parts that are joined": "pd.read_csv('/'.join(['..', 'data', 'raw', 'all.csv']))",
    "history": "!git show HEAD:data/raw/all.csv",
    "code in a text": "exec(\"pd.read_csv('../data/raw/all.csv')\")",
    "the key": "from boxloop.split.key import key_beside",
    "the file of the key": "here.project.key_file.read_text()",
    "the key of CI": "os.environ['BOXLOOP_SEAL_KEY']",
    "an old test set": "pd.read_parquet('../attic/001/data/sealed/test.parquet')",
    "what was released": "here.read('08_release/predictions.parquet')",
}


HEAD = """
import pandas as pd
from boxloop.record import Station
here = Station({!r})
from study import data
"""
BESIDE = "import pandas as pd\n\ndef peek():\n    return pd.read_csv('../data/raw/all.csv')\n"


def ran_once(root, files):
    """Write a small project, run it in this process, and return its folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
        patch.setattr("boxloop.run.loop.execute", execute_here)
        assert command(write(root, files), "run")[0] == 0
    return root


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The small project after a run, with rows that can be recognised."""
    root = tmp_path_factory.mktemp("ways")
    files = sources() | {"study/data.py": DATA, "study/helpers.py": HELPERS}
    return ran_once(root, files)


@pytest.fixture
def project(finished, tmp_path):
    shutil.copytree(finished, tmp_path / "project")
    return Project(tmp_path / "project")


@pytest.fixture(scope="module")
def parquet_finished(tmp_path_factory):
    """The same with a raw table in Parquet, which 03 reads by the study's loader."""
    root = tmp_path_factory.mktemp("parquet")
    loader = DATA.replace("read_table(Path(raw)", "pd.read_parquet(Path(raw)")
    files = sources() | {"study/data.py": loader}
    files = {name: text.replace("all.csv", "all.parquet") for name, text in files.items()}
    files = {name: text.replace("pd.read_csv(", "pd.read_parquet(") for name, text in files.items()}
    return ran_once(root, files)


@pytest.fixture
def parquet(parquet_finished, tmp_path):
    shutil.copytree(parquet_finished, tmp_path / "project")
    return Project(tmp_path / "project")


def look(project, code, *, chapter="05_diagnose", file="test.parquet"):
    """Run a cell of a chapter, and return what it got as bytes that hold the values."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "study"]:
        del sys.modules[name]
    names: dict = {}
    with contextlib.chdir(project.notebooks):
        exec(HEAD.format(chapter) + code.replace("FILE", file), names)
    return seen(names["got"])


def opened(project):
    return len(openings(read_ledger(project)))


def seen(got):
    """Return what was got as bytes that hold the values."""
    if hasattr(got, "to_pandas"):
        got = got.to_pandas()
    if isinstance(got, pd.DataFrame):
        got = got.to_csv()
    return got if isinstance(got, bytes) else str(got).encode()


def needs_its_package(code):
    """Leave out a way whose package is not installed; it is no dependency of a project."""
    for name in ("duckdb", "polars"):
        if f"import {name}" in code and importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


@pytest.mark.parametrize("code", SEALED.values(), ids=SEALED)
def test_a_way_to_the_sealed_file_gives_no_row(project, code):
    """An error, or bytes in which no value stands; of a plain file the same cell gets rows."""
    needs_its_package(code)
    write_table(project.sealed / "plain.parquet", pd.DataFrame({"x": [1], "name": [MARK]}))
    assert MARK.encode() in look(project, code, file="plain.parquet")
    for left in ("linked.parquet", "peek.py"):
        (project.notebooks / left).unlink(missing_ok=True)

    got = b""
    with contextlib.suppress(Exception):
        got = look(project, code)
    assert MARK.encode() not in got
    assert opened(project) == 0


@pytest.mark.parametrize("code", DOORS.values(), ids=DOORS)
def test_a_way_through_the_machinery_gives_no_row_or_is_on_record(project, code):
    """The key lies beside the ledger: what uses it through a door is an opening."""
    got = b""
    with contextlib.suppress(UserError, ValueError, OSError):
        got = look(project, code)
    assert (MARK.encode() in got) == opened(project)


@pytest.mark.parametrize("chapter", ["05_diagnose", "09_paper"])
@pytest.mark.parametrize("code", RAW.values(), ids=RAW)
def test_the_table_that_was_divided_is_shut_after_the_split(project, code, chapter):
    """In 04 to 07 and in a ninth notebook; 03 reads it, as does 08."""
    about = {"boxloop": {"needs": [], "makes": ["results/09_paper/a.csv"]}}
    ninth = {"cells": [], "metadata": about, "nbformat": 4, "nbformat_minor": 5}
    (project.notebooks / "09_paper.ipynb").write_text(json.dumps(ninth), encoding="utf-8")
    with pytest.raises(UserError, match=r"may not read data/raw/all\.csv, which holds the sealed"):
        look(project, code, chapter=chapter)

    linked = project.notebooks / "linked.csv"
    if linked.exists() and not (project.raw / "all.csv").exists():
        linked.rename(project.raw / "all.csv")
    linked.unlink(missing_ok=True)
    assert MARK.encode() in look(project, code, chapter="08_release")


@pytest.mark.parametrize("code", PARQUET.values(), ids=PARQUET)
def test_a_table_in_parquet_is_shut_as_well(parquet, code):
    """Its loader reads it with pandas, and 03 notes that."""
    with pytest.raises(UserError, match=r"may not read data/raw/all\.parquet, which holds the sea"):
        look(parquet, code)
    assert MARK.encode() in look(parquet, code, chapter="08_release")


def test_what_was_released_is_for_what_comes_after_it(project):
    """The predictions of a release hold the truth of the test rows."""
    write_table(project.station("08_release") / "predictions.parquet", pd.DataFrame({"x": [MARK]}))
    code = "got = here.read('08_release/predictions.parquet')"
    with pytest.raises(UserError, match="which may hold the sealed rows as well"):
        look(project, code)
    assert MARK.encode() in look(project, code, chapter="08_release")


def test_other_tables_in_the_folder_stay_readable(project):
    """Those of a stress test, and whatever else was not divided."""
    (project.raw / "stress.csv").write_text("x\n1\n", encoding="utf-8")
    assert b"1" in look(project, "got = pd.read_csv('../data/raw/stress.csv')")
    # The number of a file that is gone may be that of the next one.
    code = "here.project.raw.joinpath('all.csv').unlink()\n"
    code += "[open(f'mine{n}', 'w').write('1') for n in range(9)]\ngot = open('mine3').read()"
    assert look(project, code) == b"1"


@pytest.mark.parametrize("text", NAMED.values(), ids=NAMED)
def test_what_reads_the_raw_table_elsewhere_is_named(project, text):
    """Another process is out of reach; the check voids the headline."""
    (project.root / "tools").mkdir()
    (project.root / "tools" / "peek.py").write_text(BESIDE + "peek()\n", encoding="utf-8")
    (project.notebooks / "beside.py").write_text(BESIDE, encoding="utf-8")
    (project.root / "at_import.py").write_text("import beside\nbeside.peek()\n", encoding="utf-8")
    with contextlib.chdir(project.notebooks):
        here = Station("08_release")
    path = project.notebooks / "05_diagnose.ipynb"
    content = json.loads(path.read_text(encoding="utf-8"))
    before = run_check("seal.untouched", here.code(), study=here.study_code())
    assert "05_diagnose" not in before.message  # 02 of the small project reads it, and is named

    content["cells"].append(cell("code", "look", text))
    path.write_text(json.dumps(content), encoding="utf-8")
    found = run_check("seal.untouched", here.code(), study=here.study_code())
    assert found.state == "fail" and "05_diagnose, cell look" in found.message


@pytest.mark.parametrize("away", [False, True])
def test_no_sealed_row_is_left_in_the_clear(project, away):
    """Of all that a run writes, and a reset puts away, the table of a person alone holds them."""
    if away:
        assert command(project, "reset", "--reason", "to look into the attic")[0] == 0
    texts = sorted((project.root / "study").rglob("*.py"))
    own = [path.read_text(encoding="utf-8") for path in texts]  # the loop keeps these by content
    files = [
        path for path in project.root.rglob("*") if path.is_file() and path.parent != project.raw
    ]
    assert any("attic" in path.parts for path in files) is away
    for path in files:
        found = path.read_bytes()
        if path.suffix == ".z64":
            found = zlib.decompress(base64.decodebytes(found))
        theirs = path.suffix == ".py" or found.decode("utf-8", "replace") in own
        assert MARK.encode() not in found or theirs, path
        if path.suffix == ".parquet" and path.name != project.sealed_file.name:
            assert MARK.encode() not in seen(pd.read_parquet(path))
