"""Every command says what is wrong with a project, and ends with a promised exit code."""

import json

import pytest
from walk_project import command, execute_here, sources, write


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The small project with desks, after a run."""
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
    project = write(tmp_path, sources())
    assert command(project, "run")[0] == 0
    return project


def codes(project, sentence):
    """Type the commands of every day; each says the sentence. Return their exit codes."""
    found = {}
    for words in (["release", "--reason", "to see what it says"], ["run"], ["check"], ["status"]):
        code, said = command(project, *words)
        assert sentence in said, (words, said)
        assert "Traceback" not in said
        found[words[0]] = code
    return found


def test_a_sealed_file_that_is_not_the_sealed_one(project):
    """It is never opened, the rest runs, and the exit code says that not all is well."""
    project.sealed_file.chmod(0o644)
    project.sealed_file.write_bytes(b"poison")
    ledger = project.ledger_file.read_bytes()

    assert codes(project, "is not the file that was sealed") == {
        "release": 2,
        "run": 1,
        "check": 1,
        "status": 0,
    }
    assert project.ledger_file.read_bytes() == ledger
    page = (project.report / "index.html").read_text(encoding="utf-8")
    assert "is not the file that was sealed" in page


def test_a_ledger_that_is_gone(project):
    """Nothing runs on it and nothing begins another; status and check say so too."""
    project.ledger_file.unlink()

    assert codes(project, "ledger.jsonl is missing, though a test set was sealed") == {
        "release": 2,
        "run": 2,
        "check": 1,
        "status": 0,
    }
    assert not project.ledger_file.exists()


@pytest.mark.parametrize(
    ("name", "damage", "sentence"),
    [
        ("seal.key", None, "seal.key is missing or damaged: put it back, or delete"),
        ("seal.key", b"", "seal.key is missing or damaged: put it back, or delete"),
        ("seal.key", b"\x00{", "seal.key is missing or damaged: put it back, or delete"),
        ("seal.key", b"boxloop-seal-" + b"ab" * 32, "and the key of the test set"),
        ("test.json", None, "test.json, which tells what is sealed in test.parquet, is missing"),
        ("test.json", b"[]", "test.json, which tells what is sealed in test.parquet, is missing"),
    ],
)
def test_a_key_that_is_lost_is_said_before_the_release(project, name, damage, sentence):
    """By each command, which opens nothing; deleting the sealed file mends it, as it says."""
    path = project.sealed / name
    path.unlink() if damage is None else path.write_bytes(damage)

    words = [("status", 0), ("check", 1), ("release", 2)] + [("run", 1)] * (name == "seal.key")
    for word, promised in words:
        code, said = command(
            project, word, *["--reason", "to see what it says"][: 2 * (word == "release")]
        )
        assert code == promised and sentence in said, word
    project.sealed_file.unlink()
    assert command(project, "run", "--only", "03")[0] == 0
    assert "Seal: sealed, never opened." in command(project, "status")[1]


def test_a_key_in_other_hands_is_no_loss(project, tmp_path, monkeypatch):
    """Nor is one that was given; another one that was given is named."""
    file = tmp_path.parent / f"{tmp_path.name}.key"
    assert command(project, "seal", "--hand-over", str(file))[0] == 0
    assert "its key handed over, never opened." in command(project, "status")[1]
    assert command(project, "run")[0] == 0
    monkeypatch.setenv("BOXLOOP_SEAL_KEY", file.read_text("utf-8"))
    assert "its key handed over, never opened." in command(project, "status")[1]
    monkeypatch.setenv("BOXLOOP_SEAL_KEY", "boxloop-seal-" + "ab" * 32)
    assert "ask for that one; nothing was opened" in command(project, "status")[1]


def test_a_ledger_that_is_cut_before_there_is_a_pass(tmp_path, monkeypatch):
    """Each notebook takes down the last hash that it saw.

    No pass is needed for a line to be missed.
    """
    monkeypatch.setattr("boxloop.run.loop.load_engine", lambda *_: None)
    monkeypatch.setattr("boxloop.run.loop.execute", execute_here)
    files = sources()
    files["notebooks/05_diagnose.ipynb"] = files["notebooks/05_diagnose.ipynb"].replace(
        "SHIFT = 0.0", "SHIFT = 1/0"
    )
    project = write(tmp_path, files)
    assert command(project, "run")[0] == 1 and not project.passes.exists()
    kept = project.ledger_file.read_text(encoding="utf-8").splitlines()[:-1]
    project.ledger_file.write_text("\n".join(kept) + "\n", encoding="utf-8")

    assert codes(project, "ledger.jsonl lacks lines that were there before") == {
        "release": 2,
        "run": 2,
        "check": 1,
        "status": 0,
    }


def test_a_notebook_that_fails_or_is_out_of_date_is_named_by_check(project):
    """Its rows are of another day: nobody may rely on them."""
    path = project.notebooks / "05_diagnose.ipynb"
    path.write_text(
        path.read_text(encoding="utf-8").replace("SHIFT = 0.0", "SHIFT = 1/0"), encoding="utf-8"
    )
    assert (
        "05_diagnose is out of date (the notebook changed): run `boxloop run`."
        in command(project, "check")[1]
    )
    assert command(project, "run")[0] == 1
    code, said = command(project, "check", "--format", "json")

    assert code == 1
    broken = json.loads(said)["broken"]
    assert broken[0] == (
        "05_diagnose failed (cell work: ZeroDivisionError: division by zero): mend that cell, "
        "then `boxloop run`."
    )
    assert [sentence.split()[0] for sentence in broken] == [
        "05_diagnose",
        "07_failures_log",
        "08_release",
    ]
    rows = json.loads(project.checks_file.read_text(encoding="utf-8"))
    assert "05_diagnose" not in {row["notebook"] for row in rows if row["state"] == "pass"}


@pytest.mark.parametrize(
    "name",
    ["results/checks.json", "results/metrics.json", "report/index.html", "results/passes/001.json"],
)
@pytest.mark.parametrize("damage", [None, b"", b"{", b"[]", b"null"])
def test_what_is_derived_is_made_again_by_a_run_that_runs_nothing(project, name, damage):
    """The same content as before, and no word that something is wrong."""
    path = project.root / name
    before = path.read_bytes()
    path.unlink() if damage is None else path.write_bytes(damage)
    code, said = command(project, "run")

    assert (code, said.split("\n")[0]) == (0, "Nothing changed: all 8 notebooks are current.")
    assert "Pass 1 is complete." in said
    if name.startswith("results/passes"):
        assert json.loads(path.read_bytes())["checks"] == json.loads(before)["checks"]
    else:
        assert path.read_bytes() == before


@pytest.mark.parametrize(
    "name", ["report/settings_valid.json", "report/made_from.json", "report/merged_from.json"]
)
@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '{"a": 1}', "[" * 100_000])
def test_a_damaged_memory_is_never_an_error(project, name, text):
    """Whatever stands in a file that is only remembered, all commands do what they did."""
    (project.root / name).write_text(text, encoding="utf-8")

    for words, code in [
        (["run"], 0),
        (["check"], 1),
        (["status"], 0),
        (["report"], 0),
        (["compare"], 0),
    ]:
        assert command(project, *words)[0] == code, words


@pytest.mark.parametrize("row", ['{"model_hash": ["a"]}', "3", '{"sets": 3}', '{"sealed": {}}'])
def test_releases_of_another_shape(project, row):
    """What was measured on the test set is not guessed.

    08 stops with the sentence, no command fails.
    """
    path = project.station("08_release") / "release.json"
    path.write_text(f'{{"releases": [{row}]}}', encoding="utf-8")

    said = {words: command(project, words)[1] for words in ("status", "check", "report")}
    assert not any("Traceback" in text for text in said.values())
    code, said = command(project, "run")
    assert code == 1
    assert "results/08_release/release.json is damaged: restore it from your last commit" in said


def test_check_makes_the_results_again_before_it_reads_them(project):
    """Also where nobody has typed `run` since they were damaged."""
    before = project.checks_file.read_bytes()
    project.checks_file.write_text("{", encoding="utf-8")
    code, said = command(project, "check")

    assert code == 1 and "items:" in said
    assert project.checks_file.read_bytes() == before
