"""The ledger, the criteria, the failures log, the answers and the chain of files."""

import copy

import numpy as np
import pandas as pd
import pytest

from boxloop.base.places import STATIONS
from boxloop.checks import run_check
from boxloop.settings.tables import Criterion

OPENED = {"event": "opened", "model": "aaaa"}


def test_a_look_is_one_model_on_one_test_set():
    """Two openings for one model are one look, one for each of two models are two."""
    other = OPENED | {"model": "bbbb"}

    assert run_check("seal.openings", []).message == "The test set was never opened."
    twice = run_check("seal.openings", [{"event": "sealed"}, OPENED, OPENED])
    assert (twice.state, twice.value) == ("pass", 1)
    assert "opened twice for one model" in twice.message
    found = run_check("seal.openings", [OPENED, other])
    assert (found.state, found.value) == ("fail", 2)
    assert "opened twice for 2 different models" in found.message


def test_openings_of_all_splits_count():
    """Three splits, each opened once, are three looks, whatever the model."""
    events = [
        event
        for number in range(3)
        for event in ({"event": "sealed", "content": f"rows {number}"}, OPENED)
    ]

    assert run_check("seal.openings", events[:3]).state == "pass", "sealed anew, not looked at yet"
    found = run_check("seal.openings", events)
    assert (found.state, found.value) == ("fail", 3)
    assert "Test sets of 3 splits were opened 3 times for one model" in found.message
    lost = [{"event": "lost", "heads": [], "openings": 2}, *events]
    assert "5 openings are known" in run_check("seal.openings", lost).message


def test_the_first_opening_decides_which_model_is_released():
    """A later opening with the new model does not make it the first."""
    events = [OPENED, {"event": "opened", "model_hash": "bbbb"}]

    assert run_check("seal.model_unchanged", [], model_hash="aaaa").state == "not-applicable"
    assert run_check("seal.model_unchanged", events, model_hash="aaaa").state == "pass"
    found = run_check("seal.model_unchanged", events, model_hash="bbbb")
    assert found.state == "fail"
    assert "was aaaa" in found.message


def test_other_rows_make_another_test_set():
    """The same rows sealed anew were looked at.

    New rows were not, and the old openings stay on record.
    """
    sealed = {"event": "sealed", "content": "rows"}
    again, other = (
        [sealed, OPENED, dict(sealed)],
        [sealed, OPENED, {"event": "sealed", "content": "new rows"}],
    )

    assert run_check("seal.openings", again).value == 1
    assert run_check("seal.model_unchanged", again, model_hash="bbbb").state == "fail"
    assert run_check("seal.model_unchanged", other, model_hash="bbbb").state == "not-applicable"
    assert "opened once for one model" in run_check("seal.openings", other).message


