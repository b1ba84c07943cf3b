"""The report is short first: what a digest shows, what is told once, and how small pictures get."""

import base64
import io
import json
import random

import pytest
from fake_report import (
    answer,
    check_row,
    code,
    error,
    figure,
    make_report_project,
    markdown,
    notebook,
    rich,
    write_chapter,
    write_json,
)
from report_page import assert_whole, page

from boxloop.notebooks.file import source
from boxloop.report.digest import digest_of, fold
from boxloop.report.pictures import lighter

TABLE = rich("<table><tr><td>1</td></tr></table>")
CELLS = [
    markdown("title", "# 01 Look\n\nWhat is there."),
    code("first", "draw()", [figure()]),
    markdown("seen", "A line that rises."),
    code("table", "frame", [TABLE]),
    markdown("more", "## More of it\n\nAnd more."),
    code("second", "draw()", [figure()]),
    markdown("seen-2", "A line that falls.\n\n## Next\n\nSomething else."),
    answer(),
]


def cells(*tagged):
    """Return the cells of a chapter, some of them with the tag."""
    found = json.loads(json.dumps(CELLS))
    for cell in found:
        cell["metadata"]["tags"] += ["digest"] if cell["id"] in tagged else []
    return found


@pytest.mark.parametrize(
    ("tagged", "shown"),
    [
        ([], ["first", "seen", "table"]),
        (["second"], ["table", "second", "seen-2"]),
        (["seen"], ["first", "seen", "table"]),
        (["second", "seen"], ["seen", "table", "second"]),
        (["more", "answer-data"], ["first", "table", "more", "answer-data"]),
    ],
)
def test_a_digest_shows_what_is_tagged_or_the_first_of_a_kind(tagged, shown):
    """Figure, table and the prose that goes on from the figure; an answer is none of them."""
    found = cells(*tagged)
    assert [found[at]["id"] for at in sorted(digest_of(found))] == shown


def test_prose_that_begins_something_new_is_not_what_we_see():
    """Where a heading follows the figure nobody said what is seen in it."""
    found = [code("first", "draw()", [figure()]), markdown("next", "## Next\n\nWords.")]
    assert digest_of(found) == {0}
    assert digest_of([markdown("a", "Words."), answer()]) == set()


def test_what_begins_the_section_of_a_figure_says_what_it_is():
    """Where no prose goes on from the figure; the title of a chapter is none of it."""
    found = [markdown("title", "# 04 Train\n\nWords."), code("first", "draw()", [figure()])]
    assert digest_of(found) == {1}
    found[1:1] = [markdown("rule", "## The rule\n\nWords."), code("work", "1 + 1", [])]
    assert digest_of(found) == {1, 3}
    assert digest_of([*found, markdown("seen", "A line.")]) == {3, 4}


def test_folds_hold_what_lies_between_and_name_its_headings():
    """In the order of the notebook; prose of the digest ends before a heading inside it."""
    found = cells("second", "seen-2")
    found[4]["metadata"]["fold"] = "forged"
    fold(found, failed="title")
    folded = [(cell["id"], cell["metadata"].get("fold")) for cell in found]

    assert folded == [
        ("title", None),
        ("first", "2 more cells"),
        ("seen", None),
        ("table", None),
        ("more", "More of it"),
        ("second", None),
        ("seen-2", None),
        ("seen-2-next", "Next"),
        ("answer-data", None),
    ]
    assert [cell["id"] for cell in found if cell["metadata"].get("unfold")] == [
        "seen",
        "more",
        "answer-data",
    ]
    assert source(found[6]) == "A line that falls.\n" and "Something else." in source(found[7])


def test_a_cell_that_failed_is_never_folded(tmp_path):
    """Nor is a heading of code one of prose."""
    project = make_report_project(tmp_path / "p")
    broken = [*cells(), markdown("code", "```\n## no heading\n```"), code("boom", "x", [error()])]
    write_chapter(project, "01_scoping", notebook(broken))
    found = page(project, stale={})
    assert found.find(id="01-scoping--boom").find_parent("details") is None
    assert "no heading" not in found.find(id="01-scoping--code").find_previous("summary").get_text()
    assert_whole(found)


