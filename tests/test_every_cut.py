"""What every cut would give: exact counts, the intervals of the metrics, and no row to be read."""

import json
from typing import Any

import cut_project
import numpy as np
import pytest
from cut_project import TASKS, measured, write
from report_page import assert_silent, assert_whole, page
from sklearn.metrics import confusion_matrix, precision_score, recall_score, roc_curve

from boxloop.base.files import read_json
from boxloop.measure import every_cut
from boxloop.measure.metrics import METRICS
from boxloop.report import build_report
from boxloop.report import every_cut as shown


def held(soup: Any) -> Any:
    """Return what the page holds of its cuts."""
    return json.loads(str(soup.select_one("[data-cuts]")["data-cuts"]))


@pytest.fixture(scope="module", params=TASKS)
def found(request, tmp_path_factory):
    """Of each task: its name, settings, truth, what the model says, metrics, and the curves."""
    *rest, files = measured(request.param, tmp_path_factory.mktemp("cuts"))
    return request.param, *rest, read_json(files[0])


def test_the_adopted_point_has_the_intervals_of_the_metrics(found):
    """To the last bit: they are made of the same draws in the same way."""
    task, _, _, _, table, kept = found
    if task == "classes":
        assert [curve["adopted"] for curve in kept["curves"]] == [None] * 3
        return
    curve = kept["curves"][0]
    at, compared = curve["adopted"], 0
    for name, told in curve["measures"].items():
        if name in table:
            entry = table[name]["model"]
            assert (told["low"][at], told["high"][at]) == (entry["low"], entry["high"]), name
            assert shown.values(curve, name)[at] == pytest.approx(entry["value"], abs=1e-12)
            assert bool(told["few"][at]) == bool(entry.get("too_few")), name
            compared += 1
    assert compared >= (1 if task == "regression" else 2)
    if task == "regression":
        entry = table["outlier_fraction"]["reference"]
        told = kept["curves"][1]["measures"]["outlier_fraction"]
        assert (told["low"][at], told["high"][at]) == (entry["low"], entry["high"])


def test_counts_are_those_of_scikit_learn_at_every_cut(found):
    """And what follows from them, for a selection of the rows as they are."""
    task, _, truth, said, _, kept = found
    for code, curve in enumerate(kept["curves"] if task != "regression" else []):
        hit, score = (truth == code, said[:, code]) if task == "classes" else (truth > 0, said)
        for k, cut in enumerate(curve["cut"]):
            right, wrong, lost, kept_rows = confusion_matrix(hit, score >= cut).ravel()
            counted = curve["kept"][k], curve["wrong"][k]
            assert counted == (kept_rows, wrong), cut
            assert curve["signal"] == kept_rows + lost and curve["background"] == wrong + right
        if task in ("classification", "classes"):
            for name, score_of in (("purity", precision_score), ("completeness", recall_score)):
                values = shown.values(curve, name)
                for k, cut in enumerate(curve["cut"]):
                    expected = score_of(hit, score >= cut, zero_division=0)
                    assert values[k] == pytest.approx(expected, abs=1e-12)
        false, true, cuts = roc_curve(hit, score, drop_intermediate=False)
        at = [np.flatnonzero(cuts >= cut)[-1] for cut in curve["cut"]]
        assert np.allclose(np.array(curve["wrong"]) / curve["background"], false[at], atol=1e-12)
        assert np.allclose(np.array(curve["kept"]) / curve["signal"], true[at], atol=1e-12)


def test_what_is_told_of_a_cut_is_what_the_metrics_say_there(found):
    """At other points than the adopted one, in the mix that counts."""
    task, settings, truth, said, _, kept = found
    if task in ("classes", "anomaly-detection"):
        return
    stick = every_cut.Yardstick(prevalence=settings.study.prevalence)
    curve = kept["curves"][0]
    for k in range(0, len(curve["cut"]), 7):
        for name in (name for name in curve["measures"] if name in METRICS):
            if task == "regression":
                stick = every_cut.Yardstick(bound=curve["cut"][k])
            value = METRICS[name](truth, said, curve["cut"][k], yardstick=stick)
            assert shown.values(curve, name)[k] == pytest.approx(value, abs=1e-12), name