READS = {
    "a path": "frame = pd.read_parquet('../data/sealed/test.parquet')",
    "a Windows path": r"frame = pd.read_parquet('data\\sealed\\test.parquet')",
    "the door": "from boxloop.split.seal import open_seal",
    "a private part": "parts._test",
    "the whole table": "labelled = data.labelled(here.project.interim)",
    "a magic beside it": "%matplotlib inline\nhere.project.sealed_file",
    "a timed line": "%time look = parts._test",
    "a timed cell": "%%time\nlook = parts._test",
    "a shell": "!cp ../data/sealed/test.parquet mine.parquet",
    "a query": "duckdb.sql(\"select * from '../data/sealed/test.parquet'\")",
    "a command": "subprocess.run(['cat', '../data/sealed/test.parquet'])",
    "a seal from parts": "pd.read_parquet(here.project.root / 'data' / 'sealed' / 'test.parquet')",
}
HIDDEN = {
    "a path from parts": "pd.read_csv(here.project.root / 'data' / 'raw' / 'table.csv')",
    "a part with a slash": "pd.read_csv(Path('..') / 'data/raw' / 'table.csv')",
    "a folder with a name": "RAW = 'raw'\npd.read_csv(Path('..', 'data') / RAW / 'table.csv')",
    "a call that joins": "pd.read_csv(os.path.join('..', 'data', 'raw', 'table.csv'))",
    "texts that are added": "name = 'table.csv'\npd.read_csv('../data' + '/raw/' + name)",
    "a text with a gap": "pd.read_csv(f'{root}/raw/{name}')",
    "another way to the name": "getattr(here.project, 'raw')",
    "the adopted table": "pd.read_csv(here.project.root / here.settings.data.table)",
    "a glob": "files = list(here.project.root.glob('data/*/*.csv'))",
    "a recursive glob": "for file in Path('..').rglob('*.csv'):\n    frame = pd.read_csv(file)",
    "a module of globs": "import glob\nglob.glob('../data/*/*.parquet')",
    "a folder": "data = here.project.root / 'data'\nfor each in data.iterdir():\n    print(each)",
    "up and down again": "sorted(here.project.interim.parent.rglob('*.parquet'))",
    "the walk of a folder": "list(os.walk('../data'))",
    "a copy of the table": "here.table('raw_0123456789ab')",
    "the path of a copy": "pd.read_parquet('../data/interim/raw_0123456789ab.parquet')",
}
HONEST = (
    "sorted(here.project.results.glob('*/checks.json'))",
    "import glob\nglob.glob('../results/04_train/*.csv')",
    "folder = here.folder\nlist(folder.rglob('*.png'))",
    "tables = {'raw': train, 'scaled': scaled}\ntables['raw'].plot(label='raw / scaled')",
    "frame['raw'] = frame['counts'] / frame['raw']",
    "here.table('train')",
    "words = 'the table in data/raw is never changed'",
    '"""What stands in\n../data/raw/table.csv."""\n3',
    "def slope(frame):\n    '../data/sealed/test.parquet'\n    return frame.mean()",
    "subprocess.run(['git', 'log'], check=True)",
    "%matplotlib inline\n!pip list\nfiles = !ls ../results",
    "%%time\nhere.table('train')",
    "duckdb.sql('select * from frame where raw > 3').df()",
    "import own\nown.honest(train)",
    "frame.query('a.raw > 3')\nframe.eval('seen.raw + 1')\nexec('x = 3.0')",
    "client.login(key_file=config.key_file)",
    "os.chdir('../results')\n'{} of {}'.format('raw', 'data')",
    "'mean of %s' % 'raw'\n', '.join(['data', 'raw'])",
    "!python ../tools/honest.py data",
)
MODULES = {
    "helpers": """
from pathlib import Path

import pandas as pd

from boxloop.base import find_project
from . import data

FOLDER = Path("data") / "raw"

def everything():
    return data.labelled(find_project().root)

def quietly():
    return everything().describe()

def by_constant():
    return pd.read_csv(FOLDER / "t.csv")

class Reader:
    def rows(self):
        return [pd.read_csv(path) for path in find_project().root.rglob("*.csv")]

def honest(frame):
    return frame.mean()
""",
    "data": "import pandas as pd\n\ndef labelled(raw):\n    return pd.read_csv(raw / 't.csv')\n",
    "/own": """
'''Not of the study: what stands in data/raw is not read, unless it is run.'''
from study import helpers

def everything():
    return helpers.quietly()

def honest(frame):
    # ../data/raw/t.csv
    return frame.mean()

if __name__ == "__main__":
    everything()
""",
    "/pack.__init__": "from .inside import look\n",
    "/pack.inside": "from own import everything\n\ndef look():\n    return everything()\n",
    "/tools.honest": "print(3)\n",
    "/tools.peek": "import pandas as pd\npd.read_csv('../data/raw/t.csv')\n",
}
CALLS = {
    "a helper": "from study import helpers\nhelpers.everything()",
    "a helper of a helper": "from study.helpers import quietly as look\nlook()",
    "a constant in a module": "import study.helpers as h\nh.by_constant()",
    "a class": "from study.helpers import Reader\nReader().rows()",
    "all names": "from study.helpers import *\neverything()",
}
OTHERS = {
    "a module beside": "import own\nown.everything()",
    "a module of a package": "from pack.inside import look\nlook()",
    "a file that is run": "%run ../own.py",
    "another process": "subprocess.run([sys.executable, '-m', 'tools.peek'])",
    "an import": "from tools import peek",
}


