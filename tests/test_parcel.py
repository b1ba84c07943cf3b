"""`release/` and its zip: whole or not at all, the same bytes twice, and what stays at home."""

import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import zipfile

import numpy as np
import pandas as pd
import pytest
from release_project import again, contents, copy_of, released
from walk_project import command

from boxloop.base.errors import UserError
from boxloop.base.files import sha256
from boxloop.parcel import command as parcel
from boxloop.parcel import contents as kept_back
from boxloop.parcel.command import make
from boxloop.parcel.manifest import files_of
from boxloop.parcel.state import state_lines
from boxloop.parcel.subject import Subject, read_citation
from boxloop.parcel.zipped import write_zip
from boxloop.predict.opened import table_hash
from boxloop.record.release import releases
from boxloop.split.seal import openings, read_ledger

ZIP = "small-0.1.0.zip"


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The small study with its release, and what was said; left alone."""
    return released(tmp_path_factory)


@pytest.fixture
def project(home, tmp_path):
    """A copy of it, to work in."""
    return copy_of(home[0], tmp_path)


def manifest(project):
    return json.loads((project.root / "release" / "release.json").read_text(encoding="utf-8"))


def test_it_says_where_it_is_and_what_comes_next(home):
    """Place, id, and the next two commands."""
    project, said = home
    assert f"Release: {project.root / 'release' / ZIP}" in said
    assert f"id {manifest(project)['id']}." in said
    assert f"`boxloop referee release/{ZIP}`" in said
    assert "`boxloop export --to zenodo`" in said
    assert said.rstrip().splitlines()[-1].startswith("Verdict: ")


def test_the_manifest_names_every_file_as_it_is(home):
    """But itself and the zip; the id follows from them."""
    project, _ = home
    folder, known = project.root / "release", manifest(project)
    names = set(contents(folder)) - {"release.json", ZIP}
    assert set(known["files"]) == names
    for name, facts in known["files"].items():
        size = (folder / name).stat().st_size
        assert facts == {"sha256": sha256(folder / name), "size": size}
    assert known["id"] == f"small-0.1.0-{table_hash(known['files'])[:12]}"
    assert (known["openings"], known["passes"], known["share_data"]) == (1, 1, True)
    assert known["model_hash"] == releases(project)[-1]["model_hash"]
    assert known["made_with"]["python"].count(".") == 2


def test_the_zip_holds_the_same_files_and_no_clock(home):
    """Sorted, without dates, readable by everybody, with no folder around them."""
    folder = home[0].root / "release"
    with zipfile.ZipFile(folder / ZIP) as archive:
        found = archive.infolist()
        names = [one.filename for one in found]
        assert names == sorted(names)
        inside = {one.filename: archive.read(one) for one in found}
    there = contents(folder)
    there.pop(ZIP)
    assert inside == there
    assert {one.date_time for one in found} == {(1980, 1, 1, 0, 0, 0)}
    assert {one.external_attr >> 16 for one in found} == {0o100644}
    assert {one.create_system for one in found} == {3}


def test_released_again_it_is_the_same_bytes_and_nothing_is_opened(project):
    """Whatever the clock says."""
    before, opened = contents(project.root / "release"), len(openings(read_ledger(project)))
    code, said = again(project, "--reason", "to pack it once more")

    assert code == 0, said
    assert "The test set was not opened again" in said
    assert contents(project.root / "release") == before
    assert len(openings(read_ledger(project))) == opened


def test_nothing_tells_of_this_machine(home):
    """No path of the project, no name of its user in a path."""
    project, _ = home
    told = str(project.root).encode()
    found = [name for name, data in contents(project.root / "release").items() if told in data]
    assert not found


def test_what_stays_at_home(project, tmp_path):
    """Keys, sealed rows, links, caches, editors, other folders: by whatever name they lie there."""
    root, secret = project.root, project.key_file.read_bytes()
    planted = {
        "study/notes.txt": secret,
        "data/raw/copy.parquet": project.sealed_file.read_bytes(),
        "data/raw/seal.key": secret,
        "study/__pycache__/data.cpython-311.pyc": b"x",
        "study/.data.py.swp": b"x",
        "study/data.py~": b"x",
        "notebooks/.ipynb_checkpoints/a-checkpoint.ipynb": b"{}",
        "results/.DS_Store": b"x",
        ".venv/pyvenv.cfg": b"x",
        "attic/001/results/old.json": b"{}",
        "benchmark/README.md": b"x",
        ".git/config": b"x",
        "tests/test_small.py": b"def test_nothing():\n    pass\n",
        "helpers.py": b'"""Own."""\n',
        "tools_of_mine/__init__.py": b"",
    }
    for name, data in planted.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (tmp_path / "outside.txt").write_text("not of this study", encoding="utf-8")
    links = {"study/linked.py": tmp_path / "outside.txt", "data/raw/linked": tmp_path}
    try:
        for name, target in links.items():
            (root / name).symlink_to(target, target_is_directory=target.is_dir())
    except OSError:
        links = {}  # Windows asks for a right to make one
    folder = tmp_path / "part"
    found = kept_back.write(folder, Subject(project))

    there = set(contents(folder))
    taken = {"tests/test_small.py", "helpers.py", "tools_of_mine/__init__.py"}
    assert taken <= there
    assert not (({*planted} - taken) | {*links}) & there
    assert not [name for name in there if "/sealed/" in name and not name.endswith("ledger.jsonl")]
    assert not [name for name in there if secret.strip() in (folder / name).read_bytes()]
    assert set(found.links) == set(links)
    assert set(found.secret) == {"study/notes.txt", "data/raw/copy.parquet"}


def test_large_files_are_named(home, tmp_path, monkeypatch):
    """Whoever sends it knows."""
    monkeypatch.setattr(kept_back, "LARGE", 10_000)
    found = kept_back.write(tmp_path / "part", Subject(home[0]))
    assert "data/raw/all.csv" in dict(found.large)
    assert min(size for _, size in found.large) > 10_000


def test_notebooks_go_without_outputs(project, tmp_path):
    """What a cell printed may be rows."""
    path = project.notebooks / "05_diagnose.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    shown = {"output_type": "stream", "name": "stdout", "text": "f00017 0.3"}
    notebook["cells"][1] |= {"outputs": [shown], "execution_count": 3}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    kept_back.write(tmp_path / "part", Subject(project))

    text = (tmp_path / "part/notebooks/05_diagnose.ipynb").read_text(encoding="utf-8")
    assert "f00017" not in text
    assert [c["source"] for c in json.loads(text)["cells"]] == [
        c["source"] for c in notebook["cells"]
    ]


# Rows of the small study, as any file might tell them.
NUMBER = re.compile(rb"-?\d+\.\d{6,}(?:e-?\d+)?")
FAMILY = re.compile(rb"\bf[01]\d{4}\b")


def secrets_of(project):
    """Return numbers of raw rows, but for the ends of training rows: the scope is made of them."""
    columns, found = ["height", "age", "known_later"], set()
    raw = pd.read_csv(project.raw / "all.csv")[columns]
    ends = pd.read_parquet(project.interim / "train.parquet")[columns].agg(["min", "max"])
    for name in columns:
        inner = set(raw[name]) - {*raw[name].agg(["min", "max"]), *ends[name]}
        found |= {f"{value:.9g}" for value in inner}
    return found


def told_by(name, data):
    """Return numbers of nine digits and names of families in a file, whatever it is."""
    if name.endswith(".parquet"):
        frame = pd.read_parquet(io.BytesIO(data))
        values = frame.select_dtypes("number").to_numpy(dtype=float).ravel()
        words = "\n".join(frame.select_dtypes(exclude="number").astype(str).to_numpy().ravel())
        return {f"{v:.9g}" for v in values}, FAMILY.findall(words.encode())
    if name.endswith((".skops", ".zip", ".npz")):
        numbers, words = set(), []
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for inner in archive.namelist():
                found = told_by(inner, archive.read(inner))
                numbers, words = numbers | found[0], words + found[1]
        return numbers, words
    if name.endswith(".npy"):
        values = np.load(io.BytesIO(data), allow_pickle=False)
        plain = values.ravel() if values.dtype.kind == "f" else []
        return {f"{v:.9g}" for v in plain}, []
    found = (float(word) for word in NUMBER.findall(data))
    return {f"{value:.9g}" for value in found}, FAMILY.findall(data)


def leaks(project):
    """Return the files of a release that tell a number or a name of a raw row."""
    secret, found = secrets_of(project), []
    for name, data in contents(project.root / "release").items():
        numbers, words = told_by(name, data)
        found += [name] if words or numbers & secret else []
    return found


def share(project, **flags):
    """Write what is shared into study.toml."""
    lines = "".join(f"{key} = {str(value).lower()}\n" for key, value in flags.items())
    with project.settings_file.open("a", encoding="utf-8", newline="\n") as file:
        file.write(f"\n[release]\n{lines}")


def test_no_row_leaves_where_data_are_not_shared(project, monkeypatch):
    """Searched is every file, tables, arrays of models and the zip among them."""
    assert {"data/raw/all.csv", "data/interim/train.parquet", ZIP} <= set(leaks(project))
    monkeypatch.setattr(parcel, "PARTS", [one for one in parcel.PARTS if "toy" not in one])
    share(project, share_data=False)
    code, said = again(project)

    assert code == 0, said
    assert leaks(project) == []
    there = set(contents(project.root / "release"))
    assert not [name for name in there if name.startswith(("data/raw", "data/interim", "report"))]
    assert "share_data = false: data/raw, data/interim" in said
    page = (project.root / "release/README.md").read_text(encoding="utf-8")
    assert "The data are not shared" in page and "The report is not here" in page
    assert manifest(project)["share_data"] is False


def test_a_table_that_shows_rows_stays(project, tmp_path):
    """It is known by a column of the study; numbers of the whole go."""
    station = project.station("05_diagnose")
    (station / "worst.csv").write_text("row_id,height\n1,0.5\n", encoding="utf-8")
    (station / "strata.csv").write_text("stratum,n,value\nall,9,0.5\n", encoding="utf-8")
    share(project, share_data=False)
    found = kept_back.write(tmp_path / "part", Subject(project))

    there = set(contents(tmp_path / "part"))
    assert "results/05_diagnose/strata.csv" in there
    assert "results/05_diagnose/worst.csv" not in there
    assert "results/05_diagnose/worst.csv" in found.rows


def test_no_prediction_leaves_where_predictions_are_not_shared(project):
    """Truth and guess of a row."""
    share(project, share_predictions=False)
    code, said = again(project)

    assert code == 0, said
    there = set(contents(project.root / "release"))
    assert not [name for name in there if "predictions" in name and name.endswith(".parquet")]
    assert not [name for name in there if "/sets/" in name]
    assert "share_predictions = false: " in said
    assert "data/raw/all.csv" in there


def test_a_model_that_holds_rows_is_not_handed_out(project, tmp_path):
    """Nearest neighbours are the rows."""
    from sklearn.neighbors import KNeighborsRegressor

    from boxloop.measure.model_file import save_model

    X = np.random.default_rng(0).normal(size=(30, 2))
    save_model(tmp_path / "model/model.skops", KNeighborsRegressor().fit(X, X[:, 0]))
    parcel.refuse_models_with_rows(tmp_path, Subject(project))
    share(project, share_data=False)
    with pytest.raises(UserError, match=r"model/model\.skops holds rows"):
        parcel.refuse_models_with_rows(tmp_path, Subject(project))


def test_whole_or_not_at_all(project, monkeypatch):
    """The disk is full in the middle: the release of before stays, and nothing half-made."""
    before = contents(project.root / "release")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(parcel, "write_zip", full)
    with pytest.raises(OSError, match="No space"):
        make(project)
    assert contents(project.root / "release") == before
    assert not list(project.root.glob(".release.*"))


def test_what_cannot_be_moved_is_put_back(project, monkeypatch):
    """A program holds the folder."""
    from pathlib import Path

    before, rename = contents(project.root / "release"), Path.rename

    def held(self, target):
        if self.suffix == ".part":
            raise PermissionError(13, "held by another program", str(self))
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", held)
    with pytest.raises(PermissionError):
        make(project)
    assert contents(project.root / "release") == before
    assert not list(project.root.glob(".release.*"))


def test_a_void_verdict_hands_nothing_out(project):
    """And the release of before is left alone, and told as one of before."""
    void = {"state": "void", "sentence": "Not to be believed.", "because": ["split.groups"]}
    project.verdict_file.write_text(json.dumps(void), encoding="utf-8")
    before = contents(project.root / "release")
    with pytest.raises(UserError, match="verdict is void"):
        make(project)
    assert contents(project.root / "release") == before
    assert "of before: results/verdict.json is another now" in state_lines(project)[0]


def test_a_run_that_fails_writes_no_release(project):
    """It says so, and what is there stays."""
    path = project.notebooks / "06_stress_test.ipynb"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("LEVELS = [1, 2]", "LEVELS = 1 / 0"), encoding="utf-8")
    before = contents(project.root / "release")
    code, said = again(project)

    assert code == 1
    assert "No release is written" in said
    assert contents(project.root / "release") == before


def test_status_tells_a_release_of_before(project):
    """A stale one is not presented as that of today."""
    assert (
        f"Release: {manifest(project)['id']}, as the study is now." in command(project, "status")[1]
    )
    path = project.study / "data.py"
    path.write_text(path.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")

    lines = command(project, "status")[1].rstrip().splitlines()
    assert any("of before: study/data.py is another now" in line for line in lines)
    assert lines[-1].startswith("Verdict: ")


def test_a_folder_that_is_not_ours_is_left_alone(project):
    """Also one in which somebody has written."""
    (project.root / "release" / "README.md").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match=r"release/README\.md was put there or changed by hand"):
        make(project)
    (project.root / "release" / "release.json").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="is no release"):
        make(project)


@pytest.mark.parametrize("name", ["a:b.csv", "con.txt", "end.", "a\\b", "x" * 260])
def test_names_that_another_system_cannot_have(tmp_path, name):
    """Nobody could unpack them there."""
    try:
        (tmp_path / name).write_text("x", encoding="utf-8")
        assert (tmp_path / name).is_file()
    except (OSError, AssertionError):
        pytest.skip("this system cannot have it either")
    with pytest.raises(UserError, match="cannot be the name of a file on every system"):
        files_of(tmp_path, "x.zip")


def test_what_shrinks_to_a_speck_is_not_packed(tmp_path):
    """Its reader takes it for a zip that was made to grow."""
    (tmp_path / "zeros.json").write_bytes(b"0" * 5_000_000)
    path = write_zip(tmp_path / "x.zip", tmp_path, ["zeros.json"])
    assert zipfile.ZipFile(path).getinfo("zeros.json").compress_size == 5_000_000


def test_the_subject_knows_who_made_it(project):
    """Of [release], else CITATION.cff, else the author of the study."""
    assert [one.family for one in Subject(project).authors] == ["Ada"]
    cff = "cff-version: 1.2.0\nauthors:\n  - given-names: Grace\n    family-names: Hopper\n"
    (project.root / "CITATION.cff").write_text(cff, encoding="utf-8")
    assert [(one.given, one.family) for one in Subject(project).authors] == [("Grace", "Hopper")]
    with project.settings_file.open("a", encoding="utf-8") as file:
        file.write('\n[[release.authors]]\nfamily = "Noether"\ngiven = "Emmy"\n')
    assert [one.family for one in Subject(project).authors] == ["Noether"]


@pytest.mark.parametrize("text", ["authors: [", "- a list", "a: b: c"])
def test_a_damaged_citation_is_named(tmp_path, text):
    """With what to do."""
    (tmp_path / "CITATION.cff").write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match=r"CITATION\.cff"):
        read_citation(tmp_path / "CITATION.cff")


def test_the_card_is_complete(home):
    """Every section that a stranger needs, as tables."""
    card = (home[0].root / "release/model_card.md").read_text(encoding="utf-8")
    sections = ("Calibration", "Downstream bias", "Criteria", "How it was released")
    for heading in (*sections, "Where the files are"):
        assert re.search(rf"^## {heading}$", card, re.MULTILINE), heading
    assert "onnx.txt" not in card and ("model.onnx says the same" in card or "There is no" in card)


def models():
    """Return fitted models with their rows, and whether ONNX can say the same."""
    from sklearn.compose import TransformedTargetRegressor, make_column_transformer
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import (
        FunctionTransformer,
        OneHotEncoder,
        PolynomialFeatures,
        StandardScaler,
    )

    rng = np.random.default_rng(0)
    X = pd.DataFrame(np.exp(rng.normal(size=(300, 3))), columns=list("abc"))
    y, words = X.a + np.sqrt(X.b), X.assign(w=np.where(rng.random(300) > 0.5, "u", "v"))
    wide = make_column_transformer((StandardScaler(), list("abc")), (OneHotEncoder(), ["w"]))
    found = {
        "logarithms": (make_pipeline(FunctionTransformer(np.log), StandardScaler(),
                                     PolynomialFeatures(include_bias=False), Ridge()), X, y),
        "log10": (make_pipeline(FunctionTransformer(np.log10), LogisticRegression()), X, y > 2),
        "words": (make_pipeline(wide, Ridge()), words, y),
        "trees": (ExtraTreesRegressor(10, random_state=0), X, y),
        "classes": (ExtraTreesClassifier(10, random_state=0), X, np.digitize(y, [1, 2])),
        "sines": (make_pipeline(FunctionTransformer(np.sin), Ridge()), X, y),
        "transformed": (TransformedTargetRegressor(Ridge(), transformer=StandardScaler()), X, y),
    }  # fmt: skip
    return {name: (model.fit(rows, truth), rows) for name, (model, rows, truth) in found.items()}


def told(tmp_path, name):
    """Return what `onnx.txt` says of a model."""
    from types import SimpleNamespace

    from boxloop.measure.model_file import save_model
    from boxloop.parcel import onnx

    model, X = models()[name]
    save_model(tmp_path / "model" / "model.skops", model)
    study = SimpleNamespace(unit="K")
    subject = SimpleNamespace(name="small", settings=SimpleNamespace(study=study))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(onnx, "import_study", lambda _: None)
        patch.setattr(onnx, "Task", lambda _: None)
        patch.setattr(onnx, "_rows", lambda *_: X)
        subject.project = None
        onnx.write(tmp_path, subject)
    return (tmp_path / "model" / "onnx.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["logarithms", "log10", "words", "trees", "classes"])
def test_onnx_says_the_same(tmp_path, name):
    """Proven on rows, and asked again here by the runtime itself."""
    pytest.importorskip("skl2onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    said = told(tmp_path, name)

    assert "says the same as model.skops on 300 rows" in said, said
    path = tmp_path / "model" / "model.onnx"
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_inputs()]
    assert names == (["X"] if name in ("trees", "classes") else list(models()[name][1]))


@pytest.mark.parametrize(
    ("name", "why"),
    [("sines", r"FunctionTransformer\(sin\)"), ("transformed", "TransformedTarget")],
)
def test_without_onnx_a_sentence_names_the_step(tmp_path, name, why):
    """And no file is left."""
    pytest.importorskip("skl2onnx")
    assert re.search(f"There is no model.onnx: .*{why}", told(tmp_path, name))
    assert not (tmp_path / "model" / "model.onnx").exists()


def test_without_skl2onnx_a_sentence_says_how(tmp_path, monkeypatch):
    """The extra of the project."""
    monkeypatch.setitem(sys.modules, "skl2onnx", None)
    assert "[onnx]" in told(tmp_path, "log10")


def test_onnx_that_says_something_else_does_not_go(tmp_path, monkeypatch):
    """It could be converted, and differs."""
    pytest.importorskip("skl2onnx")
    monkeypatch.setitem(
        __import__("boxloop.parcel.onnx", fromlist=["UFUNCS"]).UFUNCS,
        "log10", lambda x, op: op.OnnxLog(x),
    )  # fmt: skip
    assert re.search("differs from it by up to", told(tmp_path, "log10"))
    assert not (tmp_path / "model" / "model.onnx").exists()


@pytest.mark.slow
def test_its_readme_is_followed_to_the_letter(home, tmp_path):
    """Each of the three commands, in an environment of its own, from the zip alone."""
    folder = home[0].root / "release"
    page = (folder / "README.md").read_text(encoding="utf-8")
    lines = re.search(r"^```console\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1].splitlines()
    assert [line.split()[0] for line in lines] == ["python", "boxloop", "boxloop"]
    (tmp_path / ZIP).write_bytes((folder / ZIP).read_bytes())
    table = pd.read_csv(home[0].raw / "all.csv").head(20).drop(columns="weight")
    table.to_csv(tmp_path / "FILE", index=False)
    env, bin_ = _environment(tmp_path / "env")
    for line in lines:
        words = line.split()
        words[0] = str(bin_ / words[0])
        done = subprocess.run(
            words, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=900
        )
        assert done.returncode == 0, (line, done.stdout[-3000:], done.stderr[-3000:])
    said = pd.read_parquet(tmp_path / "predictions.parquet")
    assert len(said) == len(table)
    assert said["family"].tolist() == table["family"].tolist()
    assert set(said["release"]) == {manifest(home[0])["id"]}


def _environment(folder):
    """Return variables and the folder of programs of a new environment that has these packages."""
    import venv

    venv.create(folder, with_pip=True)
    bin_ = folder / ("Scripts" if os.name == "nt" else "bin")
    python = bin_ / ("python.exe" if os.name == "nt" else "python")
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = subprocess.run([python, "-c", ask], capture_output=True, text=True, check=True)
    here = sysconfig.get_path("purelib")
    from pathlib import Path

    Path(site.stdout.strip(), "these.pth").write_text(f"{here}\n", encoding="utf-8")
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return env | {"PATH": f"{bin_}{os.pathsep}{env['PATH']}", "PYTHONUTF8": "1"}, bin_