def test_at_a_share_of_the_background_an_anomaly_search_is_told_as_it_is_measured(found):
    """The efficiency and its interval are those of the metrics at that working point."""
    task, settings, truth, said, _, kept = found
    if task != "anomaly-detection":
        return
    curve = kept["curves"][0]
    at = len(curve["cut"]) // 2
    point = curve["wrong"][at] / curve["background"]
    for name in ("signal_efficiency", "sic"):
        assert shown.values(curve, name)[at] == pytest.approx(METRICS[name](truth, said, point))
    rows = [curve["measures"]["purity"][end][curve["adopted"]] for end in ("low", "high")]
    assert rows[0] < shown.values(curve, "purity")[curve["adopted"]] < rows[1]
    assert curve["point"] == settings.study.working_point


def test_of_cuts_with_the_same_background_the_best_is_told(found):
    """At a share of the background the efficiency that is read off is that of the rows counted."""
    task, *_, kept = found
    curve = kept["curves"][0]
    if task != "anomaly-detection":
        assert task == "regression" or len(set(curve["wrong"])) < len(curve["wrong"])
        return
    others = [k for k in range(len(curve["cut"])) if k != curve["adopted"]]
    wrong = [curve["wrong"][k] for k in others]
    assert len(wrong) > 10 and len(set(wrong)) == len(wrong)
    told = shown.values(curve, "signal_efficiency")
    counted = [curve["kept"][k] / curve["signal"] for k in others]
    assert [told[k] for k in others] == pytest.approx(counted, abs=1e-12)


def test_a_cut_lies_between_two_scores_with_few_digits(found):
    """No score stands in the file, and no more cuts than a reader can use."""
    _, _, _, said, _, kept = found
    ordered = np.unique(said)
    scores = {float(one) for one in ordered[1:][np.diff(ordered) > 1e-12]}
    for curve in kept["curves"]:
        cuts = curve["cut"]
        assert len(cuts) <= every_cut.MOST + 1 and len(set(cuts)) == len(cuts)
        own = [] if curve["adopted"] is None else [cuts[curve["adopted"]]]
        assert not scores & {*cuts} - {*own}
    assert every_cut._short(0.5123, 0.4987) == 0.5
    assert every_cut._short(-0.4987, -0.5123) == -0.5
    assert every_cut._short(51234.5, 51229.0) == 51230
    assert 1e-12 < every_cut._short(3e-12, 1e-12) <= 3e-12
    assert every_cut._short(0.3, np.nextafter(0.3, 0)) == 0.3


def test_a_row_at_the_cut_is_selected_and_an_error_of_that_size_is_tolerated(tmp_path):
    """Where scores, or errors, stand on a grid that cuts fall upon."""
    settings, truth, said, table, _ = measured("classification", tmp_path / "a")
    coarse = np.round(said, 1)
    evidence = every_cut.replace(table.evidence, guesses={"model": coarse})
    (curve,) = every_cut.every_cut(evidence, every_cut_task(settings))["curves"]
    for cut, kept, wrong in zip(curve["cut"], curve["kept"], curve["wrong"], strict=True):
        passes = coarse >= cut
        assert (kept, wrong) == (passes[truth > 0].sum(), passes[truth == 0].sum())
    assert curve["cut"][curve["adopted"]] == 0.4 and (coarse == 0.4).any()

    settings, truth, said, table, _ = measured("regression", tmp_path / "b")
    errors = np.round(4 * (said - truth)) / 4
    rows = {"truth": np.zeros(300), "guesses": {"model": errors, "reference": 2 * errors}}
    evidence = every_cut.replace(table.evidence, **rows)
    curve = every_cut.every_cut(evidence, every_cut_task(settings))["curves"][0]
    assert {*curve["cut"]} & {*np.abs(errors)}
    assert curve["beyond"] == [(np.abs(errors) > cut).sum() for cut in curve["cut"]]


def test_one_kind_of_rows_alone_has_no_curve(tmp_path):
    """Nothing can be traded for anything there."""
    settings, truth, said, table, _ = measured("classification", tmp_path)
    evidence = table.evidence
    alone = every_cut.replace(evidence, truth=np.zeros_like(truth))
    assert every_cut.every_cut(alone, every_cut_task(settings)) is None
    flat = every_cut.replace(evidence, guesses={"model": np.full(len(said), 0.5)})
    assert every_cut.every_cut(flat, every_cut_task(settings)) is None


def every_cut_task(settings):
    from boxloop.measure.task import Task

    return Task(settings)