@pytest.mark.parametrize("text", READS.values(), ids=READS)
def test_a_look_at_test_rows_is_found_in_the_code(text):
    """Training may not reach them, the release may; words about the seal are no look."""
    harmless = (
        "words",
        "# data/sealed/test.parquet\nprint('the seal is closed')\nlabelled = sealed = 3",
    )

    assert (
        run_check("seal.untouched", {"04_train": [harmless], "08_release": [("open", text)]}).state
        == "pass"
    )
    found = run_check("seal.untouched", {"04_train": [harmless, ("look", text)]})
    assert (found.state, found.value) == ("fail", 1)
    assert "04_train, cell look" in found.message


@pytest.mark.parametrize("text", HIDDEN.values(), ids=HIDDEN)
def test_a_hidden_way_to_the_raw_rows_is_found(text):
    """In 04, and not in 03, which divides them."""
    assert run_check("seal.untouched", {"04_train": [("look", text)]}).state == "fail"
    assert run_check("seal.untouched", {"03_split": [("look", text)]}).state == "pass"


@pytest.mark.parametrize("text", HONEST)
def test_what_leads_to_no_test_row_is_no_look(text):
    """Results, figures and words may be named and listed."""
    found = run_check("seal.untouched", {"05_diagnose": [("see", text)]}, study=MODULES)
    assert found.state == "pass", found.message


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_a_helper_of_the_study_is_followed(text):
    """What a function of study/ reads, the notebook that calls it reads."""
    honest = "from study import helpers\nhelpers.honest(train)"

    assert run_check("seal.untouched", {"04_train": [("a", text)]}, study=MODULES).state == "fail"
    assert run_check("seal.untouched", {"03_split": [("a", text)]}, study=MODULES).state == "pass"
    assert run_check("seal.untouched", {"04_train": [("a", honest)]}, study=MODULES).state == "pass"
    found = run_check("seal.untouched", {"04_train": [("a", text)]}, study=MODULES)
    assert "which reads them in study/helpers.py" in found.message


MAKER = {
    "data": """
from boxloop.base import write_missing_tables
from . import simulate

def tables(seed=3):
    return {"a": simulate.sample(seed)}

def clean(frame):
    return frame.dropna()

def prepare(raw):
    return write_missing_tables(raw, ["a"], tables)
""",
    "simulate": "def sample(seed):\n    return seed\n",
    "helpers": "from . import data\n\ndef again():\n    return data.tables()\n",
    "own": """
def build(rows=9):
    return rows

def tidy(frame):
    return frame

def prepare(raw):
    tidy(build()).to_parquet(raw / "x.parquet")
""",
}
MADE = {
    "called": "from study import data\ndata.tables()",
    "by its name": "from study.data import tables\ntables(seed=3)",
    "by another name": "from study import data\nmake = data.tables\nmake()",
    "by a helper": "from study import helpers\nhelpers.again()",
    "by a text": "from study import data\ngetattr(data, 'tables')()",
    "by an import": "import importlib\nimportlib.import_module('study.data').tables()",
    "by a command": "!python -c 'from study import data; data.tables()'",
    "into another folder": "from study import data\ndata.prepare(Path('/tmp/x'))",
    "without write_missing_tables": "from study import own\nown.build()",
}
NOT_MADE = (
    "from study import data\ndata.clean(train)",
    "from study import simulate\nsimulate.sample(9)",  # a stress test draws anew
    "from study import own\nown.tidy(train)",
    "tables = {'a': train}\ntables['a']",
)


