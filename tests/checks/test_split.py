"""Nothing of the held-out sets is known to training."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GroupShuffleSplit

from boxloop.checks import overlap, run_check

from .neutral import INPUTS, column, manifest, parts, trial

QUIET = ("pass", "cannot-tell")


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
        asked = run_check(
            name, frame[:1000], {"test": frame[1000:]}, columns=list(frame), **options
        )
        # Copies could hide among so many coincidences, and the check says so.
        assert asked.state == "cannot-tell"


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
        assert result.state in QUIET


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


def test_one_object_spelled_in_two_ways_is_on_both_sides():
    """Case, blanks and underscores make no other star; digits and signs do."""
    train = pd.DataFrame({"star": ["TIC 1", "TIC 2", "J12+3"]})
    for names, share in ((["tic_1", "TIC22"], 0.5), (["J12-3", "TIC 12"], 0.0)):
        held_out = {"test": pd.DataFrame({"star": names})}
        result = run_check("split.groups", train, held_out, group="star")
        assert result.value == share
        assert ("'tic_1' is written 'TIC 1' there" in result.message) == (share > 0)


def test_names_written_in_one_way_stay_on_one_side():
    """The remedy, followed: divided by groups, two spellings fail and one passes."""
    number = np.arange(200) % 50
    frame = pd.DataFrame({"star": [("TIC {}", "tic{}")[k % 2].format(k // 4) for k in range(200)]})
    for names, state in ((frame["star"], "fail"), ("TIC " + pd.Series(number).astype(str), "pass")):
        table = pd.DataFrame({"star": names})
        one, two = next(GroupShuffleSplit(1, random_state=0).split(table, groups=names))
        sides = table.iloc[one], {"test": table.iloc[two]}
        assert run_check("split.groups", *sides, group="star").state == state


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
    few = run_check("split.deployment_shift", train[:60], deployment[:60], **options)
    assert few.state in ("cannot-tell", "fail")
    assert "would be enough" in few.power


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


def divided(frame, seed):
    """Divide at random, as a study without a group does."""
    place = np.random.default_rng(900 + seed).random(len(frame))
    first, second, third = (
        frame[(place >= low) & (place < high)].reset_index(drop=True)
        for low, high in ((0, 0.6), (0.6, 0.8), (0.8, 1))
    )
    return first, {"validation": second, "test": third}


def votes(rng, size, count=12):
    """Return answers on a scale of five that go together: what somebody thinks decides them all."""
    opinion = rng.normal(size=(size, 1))
    answers = 0.7 * opinion + 0.7 * rng.normal(size=(size, count))
    return pd.DataFrame(np.digitize(answers, [-1.5, -0.5, 0.5, 1.5])).add_prefix("vote")


def magnitudes(rng, size):
    """Return five bands of which the sum is known to 0.01."""
    bands = rng.normal(20, 1.5, (size, 1)) + 0.3 * rng.normal(size=(size, 5)).cumsum(axis=1)
    return pd.DataFrame(bands.round(2)).add_prefix("band")


def counts(rng, size):
    """Return integers alone."""
    rate = np.exp(1.5 + 0.5 * rng.normal(size=(size, 1)) + 0.3 * rng.normal(size=(size, 6)))
    return pd.DataFrame(rng.poisson(rate)).add_prefix("count")


def heavy(rng, size):
    """Return four columns with heavy tails that share structure."""
    tails = rng.standard_t(2, (size, 4)) @ (0.3 * rng.normal(size=(4, 4)))
    return pd.DataFrame(np.exp(np.clip(tails, -300, 300))).add_prefix("flux")


def spectrum(rng, size):
    """Return a mass, two columns that follow it, and the number of its bin, sorted by mass."""
    mass = np.sort(2 + rng.exponential(1, size))
    frame = pd.DataFrame({"mass": mass, "width": mass * rng.gamma(2, size=size)})
    return frame.assign(shape=rng.beta(2, 5, size), bin=np.arange(size) * 100 // size)


def survey(rng, size):
    """Return inputs that depend a little on 10 types and 50 fields, by right ascension."""
    kind, field = rng.integers(10, size=size), rng.integers(50, size=size)
    shift = 0.35 * (rng.normal(size=(10, 5))[kind] + rng.normal(size=(50, 5))[field])
    frame = pd.DataFrame(rng.normal(size=(size, 5)) + shift).add_prefix("x")
    return frame.assign(kind=kind, field=field, ra=np.sort(rng.uniform(0, 360, size)))


def few(rng, size):
    """Return two inputs, and the bin of their sum."""
    frame = pd.DataFrame(rng.normal(size=(size, 2))).add_prefix("x")
    return frame.assign(bin=frame.sum(axis=1).rank(method="first").astype(int) * 100 // (size + 1))


def colours(rng, size):
    """Return three bands that were rounded to a fifth of the spread of their colours."""
    bands = rng.normal(20, 1.5, (size, 1)) + 0.05 * rng.normal(size=(size, 3)).cumsum(axis=1)
    return pd.DataFrame(bands.round(2)).add_prefix("band")


def names_of(frame):
    """Return the inputs among the columns of a table of this module."""
    return [name for name in frame if name not in ("kind", "field", "bin", "object", "night")]


def sequence(rng, size):
    """Return six inputs; half of the rows lie on a thin curve, as stars do among galaxies."""
    frame = pd.DataFrame(rng.normal(size=(size, 6))).add_prefix("x")
    stars = rng.random(size) < 0.5
    phase = np.outer(rng.uniform(0, 6, stars.sum()), np.arange(1, 7))
    frame.loc[stars] = np.sin(phase) + 0.001 * rng.normal(size=phase.shape)
    return frame


WORLDS = [votes, magnitudes, colours, counts, heavy, spectrum, survey, few, sequence]


@pytest.mark.parametrize("world", WORLDS)
def test_an_honest_division_is_not_suspected(world, seed):
    """Coarse, coded, sorted, few or heavy-tailed columns: nothing to be asked, and power is said.

    Whether the rows carry a type, a field or a bin makes no difference.
    """
    frame = world(np.random.default_rng(500 + seed), 1000)
    inputs, sets = names_of(frame), divided(frame, seed)
    roles = {name: column("input" if name in inputs else "ignored") for name in frame}
    signs = {"inputs": inputs, "columns": roles, "seed": seed}
    found = [
        run_check("split.duplicates", *sets, columns=inputs),
        run_check("split.near_duplicates", *sets, columns=inputs, seed=seed),
        run_check("split.groups", *sets, group=None, **signs),
    ]

    assert [result.state for result in found if result.state not in QUIET] == []
    assert all("would have been seen" in result.power for result in found)


def test_an_object_that_was_measured_again_is_a_copy(seed):
    """Its target is another number, so the inputs alone are compared."""
    train, held_out = parts(trial(seed))
    again = train.sample(10, random_state=seed).assign(harvest=0.0)
    planted = with_rows(held_out, again)

    found = run_check("split.duplicates", train, planted, columns=manifest())

    assert found.state == "fail"
    assert found.value == pytest.approx(10 / len(planted["test"]))


@pytest.mark.parametrize("world", [heavy, spectrum, survey])
def test_one_copied_row_among_measured_numbers_is_enough(world, seed):
    """No chance makes two rows equal where a column never repeats itself."""
    frame = world(np.random.default_rng(500 + seed), 1000)
    train, held_out = divided(frame, seed)
    planted = with_rows(held_out, train[:1])

    found = run_check("split.duplicates", train, planted, columns=names_of(frame))

    assert found.state == "fail"


def test_copies_are_found_among_coincidences(seed):
    """A tenth of the rows of a survey of opinions are copies, beside a few equal opinions."""
    train, held_out = divided(votes(np.random.default_rng(500 + seed), 1000), seed)
    planted = {name: pd.concat([rows[20:], train[:20]]) for name, rows in held_out.items()}

    assert run_check("split.duplicates", train, planted, columns=list(train)).state == "fail"


def test_equal_rows_are_equal_in_every_column():
    """Columns share their few values, and rows that only add up to the same are different."""
    left, right = (votes(np.random.default_rng(k), 400).to_numpy(float, copy=True) for k in (1, 2))
    right[:3] = left[:3]
    equal = (left[None] == right[:, None]).all(axis=2).sum(axis=1)

    assert (overlap.coincidences(left, right) == equal).all()


@pytest.mark.parametrize("world", [votes, counts])
def test_near_misses_tell_what_chance_gives(world):
    """Within a factor of two of what a fresh sample has."""
    rows = world(np.random.default_rng(3), 8000).to_numpy(dtype=float)
    left, right = rows[:5000], rows[5000:]

    chance, _ = overlap.by_chance(left, right, 0)

    assert 0.5 < chance / overlap.coincidences(left, right).sum() < 2


def planted_near(train, held_out, jitter, rng, *, afresh=False):
    """Replace a tenth of the test rows by training rows with a jitter, in units of the spread."""
    size = len(held_out["test"]) // 10
    rows = train.sample(size, random_state=int(rng.integers(1000))).reset_index(drop=True)
    spread = np.ptp(np.quantile(train, [0.16, 0.84], axis=0), axis=0) / 2
    moved = rows + jitter * spread * rng.normal(size=rows.shape)
    if afresh:
        for row, name in enumerate(rng.choice(train.columns, size)):
            moved.loc[row, name] = train[name].sample(1, random_state=row).iloc[0]
    return held_out | {"test": pd.concat([held_out["test"][size:], moved])}


@pytest.mark.parametrize(("count", "jitter"), [(3, 0.01), (5, 0.03), (8, 0.1)])
def test_copies_are_heard_at_the_scale_that_the_sample_allows(count, jitter, seed):
    """The more inputs, the larger a jitter still tells a copy from a neighbour."""
    rng = np.random.default_rng(500 + seed)
    frame = pd.DataFrame(rng.normal(size=(1000, count))).add_prefix("x")
    train, held_out = divided(frame, seed)
    planted = planted_near(train, held_out, jitter, rng)
    ask = {"columns": list(frame), "seed": seed}

    assert run_check("split.near_duplicates", train, planted, **ask).state == "fail"
    quiet = run_check("split.near_duplicates", train, held_out, **ask)
    assert quiet.state in QUIET
    assert f"up to {jitter:g}" in quiet.power or f"jitter of {jitter:g}" in quiet.power


def test_a_copy_with_one_column_measured_afresh_is_heard(seed):
    """It is near in the other five."""
    rng = np.random.default_rng(500 + seed)
    train, held_out = divided(pd.DataFrame(rng.normal(size=(1000, 6))).add_prefix("x"), seed)
    planted = planted_near(train, held_out, 0.003, rng, afresh=True)

    found = run_check("split.near_duplicates", train, planted, columns=list(train), seed=seed)

    assert found.state == "fail"


def thrice(rng, jitter, *, size=1000, times=3):
    """Return 5 inputs of objects, each measured three times in a row, and the name of each."""
    objects = np.arange(size) // times
    rows = rng.normal(size=(objects.max() + 1, 5))[objects]
    frame = pd.DataFrame(rows + jitter * rng.normal(size=rows.shape)).add_prefix("x")
    return frame.assign(object=rng.permutation(90_000)[objects])


def asked(frame, seed, waiver=None, **roles):
    """Ask about groups where none is named; only inputs and what `roles` name are in the table."""
    inputs = [name for name in frame if name.startswith("x")]
    known = {name: column(role) for name, role in (dict.fromkeys(inputs, "input") | roles).items()}
    sets = divided(frame[list(known)], seed)
    options = {"group": None, "inputs": inputs, "columns": known, "seed": seed}
    return run_check("split.groups", *sets, waiver=waiver, **options)


@pytest.mark.parametrize("jitter", [0.01, 0.1, 0.3])
def test_objects_without_a_group_are_asked_about(jitter, seed):
    """By the column that names them, whatever its role and the order, or by runs in the file."""
    frame = thrice(np.random.default_rng(500 + seed), jitter)
    mixed = frame.sample(frac=1, random_state=seed)

    for role in ("id", "ignored", "nuisance"):
        found = asked(mixed, seed, object=role)
        assert found.state == "unanswered"
        assert "Rows with the same 'object' resemble each other" in found.message
    found = asked(frame, seed)
    assert found.state == "unanswered"
    assert "Rows beside each other in the file" in found.message


def test_objects_without_any_name_are_asked_about(seed):
    """In any order, as long as the jitter is small."""
    frame = thrice(np.random.default_rng(500 + seed), 0.01).sample(frac=1, random_state=seed)
    found = asked(frame, seed)

    assert found.state == "unanswered"
    assert "give the column that names it the role group" in found.message


def test_who_names_the_group_or_a_reason_is_asked_no_more(seed):
    """With the role group the split itself is judged; a reason waives."""
    frame = thrice(np.random.default_rng(500 + seed), 0.1)
    waived = asked(frame, seed, waiver="simulated afresh for each row", object="id")
    sets = divided(frame, seed)

    assert waived.state == "waived"
    assert run_check("split.groups", *sets, group="object").state == "fail"
    codes = np.arange(1000) // 3 % 10
    whole = frame[codes < 6], {"test": frame[codes > 5]}
    assert run_check("split.groups", *whole, group="object").state == "pass"


def drifting(rng, strength, size=1000):
    """Return inputs that drift from night to night, and the nights in no order."""
    night = rng.integers(200, size=size)
    drift = strength * rng.normal(size=(200, 4)).cumsum(axis=0)[night] / 10
    frame = pd.DataFrame(rng.normal(size=(size, 4)) + drift).add_prefix("x")
    return frame.assign(night=night, y=rng.normal(size=size))


def test_a_time_in_which_rows_resemble_each_other_is_asked_about(seed):
    """By its role or by its name; without a drift it is let be, and it says what it would see."""
    roles = {"x0": "input", "x1": "input", "x2": "input", "x3": "input", "y": "target"}
    for strength, role, states in (
        (2.0, "time", ("unanswered",)),
        (2.0, "ignored", ("unanswered",)),
        (0.0, "time", ("pass",)),
    ):
        frame = drifting(np.random.default_rng(500 + seed), strength)
        known = {name: column(each) for name, each in (roles | {"night": role}).items()}
        options = {"inputs": list(frame)[:4], "columns": known, "seed": seed}
        found = run_check("split.time", *divided(frame, seed), time=None, **options)
        assert found.state in states
        assert "'night'" in found.message
        known["night"] = column("input")
        assert (
            run_check("split.time", *divided(frame, seed), time=None, **options).state
            == "not-applicable"
        )


def test_rows_of_one_group_say_nothing_about_time():
    """The three samples of a plot are taken on one day; the split by plot keeps them together."""
    frame = trial(3, 1000)
    roles = manifest()
    options = {"time": None, "inputs": INPUTS, "columns": roles}

    assert run_check("split.time", *parts(frame), **options).state == "unanswered"
    assert run_check("split.time", *parts(frame), group="plot", **options).state == "pass"


@pytest.mark.slow
@pytest.mark.parametrize("world", WORLDS)
def test_false_alarms_are_rare(world):
    """At most one in thirty for each check."""
    alarms = np.zeros(3)
    for seed in range(30):
        frame = world(np.random.default_rng(700 + seed), 1000)
        inputs, sets = names_of(frame), divided(frame, seed)
        roles = {name: column("input" if name in inputs else "ignored") for name in frame}
        signs = {"inputs": inputs, "columns": roles, "seed": seed}
        found = [
            run_check("split.duplicates", *sets, columns=inputs),
            run_check("split.near_duplicates", *sets, columns=inputs, seed=seed),
            run_check("split.groups", *sets, group=None, **signs),
        ]
        alarms += [result.state not in QUIET for result in found]

    assert alarms.max() <= 1


def copied(train, held_out, share, jitter, rng):
    """Replace a share of the rows of each held-out set by training rows with a jitter."""
    spread = np.ptp(np.quantile(train, [0.16, 0.84], axis=0), axis=0) / 2
    found = {}
    for name, rows in held_out.items():
        size = round(share * len(rows))
        base = train.iloc[rng.integers(len(train), size=size)]
        moved = base + jitter * spread * rng.normal(size=base.shape) if jitter else base
        found[name] = pd.concat([rows[size:], moved], ignore_index=True)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "world", "jitter"),
    [
        ("split.duplicates", votes, 0),
        ("split.duplicates", counts, 0),
        ("split.near_duplicates", heavy, 0.03),
        ("split.near_duplicates", spectrum, 0.03),
    ],
)
def test_what_would_have_been_seen_is_seen(name, world, jitter):
    """A fault of the stated size is caught in four of five samples, a smaller one in fewer."""
    caught = {1.0: [], 0.4: []}
    for seed in range(40):
        rng = np.random.default_rng(800 + seed)
        train, held_out = divided(world(rng, 1000), seed)
        ask = {"columns": list(train), "seed": seed}
        share = run_check(name, train, held_out, **ask).detectable
        for part in caught if share is not None and share <= 1 else ():
            planted = copied(train, held_out, part * share, jitter, rng)
            caught[part].append(run_check(name, train, planted, **ask).state == "fail")

    assert len(caught[1.0]) > 20
    assert np.mean(caught[1.0]) > 0.7
    assert np.mean(caught[0.4]) < 0.7


@pytest.mark.slow
def test_a_shift_of_the_stated_size_is_seen():
    """The AUC is what the quick learner reaches out of fold."""
    caught, reached = [], []
    for seed in range(40):
        rng = np.random.default_rng(800 + seed)
        one, two = (
            pd.DataFrame(rng.normal(size=(size, 2)), columns=["a", "b"]) for size in (300, 200)
        )
        ask = {"inputs": ["a", "b"], "seed": seed}
        stated = run_check("split.deployment_shift", one, two, **ask).detectable
        found = run_check("split.deployment_shift", one, two.assign(a=two["a"] + 0.86), **ask)
        caught.append(found.state == "fail")
        reached.append(float(found.message.split()[1]))

    assert np.mean(reached) == pytest.approx(stated, abs=0.015)
    assert 0.65 <= np.mean(caught) <= 0.95
