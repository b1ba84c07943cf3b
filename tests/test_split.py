"""The split keeps groups whole, exploration inside training, and the test part to itself."""

import os
import stat

import numpy as np
import pandas as pd
import pytest
from study_files import STUDY

from boxloop.base.errors import UserError
from boxloop.base.places import Project
from boxloop.settings.load import Settings, load_settings
from boxloop.split.division import divide, exploration, folds, group_folds, place
from boxloop.split.seal import append, close, open_seal, openings, read_ledger


def make(tmp_path, strategy="group", **changes):
    text = STUDY.replace('strategy = "group"', f'strategy = "{strategy}"')
    for old, new in changes.items():
        text = text.replace(f"{old} = ", f"{old} = {new} # ")
    path = tmp_path / "study.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


@pytest.fixture
def people():
    rng = np.random.default_rng(0)
    family = np.repeat([f"family {i}" for i in range(200)], 3)
    return pd.DataFrame(
        {"height": rng.normal(1.7, 0.1, 600), "family": family, "weight": rng.normal(70, 9, 600)}
    )


def test_groups_are_whole_and_fractions_kept(tmp_path, people):
    """No family is cut in two, and the shares are those asked for."""
    parts = divide(people, make(tmp_path))
    families = [set(part.family) for part in (parts.train, parts.validation, parts._test)]

    assert [len(f) for f in families] == [120, 40, 40]
    assert len(set.union(*families)) == 200


def test_exploration_is_part_of_training(tmp_path, people):
    """What 01 and 02 saw can never be held out."""
    settings = make(tmp_path)

    assert set(exploration(people, settings).family) <= set(divide(people, settings).train.family)
    assert exploration(people, settings).family.nunique() == 40


def test_the_order_of_rows_does_not_matter(tmp_path, people):
    """The same families are held out when the table is sorted otherwise."""
    settings = make(tmp_path)
    shuffled = people.sample(frac=1, random_state=1)

    assert set(divide(people, settings).validation.family) == set(
        divide(shuffled, settings).validation.family
    )


def test_another_seed_gives_another_split(tmp_path, people):
    """And the seed is the one of study.toml."""
    one = divide(people, make(tmp_path))
    two = divide(
        people,
        Settings.model_validate(
            make(tmp_path).model_dump()
            | {
                "split": {
                    "strategy": "group",
                    "train": 0.6,
                    "validation": 0.2,
                    "test": 0.2,
                    "exploration": 0.2,
                    "seed": 7,
                }
            }
        ),
    )

    assert set(one.train.family) != set(two.train.family)


def test_time_never_runs_backwards(tmp_path, people):
    """With strategy time, all of training is earlier than all of validation, and so on."""
    text = STUDY.replace('strategy = "group"', 'strategy = "time"').replace(
        "[split]", '[columns.day]\nrole = "time"\nunit = "d"\ndescription = "day"\n\n[split]'
    )
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    settings = load_settings(tmp_path / "study.toml")
    parts = divide(people.assign(day=np.random.default_rng(1).integers(0, 90, 600)), settings)

    assert parts.train.day.max() < parts.validation.day.min()
    assert parts.validation.day.max() < parts._test.day.min()
    for train, held_out in folds(parts.train, settings):
        assert parts.train.day.to_numpy()[train].max() <= parts.train.day.to_numpy()[held_out].min()


def test_stratified_parts_share_the_class_balance(tmp_path):
    """A class of one in ten is one in ten everywhere."""
    frame = pd.DataFrame(
        {
            "height": np.arange(1000.0),
            "family": np.arange(1000),
            "weight": np.arange(1000) % 10 == 0,
        }
    )
    parts = divide(frame, make(tmp_path, strategy="stratified"))

    assert parts.train.weight.mean() == pytest.approx(0.1, abs=0.005)
    assert parts.validation.weight.mean() == pytest.approx(0.1, abs=0.005)


def test_folds_keep_groups_whole(tmp_path, people):
    """Cross-validation follows the split."""
    for train, held_out in folds(people, make(tmp_path)):
        assert not set(people.family[train]) & set(people.family[held_out])


def test_folds_of_checks_hold_every_group_out_once(people):
    """Whole, each in one fold, and dealt out by the seed."""
    groups = people["family"].to_numpy()
    cv = group_folds(groups, 3, seed=0)
    again = group_folds(groups, 3, seed=1)

    assert sorted(np.concatenate([held for _, held in cv])) == list(range(600))
    for fitted, held in cv:
        assert not set(groups[fitted]) & set(groups[held])
        assert len(fitted) + len(held) == 600
        assert 195 <= len(held) <= 205
    assert set(cv[0][1]) != set(again[0][1])


