"""What `boxloop run` would refuse, `boxloop adopt` mends or refuses: of all columns at once."""

import re
import shlex

import numpy as np
import pandas as pd
import pytest
from cases_at import case
from studies.own_data import data
from test_adopt import project, written

from boxloop.adopt.command import adopt
from boxloop.adopt.plan import fewest_of_a_class
from boxloop.base.errors import UserError
from boxloop.checks import run_check
from boxloop.settings.load import load_settings
from boxloop.split.division import divide, exploration, folds

RNG = np.random.default_rng(5)
N = 120
GOOD = pd.DataFrame(
    {"a": RNG.normal(size=N), "b": RNG.normal(20, 1, N), "w": RNG.choice(list("xyz"), N)}
).assign(y=lambda rows: rows.a + RNG.normal(size=N))


def loop_takes(here):
    """Hold what was adopted against the study, its check of the table, its split and folds."""
    settings = load_settings(here.settings_file)
    rows = data.labelled(here.raw)
    looked_at = exploration(rows, settings)
    divide(rows, settings)
    assert len(folds(looked_at, settings)) == settings.split.folds
    finding = run_check("data.schema", looked_at, columns=settings.columns)
    assert finding.state == "pass", finding.message
    return settings, rows


def adopted(folder, frame, target="y", task="regression", **options):
    """Adopt a table, hold it against the loop, and return settings, rows and notes."""
    here = project(folder, task)
    path = frame if hasattr(frame, "name") else written(folder, frame)
    found = adopt(here, path, target=target, **options)
    return *loop_takes(here), " ".join(found.notes)


def test_infinite_values_of_inputs_are_gaps(tmp_path):
    """Said, and written in study.toml where it can be undone."""
    frame = GOOD.assign(a=GOOD.a.where(GOOD.index % 9 != 4, np.inf), e_b=0.1)
    frame.loc[3, "e_b"] = -np.inf
    settings, rows, notes = adopted(tmp_path, frame)

    assert settings.columns["a"].missing == [np.inf]
    assert settings.columns["e_b"].missing == [-np.inf]
    assert rows["a"].isna().sum() == 13 and len(rows) == N
    assert "Column 'a': inf is read as a missing value" in notes


def test_few_errors_of_the_target_that_are_none_cost_their_rows(tmp_path):
    """Zero, negative and infinite ones: they say no error was given."""
    frame = GOOD.assign(e_y=RNG.uniform(0.1, 0.2, N))
    frame.loc[[5, 6, 7, 8], "e_y"] = [0.0, 0.0, np.inf, np.nan]
    settings, rows, notes = adopted(tmp_path, frame)

    assert settings.weights == ["e_y"] and len(rows) == N - 4
    assert "the 4 rows without one are left out" in notes


def test_many_are_not_used_and_it_is_said(tmp_path):
    """A tenth of the rows would be lost otherwise; how to use them all the same works."""
    frame = GOOD.assign(e_y=np.where(np.arange(N) % 5, 0.1 + GOOD.a.abs(), 0.0))
    settings, rows, notes = adopted(tmp_path, frame)
    assert settings.weights == [] and len(rows) == N
    assert "24 of 120 rows with y have no error above zero" in notes

    text = (tmp_path / "project" / "study.toml").read_text(encoding="utf-8")
    told = re.search(r"(role = \"error\") and (error_of = '\w+')", notes).groups()
    mine = re.sub(r"(?<=\[columns\.e_y\]\n)role = \"ignored\"", "\n".join(told), text)
    (tmp_path / "project" / "study.toml").write_text(mine, encoding="utf-8")
    assert len(data.labelled(tmp_path / "project" / "data" / "raw")) == 96


def test_errors_that_are_none_of_an_input(tmp_path):
    """Empty or nowhere above zero: ignored; zero means that there is no noise."""
    some = np.where(np.arange(N) % 3, 0.0, 0.2)
    settings, _, _ = adopted(tmp_path, GOOD.assign(e_a=np.nan, b_err=0.0, r=GOOD.b, e_r=some))

    assert [settings.columns[name].role for name in ("e_a", "b_err")] == ["ignored", "ignored"]
    assert settings.error_of("r") is None or settings.columns["e_r"].missing == []


