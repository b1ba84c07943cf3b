"""Parts of the referee, each on a few files instead of a whole release."""

import base64
import hashlib
import json
import shutil
from types import SimpleNamespace

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from fake_loop import cell
from study_files import STUDY

from boxloop.base.errors import UserError
from boxloop.base.files import fingerprint, write_json, write_table, write_text
from boxloop.base.places import Project
from boxloop.figures.lines import drawn
from boxloop.measure.sets import DRAWS
from boxloop.parcel import make_toy, toy
from boxloop.record.causes import Causes
from boxloop.record.facts import file_hash
from boxloop.referee import asked, model, outputs, page, rerun, sources, words
from boxloop.referee.finding import AGREES, CANNOT_TELL, DIFFERS
from boxloop.referee.sent import Sent
from boxloop.report.pictures import lighter

OWN = STUDY + '\n[data]\ntable = "data/raw/all.csv"\nsha256 = ""\n'
PRIVATE = "\n[release]\nshare_data = false\n"


@pytest.fixture
def sent(tmp_path):
    """A release with a study.toml and nothing else."""
    root = tmp_path / "sent"
    write_text(root / "study.toml", STUDY)
    opened = SimpleNamespace(path=root, manifest={}, files={})
    return Sent(opened, root, [])


def put(sent, name, content):
    """Write a file of a release: text, JSON, or a table."""
    path = sent.file(name)
    if isinstance(content, pd.DataFrame):
        write_table(path, content)
    elif isinstance(content, str):
        write_text(path, content)
    else:
        write_json(path, content)
    return path


def chapter(sent, name, *code):
    """Write a notebook of a release."""
    cells = [cell("code", f"c{number}", text) for number, text in enumerate(code)]
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    put(sent, f"notebooks/{name}.ipynb", json.dumps(content))


def states(findings):
    return [one.state for one in findings]


