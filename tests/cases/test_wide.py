"""Very many inputs, long tails, and what the loop leans on: measured, said, and affordable."""

import tomllib
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from cases_at import case
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, cross_val_score
from studies.own_data import baseline, data, inputs, models, stress
from test_adopt import project, table, written

from boxloop.adopt.command import adopt
from boxloop.base.errors import UserError
from boxloop.checks import exact
from boxloop.measure import Task, guess
from boxloop.measure import pushes as walks
from boxloop.measure.explain import EACH, searched, shuffled, these
from boxloop.measure.long_tails import LongTails
from boxloop.measure.metrics import METRICS
from boxloop.measure.working_points import best_f1
from boxloop.settings.load import Settings, load_settings

RNG = np.random.default_rng(4)


def spectra(rows=90, pixels=200):
    """More inputs than rows: two of them tell the target, and all share a slow trend."""
    trend = RNG.normal(size=(rows, 1)) * np.linspace(0, 1, pixels)
    flux = pd.DataFrame(trend + RNG.normal(size=(rows, pixels)))
    flux.columns = [f"f{number}" for number in range(pixels)]
    return flux.assign(teff=2 * flux["f150"] - flux["f30"] + 0.3 * RNG.normal(size=rows))


def adopted(folder, monkeypatch, path, target, task="regression"):
    """Return settings, rows and notes of a table that was adopted, inside of its project."""
    here = project(folder, task)
    found = adopt(here, path, target=target)
    monkeypatch.chdir(here.root)
    return load_settings(here.settings_file), data.labelled(here.raw), " ".join(found.notes)


def errors(settings, rows, ladder):
    """Return the error of each model on rows that it has not seen, by name."""
    task, folds = Task(settings), KFold(3, shuffle=True, random_state=0)
    known = {"cv": folds, "scoring": "neg_root_mean_squared_error"}
    seen = task.seen(rows), task.truth(rows)
    return {name: -cross_val_score(one, *seen, **known).mean() for name, one in ladder.items()}


def holds_for_more_inputs_than_rows(settings, rows, notes):
    ladder = models.ladder(0)
    assert f"There are {len(settings.inputs):,} inputs for {len(rows):,} rows" in notes
    assert list(ladder)[:2] == ["ridge", "ridge on leading columns"]
    assert "gradient boosting" not in ladder
    assert models.grids()["ridge"]["ridge__alpha"][2] == len(settings.inputs) / 10
    trivial = errors(settings, rows, {"trivial": Task(settings).trivial()})["trivial"]
    asked = {"reference": baseline.reference()} | dict(list(ladder.items())[:2])
    found = errors(settings, rows, asked)
    assert max(found.values()) < 1.02 * trivial, found
    assert found["ridge on leading columns"] < 0.6 * trivial, found


def test_the_case_of_more_inputs_than_rows(tmp_path, monkeypatch):
    """A hint and rungs that are held back, no refusal."""
    path = case("17_spectra_p_gt_n.csv.gz")
    holds_for_more_inputs_than_rows(*adopted(tmp_path, monkeypatch, path, "teff"))


def test_more_inputs_than_rows(tmp_path, monkeypatch):
    """The same of a table made here: two pixels of two hundred tell the target."""
    path = written(tmp_path, spectra())
    holds_for_more_inputs_than_rows(*adopted(tmp_path, monkeypatch, path, "teff"))


@pytest.mark.parametrize("task", ["classification", "anomaly-detection"])
def test_very_many_inputs_of_classes(tmp_path, monkeypatch, task):
    """Every rung is fitted to fewer rows than components were asked for."""
    frame = spectra(80)
    frame["kind"] = np.where(frame["teff"] > frame.pop("teff").median(), "hot", "cool")
    settings, rows, _ = adopted(tmp_path, monkeypatch, written(tmp_path, frame), "kind", task)
    X, y = Task(settings).seen(rows)[:24], Task(settings).truth(rows)[:24]
    for rung in models.ladder(0).values():
        assert np.isfinite(guess(rung.fit(X, y), X)).all()
    assert inputs.Components(30).fit(np.eye(5)).n_components == 30


@pytest.mark.parametrize(
    ("law", "words"),
    [
        (lambda X: 2 * X["x20"] - 3 * X["x310"], "2 · 'x20' - 3 · 'x310'"),
        (lambda X: X["x20"] * X["x310"], "'x20' · 'x310'"),
        (lambda X: X["x310"] / X["x20"], "'x310' / 'x20'"),
        (lambda X: np.where(np.arange(200) % 3, RNG.permutation(X["x7"]), X["x7"]), "'x7'"),
        (lambda X: X["x20"] + X["x310"] + RNG.normal(size=200), None),
    ],
)
def test_an_exact_function_among_very_many_inputs(law, words):
    """Of all pairs, and of parts of the rows; an honest scatter is none."""
    X = {f"x{number}": RNG.normal(size=200).round(4) for number in range(320)}
    found = exact.find(X, np.asarray(law(X)), seed=0)
    assert (found and found.words) == words


