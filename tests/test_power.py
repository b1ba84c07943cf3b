"""What the checks hear is measured on worlds that they were not tuned to, and kept in a table."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import TEMPLATE

ROOT = Path(__file__).resolve().parents[1]
KEPT = TEMPLATE / "boxloop" / "checks" / "power.csv"
sys.path.insert(0, str(ROOT / "tools"))

COUNTS = ("fail", "asked", "cannot_tell", "pass")


def table(path=KEPT):
    """Return the rows of a table with their counts as numbers."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row | {name: int(row[name]) for name in (*COUNTS, "runs", "rows")} for row in rows]


def loud(row):
    """Return the share of runs in which a check failed or asked."""
    return (row["fail"] + row["asked"]) / row["runs"]


def strongest(rows):
    """Return the rows of the strongest fault of each kind, with 3,000 rows of data."""
    last = {(row["fault"], row["world"]): row for row in rows if row["rows"] == 3_000}
    return [row for row in last.values() if not row["fault"].startswith("none")]


def test_what_is_read_off_the_table(monkeypatch, tmp_path):
    """The worst of the worlds: alarms with 1,000 clean rows, the strongest fault in 3,000 rows."""
    from boxloop.checks import power as module

    lines = [
        "fault,strength,check,world,rows,runs,fail,asked,cannot_tell,pass",
        "none,,a.b,one,1000,40,1,0,9,30",
        "none: a drift,2,a.b,two,1000,40,0,2,0,38",
        "none,,a.b,one,3000,40,9,9,0,22",
        "copies,1,a.b or c.d,one,3000,40,1,1,38,0",
        "copies,2,a.b or c.d,one,3000,40,30,6,4,0",
        "copies,2,a.b or c.d,two,3000,40,40,0,0,0",
        "copies,2,a.b or c.d,one,1000,40,0,0,40,0",
    ]
    (tmp_path / "checks").mkdir()
    (tmp_path / "checks" / "power.csv").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr(module, "files", lambda _: tmp_path)

    assert module.measured_power() == {
        "a.b": {"false_alarms": 0.05, "heard": 0.9},
        "c.d": {"heard": 0.9},
    }


def test_the_table_is_whole():
    """Every fault, in every world whose task it fits, forty times and with 1,000 and 3,000 rows."""
    from power import CALLS, FAULTS
    from worlds import WORLDS

    tasks = {name: world(100, 0).task for name, world in WORLDS.items()}
    wanted = {
        (fault.name, str(strength), name, size)
        for fault in FAULTS
        for strength in fault.strengths
        for name, task in tasks.items()
        for size in (1_000, 3_000)
        if task in fault.tasks
    }
    rows = table()
    assert wanted <= {(row["fault"], row["strength"], row["world"], row["rows"]) for row in rows}
    clean = {(row["check"], row["world"]) for row in rows if row["fault"] == "none"}
    assert {
        (name, w) for name, (_, ts) in CALLS.items() for w, t in tasks.items() if t in ts
    } <= clean
    assert {row["runs"] for row in rows} == {40}


def test_clean_tables_are_left_alone():
    """At most 3 in 100 per check, and 5 in 100 for any of them, with 1,000 rows; of all worlds."""
    clean = [row for row in table() if row["fault"].startswith("none") and row["rows"] == 1_000]
    for check_id in {row["check"] for row in clean}:
        rows = [row for row in clean if row["check"] == check_id]
        alarms, runs = sum(row["fail"] + row["asked"] for row in rows), sum(r["runs"] for r in rows)
        assert alarms <= (0.05 if check_id == "any of them" else 0.03) * runs, (check_id, alarms)


def test_strong_faults_are_heard():
    """In eight of ten tables of 3,000 rows, or the check says that it cannot tell."""
    for row in strongest(table()):
        heard = loud(row) + row["cannot_tell"] / row["runs"]
        assert heard >= 0.8, row


@pytest.mark.slow
def test_the_table_is_of_this_code(tmp_path):
    """A part of it, measured again, agrees : the same seeds say the same."""
    again = tmp_path / "power.csv"
    command = [sys.executable, "tools/power.py", "--rows", "1000", "--seeds", "5"]
    subprocess.run([*command, "--out", str(again)], cwd=ROOT, check=True, timeout=1_200)
    known = {
        (r["fault"], r["strength"], r["check"], r["world"]): r
        for r in table()
        if r["rows"] == 1_000
    }
    for row in table(again):
        before = known[row["fault"], row["strength"], row["check"], row["world"]]
        # The same seeds are asked first: so what five of forty said can be counted.
        for state in COUNTS:
            assert row[state] <= before[state] + 2, (row, before)
            assert before[state] - row[state] <= 40 - 5 + 2, (row, before)