@pytest.mark.parametrize(
    ("code", "draws", "seed"),
    [
        ("here.compare(a, b)", {DRAWS}, {0}),
        ("here.draws = 40\nhere.compare(a, b)", {DRAWS, 40}, {0}),
        ("here.draws = few\nhere.compare(a, b)", set(), {0}),
        ("here.draws += 3\nhere.compare(a, b)", set(), {0}),
        ("here.compare(a, b, share=1 / 2)", {DRAWS, DRAWS // 2}, {0}),
        ("here.compare(a, b, share=some)", set(), {0}),
        ("here.seed = 7\nhere.measure_sets(a, b)", {DRAWS}, {0, 7}),
        ("here.compare(a, b, draws=20)", set(), set()),
        ("here.compare(a, b, **options)", set(), set()),
    ],
)
def test_with_what_a_chapter_may_have_asked(sent, code, draws, seed):
    """What its code says in plain sight counts; where it computes, nobody knows."""
    chapter(sent, "05_diagnose", code)
    found = asked.rules(sent, "05_diagnose")
    assert (found.draws, found.seed) == (draws, seed)


@pytest.mark.parametrize(
    ("code", "keeps"),
    [
        ("here.metrics('a', here.compare(x, y), n_rows=1)", True),
        ("t = here.compare(x, y)\nhere.metrics('a', t, n_rows=1)", True),
        ("t = {k: here.compare(x, y) for k in z}\nhere.metrics('a', t['b'], n_rows=1)", True),
        ("t = here.compare(x, y)\nhere.metrics('a', other, n_rows=1)", False),
        ("here.metrics('a', mine(x), n_rows=1)", False),
        ("here.compare(x, y)", False),
    ],
)
def test_whether_a_chapter_has_its_evidence_kept(sent, code, keeps):
    chapter(sent, "05_diagnose", code)
    assert asked.rules(sent, "05_diagnose").keeps is keeps


def test_reasons_for_what_is_set_aside(sent):
    """As the code spells them; of a check one of whose reasons is computed none is known."""
    chapter(
        sent,
        "03_split",
        'here.not_applicable("split.time", "No dates.")\nhere.not_applicable("b.c", "One.")',
        'here.not_applicable("b.c", f"{n} of them.")',
    )
    assert asked.reasons(sent, "03_split") == {"split.time": ["No dates."]}
    chapter(sent, "04_train", 'for name in a:\n    here.not_applicable(name, "No.")')
    assert asked.reasons(sent, "04_train") == {}


def test_a_card_may_not_tell_the_mix_of_classes():
    """All else in a row is compared, and something must stand there."""
    made = ["test", "9", "purity", "0.9 [0.8, 1.0]", "0.7", "0.2", "half of them"]
    assert words._agree(made, made) and words._agree(made[:6], made)
    assert not words._agree(made[:3], made)
    assert not words._agree([*made[:3], "0.95 [0.8, 1.0]", *made[4:]], made)


def test_limits_in_the_card_are_those_of_06(sent):
    """Where the card has that table."""
    table = pd.DataFrame({"test": ["noise"], "level": [0.1], "verdict": ["safe"]})
    subject = SimpleNamespace(result=lambda _: table)
    text = f"# Card\n\n## {words.LIMITS}\n\n| test | level | verdict |\n| --- | --- | --- |\n"
    sent.__dict__["same_machinery"] = True
    for row, state in (("| noise | 0.1 | safe |", AGREES), ("| noise | 0.3 | safe |", DIFFERS)):
        put(sent, words.CARD_OF_08, f"{text}{row}\n\n## More\n\nWords.\n")
        assert states(words._limits_in_card(sent, subject)) == [state]
    put(sent, words.CARD_OF_08, f"# Card\n\n## {words.LIMITS}\n\nNowhere.\n")
    assert states(words._limits_in_card(sent, subject)) == []


def test_sections_of_a_cover():
    """By the id of their headings; one that stands there twice counts whole."""
    html = (
        '<header id="cover"><section aria-labelledby="verdict"><h2>One</h2> it is\n good'
        '</section><section aria-labelledby="verdict">or bad</section>'
        '<section aria-labelledby="other">no</section></header>'
        '<section aria-labelledby="headline">below</section>'
    )
    assert page.sections(html) == {"verdict": "One it is good or bad"}


@pytest.fixture(scope="module")
def figures():
    """Two figures as `here.show` has them: PNG and lines, of each."""
    found = []
    for height in (1, 2):
        fig, ax = plt.subplots(figsize=(3, 2))
        ax.bar(["model", "reference"], [height, 3 - height], color=["tab:blue", "tab:orange"])
        found.append(drawn(fig))
        plt.close(fig)
    return found


def shown(sent, *figures, kind="svg+xml", name=' data-name="bars"'):
    """Return what is found of a report that shows pictures in the part of a chapter."""
    data = [base64.b64encode(one.encode() if isinstance(one, str) else one) for one in figures]
    images = [f'<img alt="" src="data:image/{kind};base64,{one.decode()}"{name}>' for one in data]
    html = f'<section class="chapter" id="04-train"><section>{"".join(images)}</section></section>'
    return list(page._figures(sent, html))


def test_figures_of_the_report_are_those_that_the_chapter_drew(sent, figures):
    """Another one in its place is named, under the same name or under none."""
    (_png, lines), (_, other) = figures
    put(sent, "notebooks/04_train.ipynb", "{}")
    assert states(shown(sent, lines)) == [CANNOT_TELL]  # of an earlier boxloop
    station = {"drawn": {"bars": [hashlib.sha256(lines.encode()).hexdigest()]}}
    put(sent, "results/04_train/station.json", station)

    assert states(shown(sent, lines)) == [AGREES]
    (found,) = shown(sent, other)
    assert found.state == DIFFERS and "another figure bars than was drawn" in found.said
    assert DIFFERS in states(shown(sent, lines, other))
    assert states(shown(sent, other, name="")) == [DIFFERS, CANNOT_TELL]
    assert states(shown(sent, other, name=' data-name="more"')) == [CANNOT_TELL, DIFFERS]
    assert states(shown(sent)) == []  # a page without chapters: all of it was compared above


def test_a_figure_of_pixels_looks_like_the_one_that_is_kept(sent, figures):
    """The report has it with fewer colours."""
    (png, _), (other, _) = figures
    put(sent, "notebooks/04_train.ipynb", "{}")
    put(sent, "results/04_train/station.json", {"drawn": {"bars": [""]}})
    sent.file("results/04_train/figures").mkdir()
    sent.file("results/04_train/figures/bars.png").write_bytes(png)
    small = base64.b64decode(lighter(base64.b64encode(png).decode()))

    assert states(shown(sent, small, kind="png")) == [AGREES]
    for picture in (other, b"no picture"):
        assert states(shown(sent, picture, kind="png")) == [DIFFERS]


def test_the_program_of_toys_is_that_of_boxloop(sent, monkeypatch):
    """It is read, never run; tables are made again by the program that is here."""
    sent.__dict__["same_machinery"] = True
    monkeypatch.setattr(model, "same_versions", lambda _: True)
    assert states(words._toys(sent)) == []
    put(sent, "toy/make_toy.py", toy.makers()[0])
    put(sent, "toy/labelled.csv", "a\n1\n")
    monkeypatch.setattr(toy, "made", lambda _: {"labelled.csv": "a\n1\n"})
    assert states(words._toys(sent)) == [AGREES]
    put(sent, "toy/labelled.csv", "a\n2\n")
    put(sent, "toy/make_toy.py", "import os\n" + toy.makers()[0])
    said = list(words._toys(sent))
    assert states(said) == [DIFFERS, DIFFERS] and "read it before you run it" in said[0].said


@pytest.mark.parametrize(
    "recipe",
    [
        {"tables": [{}]},
        {"tables": 3},
        {"seed": 0, "tables": [{"file": "a", "parts": [{"sizes": [[1, 10**12]]}]}]},
    ],
)
def test_a_hostile_recipe_is_one_sentence(recipe, monkeypatch):
    monkeypatch.setattr(make_toy, "make", lambda *_: pytest.fail("it was made"))
    with pytest.raises(UserError, match="is no recipe of toy tables"):
        toy.made(recipe)
    assert toy.made({}) == {}


def test_settings_before_toys_took_the_place_of_rows(sent, monkeypatch):
    """What was sent must be what the release makes of those of the last pass, and no other."""
    before = OWN + PRIVATE
    put(sent, f"toy/{toy.NAMES['labelled']}", "height,weight\n1,2\n")
    put(sent, "study.toml", toy.study_toml(before, sent.project.root))
    monkeypatch.setattr(sources, "last_pass", lambda _: {"number": 1})
    monkeypatch.setattr(sources, "causes_of", lambda *_: Causes(settings=before))
    assert sources.before_toys(sent) == before
    assert sources._hash(sent, "study.toml") == _text_hash(before)

    text = sent.text("study.toml")
    put(sent, "study.toml", text.replace("How heavy is it?", "How tall is it?"))
    assert sources.before_toys(sent) == ""
    del sent.__dict__["settings"]
    put(sent, "study.toml", text.replace("share_data = false", "share_data = true"))
    assert sources.before_toys(sent) == ""


def _text_hash(text):
    import hashlib

    return hashlib.sha256(text.encode()).hexdigest()


def test_machinery_of_the_last_pass(sent):
    """By which words are judged: one that was changed excuses nothing."""
    name = "boxloop/one.py"
    put(sent, name, "ONE = 1\n")
    kept = fingerprint({name: file_hash(sent.project, sent.file(name))})
    assert list(sources._machinery(sent, Causes(machinery=kept))) == []
    put(sent, name, "ONE = 2\n")
    assert states(sources._machinery(sent, Causes(machinery=kept))) == [DIFFERS]


@pytest.mark.parametrize(
    ("more", "found"),
    [("", [DIFFERS]), ("\n[release]\nshare_predictions = false\n", []), (PRIVATE, [])],
)
def test_predictions_that_are_not_there(sent, more, found):
    """They are missed where they are to be shared."""
    put(sent, "study.toml", STUDY + more)
    assert states(model._stored(sent)) == found


@pytest.mark.parametrize(
    ("data", "other", "found"),
    [(b"x", {}, AGREES), (b"y", {}, DIFFERS), (b"y", {"onnx": ("1", "2")}, CANNOT_TELL)],
)
def test_a_swapped_onnx_is_named(sent, monkeypatch, data, other, found):
    """It is made again of the model, never run; other versions may make other bytes."""
    put(sent, "model/proof.parquet", pd.DataFrame({"height": [1.0], "weight": [1.0]}))
    sent.file("model/model.onnx").write_bytes(data)
    sent.__dict__["same_machinery"] = True
    monkeypatch.setattr("boxloop.parcel.onnx.again", lambda *_: [b"x"])
    monkeypatch.setattr(model, "needs_study", lambda _: False)
    monkeypatch.setattr(model, "load_model", lambda _: None)
    monkeypatch.setattr(model, "unlike", lambda _: other)
    assert states(model._onnx(sent, trusted=False)) == [found]


@pytest.mark.parametrize(
    ("new", "exact", "found"),
    [
        ({"level": [1.0], "fit_ms": [7.0]}, True, AGREES),
        ({"level": [1.1], "fit_ms": [3.0]}, True, DIFFERS),
        ({"level": [1.1], "fit_ms": [3.0]}, False, CANNOT_TELL),
        ({"level": [1.0, 2.0], "fit_ms": [3.0, 3.0]}, True, DIFFERS),
    ],
)
def test_tables_of_a_second_run(tmp_path, new, exact, found):
    """Numbers are compared, but for those of a clock."""
    one, two = (Project(tmp_path / name) for name in "ab")
    for project, table in ((one, {"level": [1.0], "fit_ms": [3.0]}), (two, new)):
        write_table(project.root / "results/06_stress_test/stress.csv", pd.DataFrame(table))
    assert states(outputs.tables(one, two, exact=exact)) == [found]


def test_figures_of_a_second_run(tmp_path):
    one, two = (Project(tmp_path / name) for name in "ab")
    for name, project in zip("ab", (one, two), strict=True):
        for stem, text in (("same", "x"), ("passes", name)):
            write_text(project.root / f"results/07_log/figures/{stem}.png", text)
    assert states(outputs.figures(one, two, exact=True)) == [AGREES]
    write_text(one.root / "results/07_log/figures/same.png", "y")
    assert states(outputs.figures(one, two, exact=True)) == [CANNOT_TELL]
    assert states(outputs.figures(one, two, exact=False)) == []


@pytest.mark.parametrize("own", [True, False])
def test_a_second_run_keeps_a_table_of_ones_own(sent, tmp_path, monkeypatch, own):
    """No chapter could make it again; what a chapter makes is gone before the loop runs."""
    interval = {"value": 1.0, "low": 0.5, "high": 1.5}
    metrics = {"sets": {"validation": {"metrics": {"rmse": {"model": interval}}}}}
    put(sent, "study.toml", OWN if own else STUDY)
    put(sent, "data/raw/all.csv", "height,weight\n1,2\n")
    put(sent, "data/interim/train.parquet", pd.DataFrame({"height": [1.0]}))
    chapter(sent, "03_split", "pass")
    made = dict.fromkeys(["data/raw/all.csv", "data/interim/train.parquet"], "hash")
    put(sent, "results/03_split/station.json", {"outside": made})
    put(sent, "results/metrics.json", metrics)
    seen = {}

    def run(copy, python):
        seen.update({name: copy.root.joinpath(name).is_file() for name in made})
        assert not copy.metrics_file.exists()
        shutil.copytree(sent.project.results, copy.results, dirs_exist_ok=True)

    monkeypatch.setattr(rerun, "run", run)
    monkeypatch.setattr(rerun, "environment", lambda *_, **__: rerun.Machine("python", "Run."))
    options = {"newest": False, "find_links": None, "echo": lambda _: None}
    found = list(rerun.look(sent, **options))

    assert seen == {"data/raw/all.csv": own, "data/interim/train.parquet": False}
    assert DIFFERS not in states(found)
    assert "validation: 3 numbers compared, each the same." in [one.said for one in found]


def test_a_second_run_on_toys_says_so(sent):
    """Its numbers are not those of the rows, and nothing is held against anybody."""
    put(sent, "study.toml", OWN + PRIVATE)
    (found,) = rerun.compared(sent, sent.project, newest=False)
    assert found.state == CANNOT_TELL and found.said.startswith("Run on toy rows")


def test_the_bundle_of_08_is_not_lost():
    """It is there as the model of the release, so a nicer draft beside it is named, not excused."""
    makes = {"results/08_release/model/facts.json": "a", "results/04_train/ladder.csv": "b"}
    sent = SimpleNamespace(
        chapters=["08_release"], station=lambda _: {"makes": makes}, has=lambda _: False
    )
    assert words._lost(sent) == ["results/04_train/ladder.csv"]