def test_leading_inputs_are_found_in_few_shuffles():
    """Blocks are halved; the estimator that is asked with these alone says the same."""
    X, asked = spectra(300, 600), []
    y = X.pop("teff")
    settings = SimpleNamespace(inputs=list(X), study=SimpleNamespace(seeds=[0]))
    model = Ridge(40.0).fit(X[:150], y[:150])

    def scoring(one, X, y):
        asked.append(1)
        return -float(np.sqrt(np.mean((guess(one, X) - y) ** 2)))

    options = {"inputs": settings.inputs, "scoring": scoring, "seed": 0}
    names = searched(model, X[150:], y[150:], **options)
    assert len(names) <= EACH
    assert {"f150", "f30"} <= set(names)
    assert len(asked) < X.shape[1] / 2
    one, part = these(model, X, names, settings.inputs)
    np.testing.assert_allclose(guess(one, part), guess(model, X))
    cv = [(np.arange(150), np.arange(150, 300))]
    cost = shuffled(Ridge(40.0), X, y, cv=cv, settings=settings, scoring=scoring)
    assert list(cost.index[:2]) == ["f150", "f30"]


def test_guesses_of_walks_are_asked_in_parts(monkeypatch):
    """Of thousands of inputs all steps at once would not fit in memory; the pushes are the same."""
    X = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 6)), columns=list("abcdef"))
    model, asked = Ridge().fit(X, X["a"] * X["b"]), []
    monkeypatch.setattr(walks, "guess", lambda one, X: asked.append(len(X)) or guess(one, X))
    known = {"players": {name: [name] for name in X}, "seed": 0, "walks": 5}
    whole = walks.pushes(model, X[:8], X[8:], **known)
    monkeypatch.setattr(walks, "CELLS", 2 * asked[0] / 8 * X.shape[1])
    parts = walks.pushes(model, X[:8], X[8:], **known)
    assert asked[1:] == [asked[0] / 4] * 4
    np.testing.assert_allclose(parts.parts, whole.parts)


def test_stress_tests_follow_what_the_model_leans_on(tmp_path, monkeypatch):
    """As 04 has kept it; without that, or where it is damaged, the first inputs of study.toml."""
    frame = pd.DataFrame(RNG.normal(size=(60, 9)), columns=list("abcdefghi")).assign(y=1.0)
    frame["y"] = frame["i"] + RNG.normal(size=60)
    settings, _, _ = adopted(tmp_path, monkeypatch, written(tmp_path, frame), "y")

    def pressed():
        return [test.name.removeprefix("no ") for test in stress.TESTS if test.kind == "missing"]

    assert pressed() == list("abcdef")
    file = tmp_path / "project" / "results" / stress.LEADING
    file.parent.mkdir(parents=True)
    file.write_text("input,cost\ni,3\nb,2\nnone of these,1\n", encoding="utf-8")
    assert pressed() == list("ibacde")
    assert next(test.name for test in stress.TESTS if test.kind == "covariate") == "lowest i"
    for damaged in ("", "column\ni\n", "\0"):
        file.write_text(damaged, encoding="utf-8")
        assert stress.leading(settings) == settings.inputs


def heavy(rows=600):
    """Periods up to 4e8 days, fluxes over ten decades, and a long tail of either sign."""
    frame = pd.DataFrame({"period": 10 ** RNG.normal(1.2, 0.8, rows)})
    frame.loc[:4, "period"] = [4e8, 2e7, 3e6, 1e7, 5e5]
    frame["flux"] = 10 ** RNG.uniform(-4, 6, rows)
    frame["drift"] = 5 * RNG.standard_cauchy(rows)
    frame["temperature"] = RNG.normal(5500, 400, rows)
    told = 0.6 * np.log10(frame["period"]).clip(upper=4) + 0.3 * np.log10(frame["flux"])
    return frame.assign(y=told + 0.2 * np.arcsinh(frame["drift"] / 5) + RNG.normal(0, 0.3, rows))


def test_long_tails_do_not_ruin_lines_and_networks(tmp_path, monkeypatch):
    """Said by adopt; the reference and every rung know far more than nothing."""
    settings, rows, notes = adopted(tmp_path, monkeypatch, written(tmp_path, heavy()), "y")
    for name in ("period", "flux", "drift"):
        assert f"{name} (" in notes
    assert "temperature (" not in notes
    trivial = errors(settings, rows, {"trivial": Task(settings).trivial()})["trivial"]
    ladder = {"reference": baseline.reference()} | models.ladder(0)
    assert max(errors(settings, rows, ladder).values()) < 0.6 * trivial