@pytest.mark.parametrize("text", MADE.values(), ids=MADE)
def test_the_maker_of_the_raw_tables_makes_test_rows_again(text):
    """In 06; 01 calls it, and what it is made of is for everyone."""
    assert run_check("seal.untouched", {"06_stress_test": [("a", text)]}, study=MAKER).value == 1
    assert run_check("seal.untouched", {"01_scoping": [("a", text)]}, study=MAKER).state == "pass"
    for honest in NOT_MADE:
        found = run_check("seal.untouched", {"06_stress_test": [("a", honest)]}, study=MAKER)
        assert found.state == "pass", found.message


LOADED = "labelled = data.labelled(here.project.raw)\n"
COPIED = {
    "a table": f"{LOADED}here.keep_table('all', labelled)",
    "with a column more": f"{LOADED}here.keep('all.csv', labelled.assign(x=1))",
    "a pickle": f"{LOADED}joblib.dump(labelled, '../results/all.pkl')",
    "a file of pandas": "data.labelled(here.project.raw).to_csv('../results/all.csv')",
    "a copied file": "shutil.copy(here.project.raw / 'a.csv', '../data/interim/a.csv')",
    "a command": "!cp ../data/raw/a.csv ../data/interim/",
}
LEFT = (
    f"{LOADED}sample = here.exploration(labelled)\nhere.keep_table('exploration', sample)",
    f"{LOADED}labelled = here.exploration(labelled)\nhere.keep_table('exploration', labelled)",
    f"{LOADED}here.keep('n.csv', labelled.describe())",
    f"{LOADED}parts = here.divide(labelled)\nhere.keep_table('train', parts.train.copy())",
    f"{LOADED}def show(labelled):\n    labelled.to_csv('x.csv')",
)


@pytest.mark.parametrize("text", COPIED.values(), ids=COPIED)
@pytest.mark.parametrize("name", ["01_scoping", "03_split"])
def test_a_copy_of_the_whole_table_outlives_the_split(text, name):
    """What 01 and 03 may see they may not leave for the others; parts of it they may."""
    found = run_check("seal.untouched", {name: [("a", text)]})
    assert found.state == "fail" and f"{name}, cell a" in found.message
    for honest in LEFT:
        found = run_check("seal.untouched", {name: [("a", honest)]})
        assert found.state == "pass", found.message


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_modules_beside_the_study_are_followed(text):
    """They lie in the folder of the notebooks or in the root, and are imported or run."""
    found = run_check("seal.untouched", {"04_train": [("a", text)]}, study=MODULES)
    assert found.state == "fail" and "04_train, cell a" in found.message
    assert run_check("seal.untouched", {"03_split": [("a", text)]}, study=MODULES).state == "pass"
    words = run_check("seal.untouched", {"04_train": [("a", "3")]}, study=MODULES).message
    assert "2 modules of the study and 5 beside it were read" in words


def test_a_name_of_one_cell_is_known_in_the_next():
    """A path may be put together over several cells."""
    cells = [("a", "folder = 'raw'"), ("b", "pd.read_csv(Path('data') / folder / 't.csv')")]
    found = run_check("seal.untouched", {"06_stress_test": cells})
    assert (found.state, found.value) == ("fail", 1)
    assert "cell b" in found.message


NOTEBOOKS = (*STATIONS[:-1], "09_own")


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_only_the_release_opens(name):
    """No other notebook may, not even where the whole table may be read."""
    for what, text in READS.items():
        if what != "the whole table":
            assert run_check("seal.untouched", {name: [("look", text)]}).state == "fail"
    whole = run_check("seal.untouched", {name: [("look", READS["the whole table"])]})
    assert (whole.state == "pass") is (name in ("01_scoping", "03_split"))


