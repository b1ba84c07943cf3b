"""Nothing of the held-out sets is known to training."""

import numpy as np
import pandas as pd
import pytest

from boxloop.checks import run_check

from .neutral import INPUTS, parts, trial


def with_rows(held_out, rows):
    return held_out | {"test": pd.concat([held_out["test"], rows], ignore_index=True)}


def test_copies_are_found(seed):
    """Ten copied rows fail, by name and share without a count; they are no near-duplicates."""
    train, held_out = parts(trial(seed))
    planted = with_rows(held_out, train.sample(10, random_state=seed))

    assert run_check("split.duplicates", train, held_out, columns=INPUTS).value == 0
    found = run_check("split.duplicates", train, planted, columns=INPUTS)
    assert found.state == "fail"
    assert "4.00% of the rows of 'test'" in found.message
    assert "250" not in found.message
    assert (
        run_check("split.near_duplicates", train, planted, columns=INPUTS, seed=seed).state
        == "pass"
    )


@pytest.mark.parametrize("levels", [2, 4, 12])
def test_coincidences_of_few_integers_are_no_copies(levels, seed):
    """A table of grades coincides honestly, also where the grades are correlated."""
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=1500)
    frame = pd.DataFrame(
        {
            f"grade{k}": np.digitize(
                quality + 0.5 * rng.normal(size=1500), np.linspace(-2, 2, levels - 1)
            )
            for k in range(4)
        }
    )

    for name in ("split.duplicates", "split.near_duplicates"):
        options = {"seed": seed} if name == "split.near_duplicates" else {}
        assert (
            run_check(
                name, frame[:1000], {"test": frame[1000:]}, columns=list(frame), **options
            ).state
            == "pass"
        )


def test_copies_are_found_beside_words_and_grades(seed):
    """Columns with few values do not hide a copied measurement."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "grade": rng.integers(4, size=900),
            "soil": rng.choice(["clay", "sand"], 900),
            "ph": rng.normal(size=900),
        }
    )
    held = pd.concat([frame[600:], frame[:5]])

    assert (
        run_check("split.duplicates", frame[:600], {"test": frame[600:]}, columns=list(frame)).state
        == "pass"
    )
    assert (
        run_check("split.duplicates", frame[:600], {"test": held}, columns=list(frame)).state
        == "fail"
    )


@pytest.mark.parametrize("size", [0.001, 0.01])
def test_jittered_copies_are_found(size, seed):
    """Oversampling before the split leaves rows that almost coincide."""
    train, held_out = parts(trial(seed))
    rows = train.sample(15, random_state=seed)
    rows = rows.assign(
        **{
            name: rows[name] * (1 + size * np.random.default_rng(100 + seed).normal(size=15))
            for name in INPUTS[:6]
        }
    )
    planted = with_rows(held_out, rows)

    assert (
        run_check("split.near_duplicates", train, held_out, columns=INPUTS, seed=seed).state
        == "pass"
    )
    assert (
        run_check("split.near_duplicates", train, planted, columns=INPUTS, seed=seed).state
        == "fail"
    )
    assert run_check("split.duplicates", train, planted, columns=INPUTS).state == "pass"


@pytest.mark.parametrize("count", [1, 2, 5])
def test_near_duplicates_keep_still_in_few_or_heavy_tailed_columns(count, seed):
    """Honest rows come close in one dimension, and in the crowded part of a heavy tail."""
    rng = np.random.default_rng(seed)
    for values in (rng.normal(size=(1500, count)), rng.lognormal(sigma=2, size=(1500, count))):
        frame = pd.DataFrame(values).add_prefix("x")
        result = run_check(
            "split.near_duplicates",
            frame[:1000],
            {"test": frame[1000:]},
            columns=list(frame),
            seed=seed,
        )
        assert result.state == "pass"


def test_groups_and_time(seed):
    """Shuffled rows leak plots and days; a split by plot or by day does not."""
    frame = trial(seed)
    train, held_out = parts(frame)
    shuffled = frame.sample(frac=1, random_state=seed)
    mixed = shuffled[:800], {"test": shuffled[800:]}

    assert run_check("split.groups", train, held_out, group="plot").state == "pass"
    assert run_check("split.groups", *mixed, group="plot").value > 0.5
    assert run_check("split.groups", *mixed, group=None).state == "not-applicable"
    assert run_check("split.time", *parts(frame, "day"), time="day").state == "pass"
    assert run_check("split.time", *mixed, time="day").state == "fail"
    assert run_check("split.time", *mixed, time=None).state == "not-applicable"


def test_deployment_shift(seed):
    """A selection on one input is seen, and so is a wrong unit.

    Two halves of one table are alike.
    """
    frame = trial(seed)
    half = frame["plot"] % 2 == 0
    train, deployment = frame[half], frame[~half]
    options = {"inputs": INPUTS, "groups": "plot", "seed": seed}
    noise = np.random.default_rng(100 + seed).normal(size=len(train))

    assert run_check("split.deployment_shift", train, deployment, **options).state == "pass"
    assert run_check("split.deployment_shift", train, None, **options).state == "not-applicable"
    selected = run_check(
        "split.deployment_shift",
        train[train["moisture"] + 0.3 * noise > 0.3],
        deployment,
        **options,
    )
    assert selected.state == "fail"
    assert "'moisture' differs most" in selected.message
    unit = run_check(
        "split.deployment_shift",
        train,
        deployment.assign(worms=deployment["worms"] * 2.303 + 1),
        **options,
    )
    assert unit.state == "fail"
    assert "'worms' differs most" in unit.message


def test_objects_measured_several_times_are_found_where_most_are(seed):
    """One to four noisy measurements of each object, divided at random.

    The usual row has a twin, and that must not pass for normal.
    """
    rng = np.random.default_rng(seed)
    base = rng.normal(size=(900, 5))
    rows = base[np.repeat(np.arange(900), rng.choice(4, 900, p=[0.3, 0.3, 0.2, 0.2]) + 1)]
    table = pd.DataFrame(rows + 0.01 * rng.normal(size=rows.shape), columns=list("abcde"))
    one = pd.DataFrame(rng.normal(size=rows.shape), columns=list("abcde"))
    part = rng.random(len(table)) < 0.7
    options = {"columns": list("abcde"), "seed": seed}

    assert (
        run_check(
            "split.near_duplicates", table[part], {"validation": table[~part]}, **options
        ).state
        == "fail"
    )
    assert (
        run_check("split.near_duplicates", one[part], {"validation": one[~part]}, **options).state
        == "pass"
    )