def test_columns_without_long_tails_are_handed_on():
    """So are gaps and truth values; a new value below all others has a logarithm, too."""
    rows = 2000
    plain = [RNG.normal(size=rows), RNG.exponential(size=rows), RNG.random(rows) < 0.01]
    X = np.column_stack([*plain, 10 ** RNG.uniform(-2, 8, rows)]).astype(float)
    X[3, 0] = np.nan
    steps = LongTails().fit(X)
    np.testing.assert_array_equal(steps.kind_ > 0, [False, False, False, True])
    np.testing.assert_array_equal(steps.transform(X)[:, :3], X[:, :3])
    assert np.isfinite(steps.transform([[0.0, 0.0, 0.0, -5.0]])).all()


def scored(apart, share, rows=6000):
    """Return labels and the probability that two bells make of a number."""
    y = (RNG.random(rows) < share).astype(float)
    odds = apart * (RNG.normal(size=rows) + apart * y) - apart**2 / 2
    return y, 1 / (1 + np.exp(-odds) * (1 - share) / share)


def test_a_cut_is_proposed_where_f1_is_highest():
    """With its interval, beside one half; what is as good is left as it is."""
    y, score = scored(3.5, 0.1)
    options = {"groups": np.arange(len(y)), "draws": 100, "seed": 0}
    found = best_f1(y, score, working_point=0.1, **options)
    best, half, now = found.table["F1"][["best F1", "one half", "study.toml"]]
    assert best >= half > now + 0.03
    assert found.low < 0.45 < found.high
    assert found.is_better
    assert f"write working_point = {found.cut:.2g}" in found.words
    again = best_f1(y, score, working_point=found.cut, **options)
    assert not again.is_better
    assert "as good within chance" in again.words
    y, score = scored(1.0, 0.02)  # told badly: far below one half
    assert best_f1(y, score, working_point=0.5, **options).cut < 0.3


def test_a_rare_class_is_cut_at_one_half_until_it_is_measured(tmp_path):
    """How well a class is told decides, and not how rare it is."""
    frame = table(400).assign(kind=np.where(np.arange(400) % 20, "galaxy", "quasar"))
    here = project(tmp_path)
    adopt(here, written(tmp_path, frame), target="kind")
    assert load_settings(here.settings_file).study.working_point == 0.5


def measured_by(tmp_path, lines, task="classification"):
    """Return the settings of an adopted table with other lines in [study]."""
    here = project(tmp_path, task)
    adopt(here, written(tmp_path, table(200)), target="kind")
    content = tomllib.loads(here.settings_file.read_text(encoding="utf-8"))
    content["study"] |= lines
    return Settings.model_validate(content)


def test_the_figure_of_merit_of_a_search_can_be_set(tmp_path):
    """One false-positive rate or several; criteria that name it are read at the first."""
    lines = {"primary_metric": "signal_efficiency", "false_positive_rate": [0.05, 0.01]}
    own = [{"name": "c", "metric": "signal_efficiency", "set": "test", "at_least": 0.1}]
    study = measured_by(tmp_path, lines | {"criteria": own}).study
    assert study.primary_metric == "signal_efficiency_at_5e-2"
    assert study.criteria[0].metric == "signal_efficiency_at_5e-2"
    assert study.secondary_metrics[-1] == "signal_efficiency_at_1e-2"
    y, score = scored(2.0, 0.3)
    passed = score > np.quantile(score[y == 0], 0.95)
    found = METRICS["signal_efficiency_at_5e-2"](y, score)
    assert found == pytest.approx(passed[y == 1].mean(), abs=0.01)
    area = METRICS["partial_roc_auc_to_1e-1"](y, score)
    assert area == pytest.approx(roc_auc_score(y, score, max_fpr=0.1))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ({"primary_metric": "signal_efficiency"}, "false_positive_rate = 0.01"),
        ({"false_positive_rate": 0.01}, "is read by no metric"),
        (
            {"primary_metric": "signal_efficiency", "false_positive_rate": [0.1, 2.0]},
            "must lie between 0 and 1",
        ),
        ({"primary_metric": "signal_efficiency_at_3"}, "is not known"),
    ],
)
def test_a_rate_that_is_none_is_said(tmp_path, lines, says):
    """One sentence each."""
    with pytest.raises((UserError, ValueError), match=says):
        measured_by(tmp_path, lines)