def criterion(**facts):
    return Criterion(
        **(
            {"name": "better", "metric": "rmse", "set": "test", "quantity": "gain", "at_least": 0.1}
            | facts
        )
    )


def test_moved_criteria_are_listed_with_both_numbers():
    """Lowered, added and dropped criteria count once the test set was opened."""
    first = {"event": "trained", "criteria": [criterion().model_dump()]}
    events = [
        first,
        {"event": "opened"},
        {"event": "criteria", "criteria": [criterion(at_least=0.05).model_dump()]},
    ]

    assert run_check("criteria.unchanged", [], criteria=[criterion()]).state == "not-applicable"
    assert run_check("criteria.unchanged", events, criteria=[criterion()]).state == "pass"
    strict = run_check("criteria.unchanged", events, criteria=[criterion(at_least=None, above=0.1)])
    assert "at least 0.1 and is gain rmse test above 0.1 (" in strict.message
    lowered = run_check("criteria.unchanged", events, criteria=[criterion(at_least=0.05)])
    assert lowered.state == "fail"
    assert "at least 0.1" in lowered.message and "at least 0.05" in lowered.message
    assert run_check("criteria.unchanged", events, criteria=[]).state == "fail"
    assert (
        run_check(
            "criteria.unchanged", events, criteria=[criterion(), criterion(name="more")]
        ).value
        == 1
    )


def asked(bound, *events):
    """Return the row for a criterion with this bound, and the ledger."""
    return run_check("criteria.unchanged", events, criteria=[{"name": "a", "at_most": bound}])


def told(event, bound):
    """Return an event that holds such a criterion."""
    return {"event": event, "criteria": [{"name": "a", "at_most": bound}]}


def test_criteria_may_stand_in_an_event_before_training():
    """The last ones written before the first training count."""
    events = [told("criteria", 0.5), told("criteria", 1.0), {"event": "trained"}]

    row = asked(1.0, *events)
    assert row.state == "pass"
    assert row.message == "The 1 criteria stand as they were written before training."
    row = asked(2.0, *events)
    assert (row.state, row.value) == ("pass", 0)
    assert "before any opening: 'a' was at most 1 and is at most 2." in row.message
    assert asked(2.0, *events, {"event": "opened"}).state == "fail"


def test_a_change_before_an_opening_is_shown_for_ever_and_does_not_fail():
    """Old and new; what counts after an opening is what stood in the ledger then."""
    events = [told("trained", 1.0), told("criteria", 2.0), {"event": "opened"}]

    row = asked(2.0, *events)
    assert row.state == "pass" and "'a' was at most 1 and is at most 2" in row.message
    row = asked(3.0, *events, told("criteria", 3.0))
    assert (row.state, row.value) == ("fail", 1)
    assert "'a' was at most 1 and is at most 2" in row.message
    assert "after an opening: 'a' was at most 2 and is at most 3 (0 changes" in row.message
    assert asked(2.0, *events, told("criteria", 3.0)).state == "pass"


def test_no_criteria_lock_nothing():
    """The first ones that were written are the first ones, and the row says when that was."""
    assert asked(1.0, {"event": "trained"}).state == "not-applicable"
    row = asked(1.0, {"event": "trained"}, told("criteria", 1.0), {"event": "opened"})

    assert row.state == "pass" and "written after the first training" in row.message
    late = asked(2.0, {"event": "trained"}, {"event": "opened"}, told("criteria", 1.0))
    assert late.state == "fail"


def test_every_attempt_stands_in_the_log():
    """The kind before the name does not matter, a missing name does."""
    rows = [{"about": "attempt: ridge"}, {"about": "forest"}, {"about": "check: split.groups"}]

    assert run_check("log.complete", ["ridge", "forest"], rows).state == "pass"
    assert run_check("log.complete", [], []).state == "pass"
    found = run_check("log.complete", ["ridge", "network"], rows)
    assert found.state == "fail"
    assert "missing: 'network'" in found.message