def test_a_table_that_was_changed_has_no_curve_and_one_that_is_known_keeps_it(tmp_path):
    """As its rows: of a plain dict nobody knows."""
    settings, _, _, table, files = measured("classification", tmp_path)
    task = every_cut_task(settings)
    assert every_cut.keep(tmp_path / "sets", "validation", dict(table), task) == files
    table["purity"]["model"]["value"] = 1.0
    assert every_cut.keep(tmp_path / "sets", "validation", table, task) == []


def test_rows_that_are_not_shared_cannot_be_counted_one_by_one(tmp_path):
    """Between two cuts, and beyond the last, lie ten rows or none."""
    *_, files = measured("classification", tmp_path)
    for curve in read_json(files[0])["curves"]:
        (apart,) = shown._apart([curve])
        passed = sorted({0, 300, *shown._passed(apart)})
        assert min(np.diff(passed)) >= shown.ROWS_BETWEEN
        assert apart["cut"][apart["adopted"]] == curve["cut"][curve["adopted"]]
        assert len(apart["cut"]) > 10
        for name, told in apart["measures"].items():
            k = curve["cut"].index(apart["cut"][3])
            assert told["low"][3] == curve["measures"][name]["low"][k]


@pytest.mark.parametrize("task", TASKS)
def test_the_page_tells_the_adopted_point_without_a_script(tmp_path, task):
    """Value, interval, counts and criteria; hostile names are text."""
    project, (_, truth, said, table, _) = write(tmp_path / "p", task)
    soup = page(project, stale={})
    assert_silent(soup)
    assert_whole(soup)
    section, told = soup.select_one("[data-cuts]"), held(soup)
    assert len(section["data-cuts"]) < 60_000
    assert section.select_one(".cuts-controls").has_attr("hidden")
    words = section.get_text(" ", strip=True)
    assert "validation set (300 rows, 100 groups)" in words
    if task == "classification":
        assert f"{table['purity']['model']['value']:.2f}" in words
        cells = [int(one.text) for one in section.select("#cuts-matrix td")]
        wrong = int(((said >= 0.4) & (truth == 0)).sum())
        assert cells[2] == wrong and sum(cells) == 300
    judged = section.select("#cuts-criteria li")
    assert len(judged) == len(told["sets"][0]["criteria"]) and section.find("b", string="") is None


def test_where_predictions_stay_at_home_the_page_has_fewer_cuts(tmp_path):
    """As the release that it may go into."""
    sizes = []
    for share in ("true", "false"):
        more = f"\n[release]\nshare_predictions = {share}\n"
        project, _ = write(tmp_path / share, "classification", more=more)
        told = held(page(project, stale={}))
        sizes.append(len(told["sets"][0]["curves"][0]["cut"]))
    assert sizes[1] < sizes[0] / 2


def test_model_and_reference_lose_the_same_cuts(tmp_path):
    """One slider moves both, so that a place in one is the same place in the other."""
    more = "\n[release]\nshare_predictions = false\n"
    project, _ = write(tmp_path / "p", "regression", more=more)
    one, other = held(page(project, stale={}))["sets"][0]["curves"]

    assert one["cut"] == other["cut"] and len(one["beyond"]) == len(other["beyond"])
    assert one["start"] == other["start"]


def test_what_is_out_of_date_or_was_changed_is_not_moved(tmp_path):
    """Nothing stands there rather than numbers of another day."""
    project, (*_, files) = write(tmp_path / "p", "classification")
    there = build_report(project, stale={}).read_text(encoding="utf-8")
    assert 'data-cuts="' in there
    stale = build_report(project, stale={"05_diagnose": "Out of date."})
    assert 'data-cuts="' not in stale.read_text(encoding="utf-8")
    files[0].write_text(files[0].read_text(encoding="utf-8") + " ", encoding="utf-8")
    assert 'data-cuts="' not in build_report(project, stale={}).read_text(encoding="utf-8")


def test_before_the_release_no_test_row_is_in_it(tmp_path):
    """Curves come from chapters that have the rows: 05, and 08 once it has opened them."""
    project, _ = write(tmp_path / "p", "classification")
    told = held(page(project, stale={}))
    assert [one["set"] for one in told["sets"]] == ["validation"]
    assert cut_project.CRITERIA["classification"][0][0] == told["sets"][0]["criteria"][0]["measure"]