def test_what_never_changes_where_the_target_is_known_is_ignored_with_its_reason(tmp_path):
    """All such columns at once, words among them."""
    known = np.arange(N) % 2 == 0
    frame = GOOD.assign(
        y=GOOD.y.where(known), c=np.where(known, 3, np.arange(N)), e=GOOD.a.where(~known),
        v=np.where(known, "V", "B"),
    )  # fmt: skip
    settings, rows, notes = adopted(tmp_path, frame)
    text = (tmp_path / "project" / "study.toml").read_text(encoding="utf-8")

    assert settings.inputs == ["a", "b", "w"] and len(rows) == 60
    assert "Not used: c, e, v" in notes and "Left out: 60 of 120 rows: no target (y)" in notes
    assert "it is 3 in every row that can be used" in text
    assert "it has no value in any row that can be used" in text


def test_all_faults_stand_in_one_sentence_with_a_command_that_works(tmp_path, monkeypatch, capsys):
    """Nothing is written; the command of the sentence, pasted, adopts the table."""
    from boxloop.cli import main

    frame = GOOD.assign(
        mc_weight=np.where(np.arange(N) == 7, np.inf, 1.0), night=["soon", "later"] * (N // 2),
        **{"sample weight": np.where(np.arange(N) == 9, np.inf, 2.0)},
    ).rename(columns={"sample weight": "event_weight"})  # fmt: skip
    here, path = project(tmp_path, "regression"), written(tmp_path, frame, "two words.csv")
    before = here.settings_file.read_bytes()
    with pytest.raises(UserError) as refused:
        adopt(here, path, target="y", time="night")
    said = str(refused.value)

    assert here.settings_file.read_bytes() == before and not list(here.raw.iterdir())
    for name in ("mc_weight", "night", "event_weight"):
        assert f"column '{name}' holds" in said
    monkeypatch.chdir(here.root)
    words = shlex.split(re.search(r"`boxloop (.+)`", said)[1])
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0, capsys.readouterr().err
    settings, _ = loop_takes(here)
    assert settings.inputs == ["a", "b", "w", "night"] and settings.split.strategy == "random"


def test_a_study_tells_all_faults_at_once_too(tmp_path):
    """As `adopt` does, where study.toml was changed afterwards."""
    here = project(tmp_path, "regression")
    adopt(here, written(tmp_path, GOOD.assign(c=1, d=2)), target="y")
    text = here.settings_file.read_text(encoding="utf-8").replace('"ignored"', '"input"')
    here.settings_file.write_text(text, encoding="utf-8")

    words = "column 'c' is 1 in every usable row; column 'd' is 2 in every usable row: give it"
    with pytest.raises(UserError, match=words):
        data.labelled(here.raw)


def test_what_is_ignored_as_told_plays_no_part(tmp_path):
    """Neither it nor its error; data.schema looks at neither, whatever they hold."""
    frame = GOOD.assign(e_b=RNG.uniform(0.1, 0.2, N), odd=[np.inf, *["x"] * (N - 1)], gone=np.nan)
    settings, _, _ = adopted(tmp_path, frame, ignore=["b", "odd", "gone"])
    text = (tmp_path / "project" / "study.toml").read_text(encoding="utf-8")

    assert settings.inputs == ["a", "w"]
    assert {settings.columns[n].role for n in ("b", "e_b", "odd", "gone")} == {"ignored"}
    assert "you named it with --ignore" in text and "an error of b, which is not used" in text


@pytest.mark.parametrize(
    ("ignore", "says"), [(["y"], "'y' was named for two roles"), (["q"], "no column 'q' for --ig")]
)
def test_what_cannot_be_ignored(tmp_path, ignore, says):
    """The target, and what is not there."""
    with pytest.raises(UserError, match=says):
        adopt(project(tmp_path, "regression"), written(tmp_path, GOOD), target="y", ignore=ignore)


def test_two_targets_are_taken_one_by_one(tmp_path, monkeypatch, capsys):
    """The sentence names both commands; each ignores the other target, and works."""
    from boxloop.cli import main

    path = written(tmp_path, GOOD.assign(z=GOOD.a + GOOD.b))
    here = project(tmp_path, "regression")
    monkeypatch.chdir(here.root)
    with pytest.raises(SystemExit) as end:
        main(["adopt", str(path), "--target", "y", "--target", "z", "--ignore", "w"])
    said = capsys.readouterr().err
    assert end.value.code == 2 and said.startswith("Error: A loop predicts one target")
    for number, line in enumerate(re.findall(r"`boxloop (.+?)`", said)):
        (tmp_path / str(number)).mkdir()
        own = project(tmp_path / str(number), "regression")
        monkeypatch.chdir(own.root)
        with pytest.raises(SystemExit) as end:
            main(shlex.split(line))
        settings, _ = loop_takes(own)
        assert end.value.code == 0 and settings.study.target == "yz"[number]
        assert settings.inputs == ["a", "b"]


def test_the_number_of_rows_that_is_named_is_enough_and_one_less_is_not(tmp_path):
    """For a small table and a larger one."""
    for rows in (60, 2000):
        least = fewest_of_a_class(rows)
        for few in (least - 1, least):
            folder = tmp_path / f"{rows}_{few}"
            folder.mkdir()
            frame = pd.DataFrame({"x": RNG.normal(size=rows)}).assign(
                kind=lambda table, few=few: np.where(table.index < few, "rare", "usual")
            )
            if few == least:
                adopted(folder, frame, "kind", "classification")
            else:
                with pytest.raises(UserError, match=f"bring at least {least} rows of it"):
                    adopted(folder, frame, "kind", "classification")


def test_more_inputs_than_rows_is_a_hint(tmp_path):
    """And no refusal."""
    wide = pd.DataFrame(RNG.normal(size=(60, 80)), columns=[f"f{k}" for k in range(80)])
    settings, rows, notes = adopted(tmp_path, wide.assign(y=RNG.normal(size=60)))

    assert len(settings.inputs) == 80 and len(rows) == 60
    assert "There are 80 inputs for 60 rows with a target" in notes


def test_a_time_in_words_is_refused_by_adopt(tmp_path):
    """With the command that leaves it out."""
    frame = GOOD.assign(when=["spring", "autumn"] * (N // 2))
    with pytest.raises(UserError, match=r"column 'when' holds 'spring' in row 1.*--target y`"):
        adopted(tmp_path, frame, time="when")


def test_ranges_are_those_of_the_exploration_rows(tmp_path):
    """The largest value of a test row stands nowhere in study.toml."""
    here = project(tmp_path, "regression")
    frame = GOOD.drop(columns="w").assign(k=RNG.integers(0, 10**6, N))
    adopt(here, written(tmp_path, frame), target="y")
    settings = load_settings(here.settings_file)
    looked_at = exploration(data.labelled(here.raw), settings)
    text = here.settings_file.read_text(encoding="utf-8")

    for name in ("a", "b", "y", "k"):
        low, high = looked_at[name].min(), looked_at[name].max()
        said = f"{low} to {high}" if name == "k" else f"{low:.6g} to {high:.6g}"
        assert f"seen: {said}" in text
        hidden = set(frame[name]) - set(looked_at[name])
        assert not any(re.search(rf"seen: .*\b{re.escape(f'{value:.6g}')}\b", text)
                       for value in (max(hidden), min(hidden)))  # fmt: skip


# Odd tables by the hundred: each is refused in a sentence, or the loop takes it.
def odd_column(rng, n):
    """One column as people have it, good or bad."""
    kind = rng.integers(14)
    values = rng.normal(10, 3, n)
    if kind < 4:
        return values
    return [
        values.round(1),
        np.where(rng.random(n) < rng.choice([0.02, 0.5, 0.99]), np.nan, values),
        np.where(rng.random(n) < 0.05, rng.choice([np.inf, -np.inf]), values),
        np.where(rng.random(n) < 0.2, rng.choice([-99.0, 99.0, 0.0, -9.0]), values),
        np.full(n, 3.0),
        np.full(n, np.nan),
        rng.choice(["red", "blue ", " green"], n),
        np.array([f"word {k}" for k in rng.integers(0, 200, n)]),
        np.where(rng.random(n) < 0.3, "n/a?", values.round(2).astype(str)),
        rng.integers(0, 3, n).astype(bool),
    ][kind - 4]


NAMES = ("a", "e_a", "mag", "mag_err", "y_err", "mc_weight", "host_id", "mjd", "flag", "note")


def odd_table(seed):
    """A table with odd columns under names that mean something, its task and what is typed."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([12, 45, 90, 300]))
    names = rng.permutation(NAMES)[: rng.integers(2, 8)]
    frame = pd.DataFrame({name: odd_column(rng, n) for name in names})
    if "host_id" in frame and rng.random() < 0.7:
        frame["host_id"] = rng.integers(1, max(2, n // 3), n)
    task = rng.choice(["regression", "classification", "anomaly-detection"])
    target = rng.normal(size=n)
    if task != "regression":
        shares = rng.choice([[0.5, 0.5, 0], [0.9, 0.08, 0.02], [0.6, 0.3, 0.1]])
        target = rng.choice(["A", "B", "C"], n, p=shares).astype(object)
    frame["y"] = pd.Series(target).where(rng.random(n) > rng.choice([0, 0.1, 0.6]))
    named = {"group": "host_id", "time": "mjd"}
    options = {
        option: column for option, column in named.items() if column in frame and rng.random() < 0.5
    }
    if rng.random() < 0.3:
        options["ignore"] = [str(names[0])] if names[0] not in options.values() else []
    if task == "regression" and rng.random() < 0.2:
        options["transform"] = str(rng.choice(["asinh", "log10"]))
    return frame, task, options


@pytest.mark.parametrize("block", range(8))
def test_an_odd_table_is_refused_or_taken_by_the_loop(tmp_path, block):
    """Adopt and the study never disagree, and a command that it names is taken in its turn."""
    taken = 0
    for seed in range(20 * block, 20 * block + 20):
        frame, task, options = odd_table(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        try:
            adopted(folder, frame, "y", task, **options)
            taken += 1
        except UserError as refused:
            said = str(refused)
            left = list((folder / "project" / "data" / "raw").iterdir())
            if left or not said.endswith("."):
                pytest.fail(f"table {seed}, refused by the loop: {said}")
    assert taken >= 3, f"only {taken} of 20 were taken"


# The small tables beside the project.
@pytest.mark.parametrize(
    ("name", "target", "inputs", "says"),
    [
        ("36_zero_errors.csv", "z", ["u", "g"], "76 of 400 rows with z have no error above zero"),
        ("36b_minus9_errors.csv", "z", ["u", "g"], "86 of 400 rows with z have no error above"),
        ("40_constant_where_target.csv", "mass", ["period", "radius"], "periodlim, radiuslim"),
        ("43_inf_error_of_input.csv", "z", ["u", "g", "r"], "'g_err': inf is read as a missing"),
        ("16g_inf.csv", "z_spec", ["u", "g", "r", "i"], "'u': inf is read as a missing value"),
    ],
)
def test_a_table_that_run_refused_is_mended(tmp_path, name, target, inputs, says):
    """The loop takes it, and what was done is said."""
    settings, _, notes = adopted(tmp_path, case(name), target)

    assert settings.inputs == inputs and says in notes


def test_more_columns_than_rows_of_spectra(tmp_path):
    """1,200 fluxes of 150 stars."""
    settings, _, notes = adopted(tmp_path, case("17_spectra_p_gt_n.csv.gz"), "teff")

    assert len(settings.inputs) == 1200 and "There are 1,200 inputs for 150 rows" in notes


def test_a_rare_third_class_does_not_matter(tmp_path):
    """With --positive."""
    table = case("41_rare_third_class.csv")
    settings, rows, _ = adopted(tmp_path, table, "type", "classification", positive="RRab")

    assert settings.study.positive_class == "RRab" and len(rows) >= 398


@pytest.mark.parametrize("name", ["20b_tiny40_class.csv", "31_1to300.csv"])
def test_too_few_rows_of_a_class_says_how_many_are_enough(tmp_path, name):
    """Eleven or fourteen are not, fifteen are."""
    target = "type" if "tiny" in name else "label"
    with pytest.raises(UserError, match="bring at least 15 rows of it"):
        adopted(tmp_path, case(name), target, "classification")