def test_a_reason_is_told_once(tmp_path):
    """Twelve checks are waived for one reason: it stands once, and the rest leads there."""
    project = make_report_project(tmp_path / "p")
    why = "The simulation is like that."
    rows = [check_row(f"data.some_{at}", "03_split", "waived", reason=why) for at in range(12)]
    write_json(project.checks_file, [*rows, check_row("data.schema", "01_scoping", "fail")])
    found = page(project, stale={})

    assert found.get_text().count(why) == 1
    (item,) = [li for li in found.select(".exceptions li") if why in li.get_text()]
    assert item["id"] == "exceptions-waived" and len(item.select("a")) == 12
    told = [a.get_text(" ", strip=True) for a in found.select(".alerts a")]
    assert told == ["✗ 1 fail", "≈ 0 cannot-tell", "~ 12 waived"]
    assert_whole(found)


def test_the_map_of_safe_use_stands_in_front(tmp_path):
    """What 06 keeps, in words and with where it is drawn; without it nothing is claimed."""
    project = make_report_project(tmp_path / "p")
    assert page(project, stale={}).find(id="safe-use") is None
    rows = [
        "kind,test,model,model_at,reference,reference_at,better",
        "noise,all errors,unsafe,at 4: RMSE,safe,,model",
        "noise,<b>dust</b>,cannot tell,,safe,,nobody",
    ]
    table = project.station("06_stress_test") / "safe_unsafe.csv"
    table.parent.mkdir(parents=True, exist_ok=True)
    table.write_text("\n".join(rows), encoding="utf-8")
    write_chapter(project, "06_stress_test", notebook([code("map", "draw()", [figure()])]))
    section = page(project, stale={}).find(id="safe-use").find_parent("section")

    words = " ".join(section.get_text(" ").split())
    assert "safe in 0 of 2 tests, unsafe in 1, cannot tell in 1" in words
    assert "<b>dust</b>" in words and section.p.a["href"] == "#06-stress-test--map"
    table.write_text("kind,test\nnoise,all", encoding="utf-8")
    assert page(project, stale={}).find(id="safe-use") is None


def test_answers_that_a_paper_needs_stand_once_in_front(tmp_path):
    """In their chapter stands the way to them; what waits is listed, and stays in its chapter."""
    project = make_report_project(tmp_path / "p")
    asked = [{"id": name, "appendix": []} for name in ("context", "trust", "aside")]
    text = (
        "**Which place?**\n\nA *place* of its own, [twice](#No-such).\n\n"
        "**Whom to trust?**\n\nTODO\n\n**Aside?**\n\nOf no matter."
    )
    cell = markdown("answer-01", text, ["answer"], boxloop={"answers": asked})
    write_chapter(project, "01_scoping", notebook([cell]))
    found = page(project, stale={})

    front, chapter = (found.find(id=place) for place in ("needed", "01-scoping--answer-01"))
    place = front.find(id="01-scoping--needed-1a")
    assert place.strong.get_text() == "1a" and place.em.get_text() == "place"
    assert found.get_text().count("of its own") == 1
    assert chapter.find("a", href="#01-scoping--needed-1a") and "Aside?" in chapter.get_text()
    assert "TODO" in chapter.get_text() and "TODO" not in front.get_text()
    assert "Whom to trust?" in front.get_text() and "Of no matter." not in front.get_text()


def test_a_picture_is_light_and_looks_the_same():
    """A drawing has few colours; one with many, or none of ours, stays what it is."""
    from PIL import Image, ImageDraw

    drawing = Image.new("RGBA", (900, 600), "white")
    pen = ImageDraw.Draw(drawing)
    for at in range(300):
        pen.line([(3 * at, 0), (900 - at, 600)], fill=(at % 200, 90, 160), width=2)
    whole = encoded(drawing)
    small = lighter(whole)
    assert len(small) < len(whole)
    again = Image.open(io.BytesIO(base64.b64decode(small))).convert("RGB")
    assert again.size == (900, 600) and again.getpixel((899, 1)) == (255, 255, 255)
    assert lighter("no picture" * 2000) == "no picture" * 2000
    colours = Image.frombytes("RGB", (300, 200), random.Random(0).randbytes(180_000))
    assert lighter(encoded(colours)) == encoded(colours)
    clear = drawing.copy()
    clear.putalpha(90)
    assert lighter(encoded(clear)) == encoded(clear)


def encoded(picture):
    """Return a picture as base64 of a PNG."""
    file = io.BytesIO()
    picture.save(file, "png", compress_level=0)
    return base64.b64encode(file.getvalue()).decode()
