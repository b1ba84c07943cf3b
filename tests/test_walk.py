"""A random walk over everything that happens to a project.

After each step `run` and `check` tell the truth.

The truth is that of a fresh project with the same sources; or, where something is broken that only
a person can mend, a sentence that names it. Then the walk follows the remedy in the sentence.
"""

import json
import os
import random
import re
import shutil
from pathlib import Path

import pytest
from walk_project import GRAPH, Killed, command, execute_here, sources, write

from boxloop.checks import run_check
from boxloop.run.lock import NAME as LOCK

STEPS = 200
# What an edit may change: a file, and the texts of which one stands there.
EDITS = [
    ("study.toml", ['title = "Toy"', 'title = "Another toy"']),
    ("study.toml", ["at_least = 0.2", "at_least = 0.1"]),
    ("study/data.py", ["FIRST = 0", "FIRST = 5"]),
    ("notebooks/04_train.ipynb", ["NOISE = 0", "NOISE = 1"]),
    ("notebooks/05_diagnose.ipynb", ["SHIFT = 0.0", "SHIFT = 0.2", "SHIFT = 1/0"]),
    ("notebooks/06_stress_test.ipynb", ["LEVELS = [1, 2]", "LEVELS = [1, 3]"]),
    ("notebooks/07_failures_log.ipynb", ['LOGGED = [\\"forest\\"]', "LOGGED = []"]),
    ("notebooks/01_scoping.ipynb", ["Because.", "TODO"]),
]
DAMAGES = [
    lambda data, chance: data[: len(data) // 2],
    lambda data, chance: b"",
    lambda data, chance: b"[]",
    lambda data, chance: b"{}",
    lambda data, chance: b"null",
    lambda data, chance: b"\xff\xfe\x00",
    lambda data, chance: _flipped(data, chance.randrange(len(data))) if data else b"x",
    lambda data, chance: data + data,
]


def _flipped(data, place):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


class Walk:
    """One project, what a person has committed of it, and what is known to be broken."""

    def __init__(self, root, seed, monkeypatch):
        self.root, self.chance, self.monkeypatch = root, random.Random(seed), monkeypatch
        self.sources, self.fresh, self.released, self.lost = sources(), {}, set(), False
        self.project = write(root / "walk", self.sources)
        self.log, self.committed = [], {}
        self.kill_at(None)

    def kill_at(self, place):
        self.monkeypatch.setattr(
            "boxloop.run.loop.execute",
            lambda *a, **k: execute_here(*a, **k, kill_at=place or (None, None)),
        )

    def do(self, *words):
        """Type a command: it ends without a traceback and with one of the promised codes."""
        code, said = command(self.project, *words)
        said = re.sub(r"(?s)^1 · .*?(?=\d+ items: )", "", said)  # the sheet, not what is open
        self.log.append(f"{' '.join(words)} -> {code}\n{said}")
        assert code in (0, 1, 2), self.story()
        assert "Traceback" not in said and "Error: Error" not in said, self.story()
        assert not re.search(r"\b(Key|Type|Attribute|Index|JSONDecode)Error\b", said), self.story()
        return code, said

    def story(self):
        return "\n".join(self.log[-14:])

    # What may happen to a project.

    def edit(self):
        name, texts = self.chance.choice(EDITS)
        there = next(text for text in texts if text in self.sources[name])
        self.sources[name] = self.sources[name].replace(there, self.chance.choice(texts))
        self.put(name)

    def put(self, name):
        (self.project.root / name).write_text(self.sources[name], encoding="utf-8", newline="\n")

    def files(self):
        """Return what may be damaged or deleted.

        All but the code of the study, which Python may have cached.
        """
        found = [
            path
            for path in self.project.root.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        ]
        return sorted(path for path in found if path.parent != self.project.study)

    def damage(self):
        path = self.chance.choice(self.files())
        path.chmod(0o644)
        data = self.chance.choice(DAMAGES)(path.read_bytes(), self.chance)
        path.write_bytes(data)
        self.log.append(f"   {self.project.relative(path)} is now {data[:60]!r}")

    def delete(self):
        path = self.chance.choice(self.files())
        path.unlink()
        self.log.append(f"   {self.project.relative(path)} deleted")

    def delete_folder(self):
        names = [
            "results",
            "results/passes",
            "results/05_diagnose",
            "report",
            "report/notebooks",
            "data/interim",
        ]
        name = self.chance.choice(names)
        shutil.rmtree(self.project.root / name, ignore_errors=True)
        self.log.append(f"   {name}/ deleted")

    def rename(self):
        path = self.chance.choice(sorted(self.project.notebooks.glob("0*.ipynb")))
        path.rename(path.with_name(path.stem + self.chance.choice(["x", "-old", " 2"]) + ".ipynb"))
        self.log.append(f"   {path.name} renamed")

    def duplicate(self):
        path = self.chance.choice(sorted(self.project.notebooks.glob("0*.ipynb")))
        shutil.copy(
            path,
            path.with_name(path.stem + self.chance.choice(["-Copy1", " copy", "_v2"]) + ".ipynb"),
        )
        self.log.append(f"   {path.name} duplicated")

    def kill(self):
        """End a run in the middle of a cell and leave what a dead process leaves."""
        names = [name for name in sources() if name.startswith("notebooks/")]
        chapter = Path(self.chance.choice(names)).stem
        self.kill_at((chapter, self.chance.choice(["work", "finish"])))
        try:
            self.do("run", "--from", chapter[:2])
        except Killed:
            dead = {
                "pid": 2**22 + 1,
                "started": 0,
                "host": os.uname().nodename if hasattr(os, "uname") else "",
            }
            (self.project.root / LOCK).write_text(json.dumps(dead), encoding="utf-8")
            (self.project.executed / f"{chapter}.ipynb.part").parent.mkdir(
                parents=True, exist_ok=True
            )
            (self.project.executed / f"{chapter}.ipynb.part").write_text("{", encoding="utf-8")
            self.log.append(f"   killed in {chapter}")
        self.kill_at(None)

    def rerun(self):
        self.do(
            "run",
            *self.chance.choice(
                [["--from", "03"], ["--only", "06"], ["--smoke"], ["--note", "a note"], []]
            ),
        )

    def release(self):
        self.do("release", "--reason", "to see what it says")

    def restore(self):
        """Check out what was committed."""
        for name, data in self.committed.items():
            path = self.project.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.chmod(0o644) if path.exists() else None
            path.write_bytes(data)

    # What is true, and whether it is told.

    def step(self):
        what = self.chance.choice(
            [self.edit] * 3
            + [self.damage] * 4
            + [self.delete] * 3
            + [
                self.delete_folder,
                self.rename,
                self.duplicate,
                self.kill,
                self.rerun,
                self.release,
                self.restore,
            ]
        )
        self.log.append(f"-- {what.__name__}")
        what()
        for _ in range(8):
            if self.told():
                self.commit()
                return
        pytest.fail("no remedy helps\n" + self.story())

    def told(self):
        """Return whether all is well, and told truly.

        Else that it is not is told, and one remedy is followed.
        """
        code, said = self.do("run")
        sheet_code, sheet = self.do("check")
        remedy = self.remedy(said + sheet)
        if remedy is None:
            self.compare(code, sheet_code, sheet)
            return True
        # Questions that wait leave the exit code of a run alone.
        assert code in (1, 2) or "(written for other results: " in sheet, self.story()
        assert sheet_code in (1, 2), self.story()
        remedy()
        return False

    def remedy(self, said):
        """Return what a person does about the first sentence that asks for something.

        None where none does.
        """
        sealed = self.project.sealed_file
        anew = (
            self.chance.choice([self.begin_anew, self.restore_ledger])
            if self.committed
            else self.begin_anew
        )
        remedies = {
            r"notebooks/\w+\.ipynb is gone": lambda: self.restore_or_forget(
                re.findall(r"notebooks/(\w+)\.ipynb is gone", said)
            ),
            r"restore notebooks/\w+\.ipynb": self.restore_notebooks,
            r"Remedy: Restore \w+\.ipynb, or call": self.restore_notebooks,
            r"\.ipynb .*restore it from your last commit": self.restore_notebooks,
            r"no chapter and does not run: .* so give it that name": self.restore_notebooks,
            r"ledger\.jsonl .*: copy report/ledger\.jsonl to its place": self.chance.choice(
                [self.copy_the_ledger, anew]
            ),
            r"ledger\.jsonl .*: restore it from your last commit; if there is none, delete": anew,
            r"sealed from other rows|not the file that was sealed"
            r"|or delete data/sealed/test\.parquet": lambda: self.seal_again(sealed),
            r"release\.json .*restore it from your last commit\.": (
                self.project.station("08_release") / "release.json"
            ).unlink,
            r"\(written for other results: ": lambda: self.do("answers", "--confirm", "all"),
            r"Error: study\.toml|No study\.toml": lambda: self.put("study.toml"),
        }
        found = (
            remedies[words]
            for line in said.splitlines()
            for words in remedies
            if re.search(words, line)
        )
        return next(found, None)

    def seal_again(self, sealed):
        sealed.chmod(0o644)
        sealed.unlink()
        self.log.append("   sealed file deleted")

    def restore_or_forget(self, names):
        """Restore what was committed; of a notebook that never was, delete what it left."""
        self.restore_notebooks()
        for name in (name for name in names if f"notebooks/{name}.ipynb" not in self.sources):
            shutil.rmtree(self.project.station(name), ignore_errors=True)
            (self.project.executed / f"{name}.ipynb").unlink(missing_ok=True)
            self.log.append(f"   what {name} left is deleted")

    def restore_notebooks(self):
        for path in self.project.notebooks.glob("*.ipynb"):
            path.unlink()
        for name in self.sources:
            self.put(name)
        self.log.append("   notebooks restored")

    def copy_the_ledger(self):
        self.project.ledger_file.write_bytes(self.project.ledger_copy.read_bytes())
        self.log.append("   the copy of the ledger is in its place")

    def restore_ledger(self):
        """Check out ledger and results together, as they were committed."""
        for folder in (self.project.results, self.project.sealed, self.project.report):
            shutil.rmtree(folder, ignore_errors=True)
        for name, data in self.committed.items():
            if name.startswith(("results/", "data/sealed/")):
                path = self.project.root / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        self.log.append("   ledger and results restored")

    def begin_anew(self):
        for path in (self.project.sealed_file, self.project.ledger_file):
            path.chmod(0o644) if path.exists() else None
            path.unlink(missing_ok=True)
        self.log.append("   a new ledger begins")
        self.do("run", "--only", "01", "--only", "03")

    def commit(self):
        names = ["results/**/*.json", "results/**/*.csv", "data/sealed/ledger.jsonl"]
        paths = [path for name in names for path in self.project.root.glob(name) if path.is_file()]
        self.committed = {self.project.relative(path): path.read_bytes() for path in paths}

    def compare(self, code, sheet_code, sheet):
        """Hold results, checks and exit codes against a fresh project of the same sources."""
        lines = self.project.ledger_file.read_text(encoding="utf-8").split("\n")
        events = [json.loads(line) for line in lines if line]
        mine, shown = self.rows(self.project), self.metrics(self.project)
        fresh_code, rows, metrics, fresh_sheet_code, fresh_sheet = self.fresh_state(
            "test" in shown["sets"]
        )
        lost = any(event["event"] == "lost" for event in events)
        # Where a chapter failed, what hangs on it is out of date, and its rows of another day.
        old = {
            name
            for name in GRAPH
            if re.search(rf"^{name} (failed|is out of date|was never run)", sheet, re.MULTILINE)
        }
        mine, rows = (
            {key: row for key, row in found.items() if row["notebook"] not in old}
            for found in (mine, rows)
        )
        fails = {key for key, row in mine.items() if row["state"] == "fail"}
        assert bool(old or fails) == (code == 1), self.story()
        seal = mine.pop("seal.openings", None), rows.pop("seal.openings", None)
        both = {key: (mine.get(key), rows.get(key)) for key in mine | rows}
        others = {key: pair for key, pair in both.items() if pair[0] != pair[1]}
        assert not others, f"{others}\n{self.story()}"
        alike = None in seal or seal[0]["state"] == seal[1]["state"]
        assert code == fresh_code or not alike, self.story()
        self.compare_metrics(shown, metrics, old, events)
        if seal[0] is not None:
            assert (seal[0]["state"] == "fail") >= lost, self.story()
            now = run_check("seal.openings", events)
            assert seal[0]["value"] == now.value, self.story()
        if alike:
            assert sheet_code == fresh_sheet_code, self.story()
        assert ("Not to be relied on" in sheet) == ("Not to be relied on" in fresh_sheet), (
            self.story()
        )
        page = (self.project.report / "index.html").read_text(encoding="utf-8")
        assert page.rstrip().endswith("</html>"), self.story()
        if code == 0:
            newest = max(self.project.passes.glob("[0-9]*.json"), key=lambda path: int(path.stem))
            states = {key: row["state"] for key, row in self.rows(self.project).items()}
            kept = json.loads(newest.read_text(encoding="utf-8"))["checks"]
            assert kept == states, self.story()

    def compare_metrics(self, shown, metrics, old, events):
        """What was opened and locked on the way is no fresh project's, and it is said.

        Criteria that were moved after an opening count as they were.
        """
        lock = shown.get("lock")
        history = {"lock", "openings"} | ({"criteria"} if lock and lock["after"] else set())
        shown, metrics = (
            {key: value for key, value in found.items() if key not in history}
            for found in (shown, metrics)
        )
        assert old or shown == metrics, self.story()
        known = [event["criteria"] for event in events if event.get("criteria")]
        moved = bool(known) and known[0] != known[-1]
        assert bool(lock and lock["sentences"]) >= moved, self.story()

    @staticmethod
    def rows(project):
        rows = json.loads(project.checks_file.read_text(encoding="utf-8"))
        return {row["id"]: row for row in rows}

    @staticmethod
    def metrics(project):
        return json.loads(project.metrics_file.read_text(encoding="utf-8"))

    def fresh_state(self, known):
        """Return what a project that was baked a moment ago says with these sources."""
        key = (json.dumps(self.sources, sort_keys=True), known)
        if key not in self.fresh:
            project = write(self.root / f"fresh{len(self.fresh)}", self.sources)
            code, _ = command(project, "run")
            if known:
                release = "release", "--reason", "to see what it says"
                code, _ = command(project, *release)
                # What was opened before its questions came is opened here in spite of them.
                if code == 2:
                    code, _ = command(project, *release, "--anyway", "its questions came later")
            sheet_code, sheet = command(project, "check")
            self.fresh[key] = code, self.rows(project), self.metrics(project), sheet_code, sheet
        code, rows, metrics, sheet_code, sheet = self.fresh[key]
        return code, dict(rows), metrics, sheet_code, sheet


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_whatever_happens_run_and_check_tell_the_truth(tmp_path, monkeypatch, seed):
    """Two hundred steps, no traceback, and each remedy that a sentence names ends what it names."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    walk = Walk(tmp_path, seed, monkeypatch)
    assert walk.told()
    walk.commit()
    for _ in range(STEPS):
        walk.step()
