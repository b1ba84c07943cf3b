"""Cases of `boxloop predict`, and of a deployment table that stays where it is."""

import gzip
import re
import shutil

import predict_release
import pyarrow as pa
from pyarrow import parquet
from remedies import Answer, case
from test_adopt import table
from walk_project import command

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.predict import cluster
from boxloop.settings.load import load_settings
from boxloop.table import sampled


def ready(person):
    """Take a model in a project, and a table for it beside the project."""
    root = person.folder / "study"
    place = predict_release.make(root)
    shutil.copytree(place, root / "results" / "08_release" / "model")
    person.project = Project(root)
    frame = predict_release.rows(["height", "age"], 30).drop(columns="weight")
    frame.to_csv(person.folder / "t.csv", index=False)
    return frame


def predicts(person, file="t.csv", out="o.csv", *more):
    """Return the door of ``boxloop predict FILE --out FILE``."""
    return person.types("predict", person.folder / file, "--out", person.folder / out, *more)


@case
def predictions_without_a_model(person):
    ready(person)
    person.delete("results")
    said = yield predicts(person), "There is no model to predict with"
    assert "run `boxloop run`" in said
    yield predicts(person, "t.csv", "o.csv", "--release", person.path("model"))


@case
def predictions_before_a_run(person):
    """08 of a run writes the bundle, as here."""
    ready(person)
    person.path("results").rename(person.folder / "made by 08")
    yield predicts(person), "There is no model to predict with"
    (person.folder / "made by 08").rename(person.path("results"))


@case
def predictions_outside_of_a_project(person):
    ready(person)
    away = person.folder / "away"
    away.mkdir()
    inside, person.project = person.project, Project(away)
    yield predicts(person), "No release is named and this is no project"
    yield predicts(person, "t.csv", "o.csv", "--release", inside.root / "model")


@case
def predictions_without_an_input(person):
    frame = ready(person)
    frame.rename(columns={"age": "Age"}).to_csv(person.folder / "t.csv", index=False)
    yield predicts(person), "rename 'Age' if that is what it is, or add it"
    frame.to_csv(person.folder / "t.csv", index=False)


@case
def predictions_without_an_input_but_with_another_like_it(person):
    frame = ready(person)
    other = frame.rename(columns={"age": "Age"})
    other.to_csv(person.folder / "t.csv", index=False)
    yield predicts(person), "rename 'Age' if that is what it is, or add it"
    other.assign(age=frame["age"]).to_csv(person.folder / "t.csv", index=False)


@case
def predictions_without_an_input_that_is_nowhere(person):
    frame = ready(person)
    frame.drop(columns="age").to_csv(person.folder / "t.csv", index=False)
    yield predicts(person), "has no column 'age', which the model reads: add it"
    frame.to_csv(person.folder / "t.csv", index=False)


@case
def predictions_of_a_table_with_a_name_twice(person):
    frame = ready(person)
    text = frame.assign(more=1.0).to_csv(index=False)
    (person.folder / "t.csv").write_text(text.replace("more", "age", 1))
    yield predicts(person), "'age' stands there 2 times: rename all but one"
    (person.folder / "t.csv").write_text(text)


@case
def predictions_over_a_file(person):
    ready(person)
    (person.folder / "o.csv").write_text("mine")
    yield predicts(person), "is there already: name another file, or add --force"
    yield predicts(person, "t.csv", "o.csv", "--force")


@case
def predictions_beside_a_file(person):
    ready(person)
    (person.folder / "o.csv").write_text("mine")
    yield predicts(person), "is there already: name another file, or add --force"
    yield predicts(person, "t.csv", "another.csv")


@case
def predictions_over_the_table(person):
    ready(person)
    yield predicts(person, "t.csv", "t.csv", "--force"), "is the table itself: name another file"
    yield predicts(person)


@case
def predictions_into_a_folder(person):
    ready(person)
    (person.folder / "o.csv").mkdir()
    yield predicts(person), "is a folder: name a file in it"
    yield predicts(person, "t.csv", "o.csv/p.csv")


@case
def predictions_into_a_folder_that_is_not_there(person):
    ready(person)
    yield predicts(person, "t.csv", "new/o.csv"), "is not there: make it, or name another one"
    (person.folder / "new").mkdir()


@case
def predictions_into_another_folder(person):
    ready(person)
    yield predicts(person, "t.csv", "new/o.csv"), "is not there: make it, or name another one"
    yield predicts(person)


def written_as(ending):
    """Take a case of a table that nobody writes, and is written with this ending instead."""

    def written(person):
        ready(person)
        yield predicts(person, "t.csv", "o.txt"), "has '.txt', by which no table is written"
        yield predicts(person, "t.csv", f"o{ending}")

    written.__name__ = f"predictions written as {ending}"
    case(written)


for known in (".csv", ".parquet", ".fits", ".vot", ".ecsv"):
    written_as(known)


@case
def predictions_with_letters_that_fits_has_not(person):
    frame = ready(person)
    name = frame.columns[0]
    frame.assign(**{name: "Öl"}).to_csv(person.folder / "t.csv", index=False)
    yield predicts(person, "t.csv", "o.fits"), "FITS has ASCII letters alone, and 'Öl' is in 'name'"
    yield predicts(person, "t.csv", "o.ecsv")


