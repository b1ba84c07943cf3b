"""Cases of a release: `release/` that is somebody's, what may not be shared, and uploads."""

import json
import shutil

from release_project import PYPROJECT, copy_of
from remedies import calls, case
from walk_project import command, write

from boxloop.base.places import Project
from boxloop.parcel.command import make
from boxloop.parcel.subject import Subject, read_citation

RELEASE = ("release", "--reason", "to pack it once more", "--anyway", "it is a small study")


def study(person):
    """Take a small study that was released, with its `release/`; made once."""
    import doctored

    kept = person.finished.parent / "parcelled"
    if not kept.is_dir():
        project = write(kept, doctored.sources() | {"pyproject.toml": PYPROJECT})
        code, said = command(project, *RELEASE)
        assert code == 0, said
    person.project = copy_of(Project(kept), person.folder)
    return person.project


def _mine(person):
    study(person)
    person.damage("release/README.md", "mine")
    return person.types(*RELEASE), "release/README.md was put there or changed by hand"


@case
def a_release_in_which_somebody_has_written(person):
    yield _mine(person)
    person.path("release/README.md").rename(person.folder / "README.md")


@case
def a_release_in_which_somebody_has_written_moves_whole(person):
    yield _mine(person)
    person.path("release").rename(person.folder / "elsewhere")


@case
def a_folder_called_release(person):
    project = study(person)
    shutil.rmtree(person.path("release"))
    person.damage("release/notes.txt", "mine")
    yield calls(make, project), "is no release that `boxloop release` has written: move it"
    person.path("release").rename(person.folder / "elsewhere")


@case
def a_verdict_that_is_void(person):
    project = study(person)
    text = project.verdict_file.read_text(encoding="utf-8")
    void = {"state": "void", "sentence": "Not to be believed.", "because": ["split.groups"]}
    person.damage("results/verdict.json", json.dumps(void))
    said = yield calls(make, project), "the verdict is void (split.groups)"
    command(project, *said.split("`")[1].split()[1:])
    person.damage("results/verdict.json", text)  # mended, and run again


@case
def a_model_that_was_not_released(person):
    project = study(person)
    released = project.station("08_release") / "release.json"
    released.unlink()
    said = yield calls(make, project), "the model of today was not released yet: run"
    person.does("run", "--only", "08")
    assert said
    person.does(*RELEASE)


@case
def a_chapter_that_is_not_done(person):
    project = study(person)
    person.edit("study/data.py", "Three rows", "Always three rows")
    yield calls(make, project), "a chapter is not done"
    person.does("run")


@case
def a_model_that_keeps_its_rows(person):
    from types import SimpleNamespace

    import numpy as np
    from sklearn.neighbors import KNeighborsRegressor

    from boxloop.measure.model_file import save_model
    from boxloop.parcel.command import refuse_models_with_rows

    X, part = np.arange(20.0).reshape(10, 2), person.folder / "part"
    save_model(part / "model/model.skops", KNeighborsRegressor(2).fit(X, X[:, 0]))
    subject = SimpleNamespace(shares_data=False)
    yield calls(refuse_models_with_rows, part, subject), "model/model.skops holds rows that it was"
    subject.shares_data = True


@case
def a_model_that_keeps_its_rows_is_another(person):
    from types import SimpleNamespace

    import numpy as np
    from sklearn.linear_model import LinearRegression
    from sklearn.neighbors import KNeighborsRegressor

    from boxloop.measure.model_file import save_model
    from boxloop.parcel.command import refuse_models_with_rows

    X, part = np.arange(20.0).reshape(10, 2), person.folder / "part"
    save_model(part / "model/model.skops", KNeighborsRegressor(2).fit(X, X[:, 0]))
    private = SimpleNamespace(shares_data=False)
    yield calls(refuse_models_with_rows, part, private), "choose another model"
    save_model(part / "model/model.skops", LinearRegression().fit(X, X[:, 0]))


@case
def a_name_that_another_system_cannot_have(person):
    from boxloop.parcel.manifest import files_of

    part = person.folder / "part"
    part.mkdir()
    (part / "con.csv").write_text("x\n", encoding="utf-8")
    yield calls(files_of, part, "x.zip"), "con.csv cannot be the name of a file on every system"
    (part / "con.csv").rename(part / "counts.csv")


@case
def two_names_that_are_one(person):
    from boxloop.parcel import manifest

    names = ["a/Data.csv", "a/data.csv"]
    yield (
        calls(lambda: manifest._refuse_names(names)),
        "a/Data.csv and a/data.csv are one name on some systems: rename one",
    )
    names[1] = "a/more.csv"


@case
def tables_that_a_model_was_made_from(person):
    project = study(person)
    shutil.rmtree(project.station("08_release") / "model")
    person.delete("data/interim/validation.parquet")
    from boxloop.parcel import model

    part = person.folder / "part"
    said = yield (
        calls(model.write, part, Subject(project)),
        "data/interim/validation.parquet is missing: `boxloop run --from 03`",
    )
    person.does_as_told(said)
    yield calls(model.write, part, Subject(project))


@case
def a_citation_that_is_no_yaml(person):
    path = person.folder / "CITATION.cff"
    path.write_text("authors: [\n", encoding="utf-8")
    yield calls(read_citation, path), "CITATION.cff is not valid YAML"
    path.write_text("authors: []\n", encoding="utf-8")


@case
def a_citation_without_keys(person):
    path = person.folder / "CITATION.cff"
    path.write_text("- Ada\n", encoding="utf-8")
    said = yield calls(read_citation, path), "CITATION.cff holds no keys"
    path.write_text(said.split("`")[1] + "\n", encoding="utf-8")


@case
def a_citation_with_a_wrong_orcid(person):
    project = study(person)
    person.damage("CITATION.cff", "authors:\n- family-names: A\n  orcid: 0000-0002-1825-0098\n")
    yield calls(lambda: Subject(project).authors), "CITATION.cff: authors: "
    person.edit("CITATION.cff", "0098", "0097")


@case
def an_export_without_a_release(person):
    study(person)
    shutil.rmtree(person.path("release"))
    yield person.types("export", "--to", "zenodo"), "There is no release in"
    person.does(*RELEASE)


@case
def an_export_of_a_release_that_was_changed(person):
    study(person)
    person.damage("release/LICENSE", "mine")
    yield person.types("export", "--to", "zenodo"), "release/LICENSE is not as it was released"
    shutil.rmtree(person.path("release"))
    person.does(*RELEASE)


@case
def an_export_without_its_zip(person):
    study(person)
    person.delete("release/small-0.1.0.zip")
    yield person.types("export", "--to", "zenodo"), "The zip in release/ is missing"
    person.does(*RELEASE)


@case
def an_export_over_a_folder(person):
    study(person)
    person.damage("release-to-zenodo/notes.txt", "mine")
    yield person.types("export", "--to", "zenodo"), "is there already: remove it"
    shutil.rmtree(person.path("release-to-zenodo"))


@case
def an_export_beside_a_folder(person):
    study(person)
    person.damage("release-to-zenodo/notes.txt", "mine")
    yield person.types("export", "--to", "zenodo"), "is there already: remove it"
    yield person.types("export", "--to", "zenodo", "--out", person.folder / "another")
