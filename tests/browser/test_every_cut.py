"""The slider in use: what it says is what scikit-learn says, by mouse, by keyboard, on paper."""

import json

import numpy as np
import pandas as pd
import pytest
from cut_project import TASKS, write
from sklearn.metrics import confusion_matrix, f1_score, precision_score, roc_curve

from boxloop.report import build_report

SHOWN = """() => [...document.querySelectorAll("#cuts-measures td.number, #cuts-matrix td.number")]
  .map((cell) => cell.dataset.value === "" ? null : Number(cell.dataset.value))"""
TEXT = "() => document.querySelector('#cuts-measures').innerText"
EVERY = """(cuts) => cuts.map((_, k) => { const range = document.querySelector("#cuts-range");
  range.value = k; range.dispatchEvent(new Event("input", { bubbles: true }));
  return [document.querySelector("#cuts-where").textContent,
    [...document.querySelectorAll("#cuts-measures td.number, #cuts-matrix td.number")]
      .map((cell) => cell.dataset.value === "" ? null : Number(cell.dataset.value))]; })"""
MOVE = """(k) => { const range = document.querySelector("#cuts-range");
  range.value = k; range.dispatchEvent(new Event("input", { bubbles: true })); }"""


@pytest.fixture(scope="module", params=TASKS)
def cut(request, tmp_path_factory):
    """The report of each task, with truth, what the model says, and what the page holds."""
    project, (_, truth, said, table, _) = write(tmp_path_factory.mktemp("cut") / "p", request.param)
    return request.param, build_report(project, stale={}), truth, said, table


@pytest.fixture
def open_cut(visit, cut):
    """Return the page, open, and what is known of its rows."""
    task, path, truth, said, table = cut
    page = visit(path)
    told = json.loads(page.get_attribute("[data-cuts]", "data-cuts"))["sets"][0]
    return page, task, truth, said, table, told


def test_it_says_what_scikit_learn_says_at_every_cut(open_cut):
    """Counts, rates, purity and F1 to 1e-9, of each class; of a regression the larger errors."""
    page, task, truth, said, _, told = open_cut
    for k, curve in enumerate(told["curves"]):
        if task == "regression":
            assert_share(page, curve, np.abs(said - truth))
            return  # the other curve is the reference's
        assert curve.get("prevalence") == (0.02 if task == "mixed" else None)
        several = task == "classes"
        if several:
            page.select_option("#cuts-class", str(k))
        hit, score = (truth == k, said[:, k]) if several else (truth > 0, said)
        assert_counted(page, curve, hit, score)


@pytest.mark.slow
def test_a_released_test_set_says_what_scikit_learn_says(visit, released):
    """The rows that a worked example has unsealed, and those of each other domain."""
    page = visit(released / "report" / "index.html")
    sets = json.loads(page.get_attribute("[data-cuts]", "data-cuts"))["sets"]
    assert [told["set"] for told in sets][:2] == ["validation", "test"]
    for k, told in enumerate(sets[1:], start=1):
        page.select_option("#cuts-set", str(k))
        path = released / "results" / "08_release" / "sets" / f"{told['set']}.parquet"
        rows, curve = pd.read_parquet(path), told["curves"][0]
        if told["by"] == "error":
            assert_share(page, curve, (rows["model"] - rows["truth"]).abs().to_numpy())
        else:
            hit, score = rows["truth"].to_numpy() > 0, rows["model"].to_numpy()
            assert_counted(page, curve, hit, score)


def assert_share(page, curve, errors):
    """What is shown at each tolerated error is the share of the rows with larger ones."""
    for at, (_, shown) in zip(curve["cut"], page.evaluate(EVERY, curve["cut"]), strict=True):
        assert shown[0] == pytest.approx(np.mean(errors > at), abs=1e-9)


def assert_counted(page, curve, hit, score):
    """What is shown at each cut is what scikit-learn counts there."""
    false, true, cuts = roc_curve(hit, score, drop_intermediate=False)
    weights, mix = None, curve.get("prevalence")
    if mix is not None:  # the classes are as common as they are out there
        weights = np.where(hit, mix / hit.sum(), (1 - mix) / (~hit).sum())
    shown_at = page.evaluate(EVERY, curve["cut"])
    for k, (at, (_, shown)) in enumerate(zip(curve["cut"], shown_at, strict=True)):
        values, passes = dict(zip(curve["measures"], shown, strict=False)), score >= at
        right, wrong, lost, kept = confusion_matrix(hit, passes).ravel()
        assert shown[-4:] == [kept, lost, wrong, right]
        place = np.flatnonzero(cuts >= at)[-1]
        rate, found = false[place], true[place]
        purity = precision_score(hit, passes, sample_weight=weights, zero_division=0)
        if "signal_efficiency" in values and k == curve["adopted"]:  # it lies between two scores
            rate, found = curve["point"], np.interp(curve["point"], false, true)
            if mix is not None:
                purity = mix * found / (mix * found + (1 - mix) * rate)
        expected = {"purity": purity, "false_positive_rate": rate}
        expected |= dict.fromkeys(("completeness", "signal_efficiency"), found)
        if mix is None:
            expected["f1"] = f1_score(hit, passes)
        if rate > 0:
            expected |= dict.fromkeys(("sic", "sic_at_cut"), found / np.sqrt(rate))
        # Where too little background passes to say, it says nothing.
        told = {name for name in values if name in expected and values[name] is not None}
        assert told >= {"purity"}
        for name in told:
            assert values[name] == pytest.approx(expected[name], abs=1e-9), (k, name)