@case
def predictions_of_a_table_without_a_line(person):
    frame = ready(person)
    (person.folder / "t.csv").write_text("\n\n")
    yield predicts(person), "has no rows and no names: write the table again"
    frame.to_csv(person.folder / "t.csv", index=False)


@case
def predictions_of_a_table_that_is_cut_short(person):
    ready(person)
    packed = gzip.compress((person.folder / "t.csv").read_bytes())
    (person.folder / "t.csv.gz").write_bytes(packed[:-30])
    yield predicts(person, "t.csv.gz"), "cannot be read to its end"
    (person.folder / "t.csv.gz").write_bytes(packed)


@case
def predictions_of_a_damaged_parquet_file(person):
    frame = ready(person)
    frame.to_parquet(person.folder / "t.parquet")
    (person.folder / "t.parquet").write_bytes((person.folder / "t.parquet").read_bytes()[:-9])
    yield predicts(person, "t.parquet"), "is not a whole Parquet file: write it again"
    frame.to_parquet(person.folder / "t.parquet")


@case
def predictions_without_a_worker(person):
    from distributed import LocalCluster

    ready(person)
    person.monkeypatch.setattr(cluster, "SECONDS", 1)
    where = {"local_directory": str(person.folder), "dashboard_address": None}
    boss = LocalCluster(n_workers=0, processes=False, **where)
    door = predicts(person, "t.csv", "o.csv", "--dask", boss.scheduler_address)
    said = yield door, "No dask worker has come within 1 s"
    assert "`dask worker ADDRESS`" in said

    def with_one():
        boss.scale(1)
        boss.wait_for_workers(1, timeout=60)
        answer = door()
        boss.close()
        return answer

    yield with_one


def far(person):
    """Take a project that waits for a table, and unlabelled objects that count as too many."""
    person.own()
    person.monkeypatch.setattr(sampled, "MOST", 1000)
    frame = table().drop(columns=["e_mag", "good"])
    frame.to_csv(person.folder / "t.csv", index=False)
    others = pa.Table.from_pandas(frame.drop(columns="kind"), preserve_index=False)
    parquet.write_table(pa.concat_tables([others] * 3), person.folder / "far.parquet")
    return others


def adopts(person, *more):
    return person.adopts("--deployment", person.folder / "far.parquet", *more)


@case
def a_far_table_of_other_columns(person):
    others = far(person)
    odd = others.rename_columns([f"x{number}" for number in range(others.num_columns)])
    parquet.write_table(pa.concat_tables([odd] * 3), person.folder / "far.parquet")
    yield adopts(person), "has no column of the labelled table"
    parquet.write_table(pa.concat_tables([others] * 3), person.folder / "far.parquet")


@case
def a_far_table_that_is_damaged(person):
    far(person)
    whole = (person.folder / "far.parquet").read_bytes()
    (person.folder / "far.parquet").write_bytes(whole[:-9])
    yield adopts(person), "far.parquet is not a whole Parquet file: write it again"
    (person.folder / "far.parquet").write_bytes(whole)


def looks(person):
    """Return the door of whoever asks for the sample of the table that stays where it is."""

    def door():
        try:
            settings = load_settings(person.project.settings_file)
            sampled.kept_sample(person.project.root, settings)
        except UserError as error:
            return Answer(False, str(error))
        return Answer(True, "")

    return door


def _adopted(person):
    far(person)
    assert adopts(person)().through


@case
def a_far_table_that_is_gone(person):
    _adopted(person)
    (person.folder / "far.parquet").replace(person.folder / "moved.parquet")
    yield looks(person), "is not there: put it back, or adopt it again"
    (person.folder / "moved.parquet").replace(person.folder / "far.parquet")


@case
def a_far_table_that_was_moved(person):
    _adopted(person)
    (person.folder / "far.parquet").replace(person.folder / "moved.parquet")
    yield looks(person), "is not there: put it back, or adopt it again"
    more = ("--deployment", person.folder / "moved.parquet", "--force")
    assert person.adopts(*more)().through


def _changed(person):
    _adopted(person)
    path = person.folder / "far.parquet"
    whole = path.read_bytes()
    parquet.write_table(parquet.read_table(path).slice(1), path)
    return whole


@case
def a_far_table_that_was_changed(person):
    whole = _changed(person)
    yield looks(person), "is not the file that was adopted, its footer has changed"
    (person.folder / "far.parquet").write_bytes(whole)


@case
def a_far_table_that_was_changed_and_is_right(person):
    _changed(person)
    yield looks(person), "is not the file that was adopted, its footer has changed"
    assert adopts(person, "--force")().through


@case
def half_a_reference(person):
    _adopted(person)
    text = person.path("study.toml").read_text(encoding="utf-8")
    person.damage("study.toml", re.sub(r"(?m)^deployment_rows = .*\n", "", text))
    yield looks(person), "belong together: adopt the table again with --deployment"
    code, said = command(person.project, "adopt", str(person.folder / "t.csv"), "--target", "kind",
                         "--deployment", str(person.folder / "far.parquet"), "--force")  # fmt: skip
    assert code == 0, said