def test_an_empty_part_is_refused(tmp_path, people):
    """Two families cannot be divided in three."""
    with pytest.raises(UserError, match=r"split\."):
        divide(people.head(3), make(tmp_path))


def test_places_are_shares(tmp_path, people):
    """Every row has a place in [0, 1)."""
    where = place(people, make(tmp_path))

    assert where.min() == 0
    assert where.max() < 1


def test_half_of_another_domain_stays_open(tmp_path, people):
    """The other half is sealed under its own name."""
    parts = divide(people, make(tmp_path), domains={"abroad": people})

    assert parts.domains["abroad"].family.nunique() == 100
    assert parts._test.groupby("set").family.nunique().to_dict() == {"test": 40, "test_abroad": 100}


def test_rows_for_training_alone_judge_nothing(tmp_path, people):
    """They join the training rows; validation, test and other domains are what they were."""
    settings, more = make(tmp_path), people.head(30).assign(family="acquired")
    whole = {"domains": {"abroad": people}}
    before, after = (
        divide(people, settings, **whole),
        divide(people, settings, for_training=more, **whole),
    )

    pd.testing.assert_frame_equal(after.train.head(len(before.train)), before.train)
    assert (after.train.family == "acquired").sum() == 30
    pd.testing.assert_frame_equal(after.home, before.train)
    pd.testing.assert_frame_equal(after.validation, before.validation)
    pd.testing.assert_frame_equal(after.domains["abroad"], before.domains["abroad"])
    pd.testing.assert_frame_equal(after._test, before._test)
    none = divide(people, settings, for_training=more.head(0))
    pd.testing.assert_frame_equal(none.train, before.train)


def test_the_test_part_is_not_shown(tmp_path, people):
    """Neither by name nor by repr."""
    parts = divide(people, make(tmp_path))

    assert "_test" not in repr(parts)
    assert not [name for name in vars(parts) if "test" in name and not name.startswith("_")]


def test_the_seal_is_written_once(tmp_path, people):
    """A second closing with the same rows changes nothing; other rows are refused."""
    project = Project(tmp_path)
    close(project, people)
    before = project.sealed_file.stat().st_mtime_ns, project.ledger_file.read_bytes()
    close(project, people)

    assert (project.sealed_file.stat().st_mtime_ns, project.ledger_file.read_bytes()) == before
    assert project.sealed_file.stat().st_mode & 0o222 == 0
    with pytest.raises(UserError, match="sealed from other rows"):
        close(project, people.head(500))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_seal_is_not_shown_to_others(tmp_path, people):
    """Whoever keeps files to oneself keeps the test set so, too."""
    before = os.umask(0o077)
    try:
        close(Project(tmp_path), people)
    finally:
        os.umask(before)

    assert stat.S_IMODE(Project(tmp_path).sealed_file.stat().st_mode) == 0o400


def test_closing_never_reads_the_sealed_file(tmp_path, people):
    """Poison in the sealed file does not disturb it.

    Only its hash is looked at, and only by who asks for trouble.
    """
    project = Project(tmp_path)
    close(project, people)
    project.sealed_file.chmod(0o644)
    project.sealed_file.write_bytes(b"poison")
    close(project, people)

    with pytest.raises(UserError, match="not the file that was sealed"):
        open_seal(project, reason="look", model_hash="abc")
    assert openings(read_ledger(project)) == []


def test_an_opening_is_on_record(tmp_path, people):
    """Time, reason and model are in the ledger before a row is seen."""
    project = Project(tmp_path)
    close(project, people)

    assert open_seal(project, reason=" paper ", model_hash="abc").equals(people)
    (event,) = openings(read_ledger(project))
    assert (event["reason"], event["model"]) == ("paper", "abc")


@pytest.mark.parametrize("reason", ["", "   "])
def test_no_reason_no_opening(tmp_path, people, reason):
    """The ledger stays as it was."""
    project = Project(tmp_path)
    close(project, people)

    with pytest.raises(UserError, match="reason"):
        open_seal(project, reason=reason, model_hash="abc")
    assert openings(read_ledger(project)) == []


def test_a_damaged_ledger_is_named(tmp_path):
    """It is never taken for an empty one."""
    project = Project(tmp_path)
    append(project, "opened", reason="x")
    project.ledger_file.write_text("{", encoding="utf-8")

    with pytest.raises(UserError, match=r"ledger\.jsonl"):
        read_ledger(project)