def test_every_failure_is_explained():
    """Blank, TODO and what a table reader makes of an empty cell are no explanation."""
    rows = [{"about": "ridge", "explanation": "Too stiff for the bend."}]
    silent = [
        {"about": "a", "explanation": " "},
        {"about": "b", "explanation": "TODO"},
        {"about": "c", "explanation": np.nan},
        {"about": "d"},
    ]

    assert run_check("log.explained", rows).state == "pass"
    for row in silent:
        found = run_check("log.explained", [*rows, row])
        assert (found.state, found.value) == ("unanswered", 1)
        assert f"'{row['about']}'" in found.message


def test_open_questions_are_unanswered():
    """The state says that a person has to write."""
    rows = [
        {"id": f"answer-{k}", "question": f"Why {k}?", "answered": True, "notebook": "01_scoping"}
        for k in range(5)
    ]
    assert run_check("answers.complete", rows).state == "pass"

    rows[2]["answered"] = False
    found = run_check("answers.complete", rows)

    assert (found.state, found.value) == ("unanswered", 1)
    assert "01_scoping: Why 2?" in found.message


def test_a_number_that_is_no_link_waits_for_a_person():
    """A wrong one is worse: it is named first, with both numbers, and a bare one with its links."""
    place = {"notebook": "05_diagnose", "cell": "seen"}
    bare = place | {"kind": "bare", "text": "0.2", "candidates": ["validation.rmse.model"]}
    traced = place | {"kind": "traced", "text": "0.3", "holds": True, "why": ""}
    free = [place | {"kind": kind, "text": "5 %"} for kind in ("cited", "given")]
    assert run_check("answers.traceable", [traced, *free]).state == "pass"
    found = run_check("answers.traceable", [traced, bare, *free])
    assert (found.state, found.value) == ("unanswered", 1)
    assert "05_diagnose, cell seen: 0.2, perhaps [0.2](#validation.rmse.model)" in found.message
    wrong = traced | {"holds": False, "why": "04_train.slope is 1.7"}
    found = run_check("answers.traceable", [traced, bare, wrong])
    assert (found.state, found.value) == ("fail", 1)
    assert 'says "0.3", but 04_train.slope is 1.7' in found.message


def test_a_stale_result_is_named():
    """A changed table is noticed where it is read; raw files that nobody makes are not judged."""
    stations = {
        "03_split": {
            "needs": {"data/raw/a.parquet": "1"},
            "makes": {"data/interim/train.parquet": "2"},
        },
        "04_train": {
            "needs": {"data/interim/train.parquet": "2"},
            "makes": {"results/04_train/model.skops": "3"},
        },
    }
    assert run_check("provenance.chain", stations).state == "pass"

    later = copy.deepcopy(stations)
    later["03_split"]["makes"]["data/interim/train.parquet"] = "9"
    found = run_check("provenance.chain", later)

    assert found.state == "fail"
    assert (
        "04_train read another data/interim/train.parquet than 03_split has made" in found.message
    )


def test_two_runs_with_one_seed_agree(seed):
    """One changed bit counts, in arrays, frames, dicts and labels; NaN equals NaN."""
    values = np.append(np.random.default_rng(seed).normal(size=50), np.nan)
    other = values.copy()
    other[3] = np.nextafter(other[3], 9)

    assert run_check("provenance.deterministic", values, values.copy()).state == "pass"
    assert run_check("provenance.deterministic", values, other).state == "fail"
    assert (
        run_check("provenance.deterministic", {"a": {"b": values}}, {"a": {"b": other}}).state
        == "fail"
    )
    assert (
        run_check("provenance.deterministic", pd.Series(values), pd.Series(values)).state == "pass"
    )
    assert run_check("provenance.deterministic", values, values[:-1]).state == "fail"
    assert (
        run_check("provenance.deterministic", np.array(["a", "b"]), np.array(["a", "c"])).value == 1
    )