def test_its_script_and_the_page_without_it_say_the_same(open_cut, visit, cut):
    """At the adopted point, which is also where it starts and where it comes back to."""
    page, task, *_, told = open_cut
    without = visit(cut[1], java_script_enabled=False)
    table = without.locator(".cuts-tables").inner_text()
    assert page.locator(".cuts-tables").inner_text() == table
    where, criteria = (
        without.locator(f"#cuts-{one}").inner_text() for one in ("where", "criteria")
    )
    assert page.locator("#cuts-where").inner_text() == where
    assert page.locator("#cuts-criteria").inner_text() == criteria
    assert not without.locator("#cuts-range").is_visible()
    page.evaluate(MOVE, 0)
    assert page.locator(".cuts-tables").inner_text() != table
    page.click("#cuts-back")
    assert page.locator(".cuts-tables").inner_text() == table
    own = "the study’s own" in page.locator(".cuts-where").inner_text()
    assert own == (told["curves"][0]["adopted"] is not None) and own == (task != "classes")


def test_every_cut_is_told_alike_by_the_page_and_by_its_script(open_cut):
    """Where the cut lies, in words, at all of them."""
    from boxloop.report.every_cut import where

    page, *_, told = open_cut
    curve = told["curves"][0]
    said = [words for words, _ in page.evaluate(EVERY, curve["cut"])]
    assert said == [where(told, curve, k) for k in range(len(said))]


def test_it_is_moved_by_keyboard_and_heard(open_cut):
    """Arrows move it; value, measures and criteria are said aloud."""
    page, *_, told = open_cut
    page.focus("#cuts-range")
    before = page.evaluate(TEXT)
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(TEXT) != before
    said = page.get_attribute("#cuts-range", "aria-valuetext")
    assert said.startswith(page.locator("#cuts-where").inner_text())
    heard = page.locator("#cuts-said").inner_text()
    first = page.locator("#cuts-measures td.number").first.inner_text()
    assert first in heard
    assert ("criteria met" in heard) == bool(told["criteria"])
    live = page.evaluate("document.querySelector('#cuts-said').tagName")
    assert live == "OUTPUT"  # which is a live region by itself
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate(TEXT) == before
    assert page.evaluate("document.activeElement.id") == "cuts-range"


def test_criteria_are_judged_where_it_stands(open_cut):
    """A cut that keeps all is not pure, one that keeps few is not complete."""
    page, task, *_, told = open_cut
    if task == "classification":
        page.evaluate(MOVE, 0)
        assert "not met purity" in page.locator("#cuts-criteria").inner_text().replace("✗ ", "")
        page.evaluate(MOVE, len(told["curves"][0]["cut"]) - 1)
        assert page.locator("#cuts-criteria li").nth(0).inner_text().startswith("✓ met")
        assert page.locator("#cuts-criteria li").nth(1).inner_text().startswith("✗ not met")


def test_several_classes_have_a_cut_each(open_cut):
    """Whatever they are called."""
    page, task, truth, said, _, told = open_cut
    assert page.locator("#cuts-class").is_visible() == (task == "classes")
    if task == "classes":
        page.select_option("#cuts-class", "2")
        k = told["curves"][2]["start"]
        passes = said[:, 2] >= told["curves"][2]["cut"][k]
        right, wrong, lost, kept = confusion_matrix(truth == 2, passes).ravel()
        assert page.evaluate(SHOWN)[-4:] == [kept, lost, wrong, right]
        assert "</output><b>" in page.locator("label[for='cuts-range']").inner_text()


def test_on_paper_it_is_a_table_at_the_adopted_point(open_cut):
    """Without what can be moved; on the screen it stays where it was."""
    page, *_ = open_cut
    table = page.evaluate(TEXT)
    page.evaluate(MOVE, 1)
    moved = page.evaluate(TEXT)
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate(TEXT) == table
    assert not page.locator("#cuts-range").is_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.evaluate(TEXT) == moved


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 768), ("light", 390)])
def test_axe_finds_nothing(visit, cut, axe, theme, width):
    """Moved, and as it stands; nothing is wider than a phone."""
    page = visit(cut[1], theme, width)
    page.evaluate(MOVE, 2)
    assert axe(page) == []
    right = page.evaluate("document.querySelector('.cuts').getBoundingClientRect().right")
    inner = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.cuts *')]"
        ".map((one) => one.getBoundingClientRect().right))"
    )
    assert right <= width and inner <= width + 1


def test_its_html_is_valid(cut, html_errors):
    """As the Nu HTML checker reads it."""
    assert html_errors(cut[1]) == []


def test_its_script_is_short():
    """Under two hundred lines, and it asks nobody."""
    from importlib.resources import files

    text = (files("boxloop") / "templates/report/every_cut.js").read_text(encoding="utf-8")
    assert text.count("\n") < 200
    assert not [
        word for word in ("fetch(", "XMLHttp", "import(", "eval(", "innerHTML") if word in text
    ]
