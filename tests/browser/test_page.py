"""The page in use: by mouse, by keyboard, on a phone, on paper, and without its script."""

import pytest

from browser.conftest import until

SHOWN = "document.activeElement.closest('main') !== null"


@pytest.fixture
def page(visit, report):
    """The small report, open."""
    return visit(report)


def is_dark(page):
    """Return whether the paper is dark."""
    red = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/)[0]")
    return float(red) < 100


def tab_to(page, selector):
    """Press Tab until an element is in focus, as somebody without a mouse does."""
    for _ in range(400):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} cannot be reached by keyboard")


def test_it_shows_its_text_within_a_second(page):
    """First contentful paint, from disk."""
    until(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
    assert (
        page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime") < 1000
    )


def test_a_station_shows_its_checks_under_the_mouse(page):
    """And hides them again; a click leads to the chapter."""
    name = page.locator('ol.stations li[data-station="03"] ul')
    assert not name.is_visible()
    page.hover('svg.loop a[data-station="03"]')
    assert name.is_visible()
    assert "fail split.groups" in name.inner_text()
    page.hover("h1")
    assert not name.is_visible()
    page.click('svg.loop a[data-station="03"]')
    assert page.url.endswith("#03-split")


def test_a_station_shows_its_checks_in_focus(page):
    """Arrows reach it, Enter leads to the chapter; a list that was open stays open."""
    page.click('ol.stations li[data-station="03"] summary')
    page.locator('svg.loop a[data-station="01"]').focus()
    assert page.locator('ol.stations li[data-station="01"] ul').is_visible()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert not page.locator('ol.stations li[data-station="01"] ul').is_visible()
    page.keyboard.press("ArrowRight")
    assert page.locator('ol.stations li[data-station="03"] ul').is_visible()
    page.keyboard.press("Enter")
    assert page.url.endswith("#04-train")


def test_the_theme_changes_by_mouse_and_by_keyboard(page):
    """What was chosen is remembered."""
    assert not is_dark(page)
    page.click("#theme-button")
    assert is_dark(page)
    page.reload()
    assert is_dark(page)
    tab_to(page, "#theme-button")
    page.keyboard.press("Enter")
    assert not is_dark(page)


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_the_theme_follows_the_system(visit, report, theme, dark):
    """Where nothing was chosen."""
    assert is_dark(visit(report, theme)) == dark


def test_code_folds_by_mouse_and_by_keyboard(page):
    """One cell at a time where the chapter stands in full, or all of them by the switch."""
    page.click("#\\30 3-split .whole")
    code = page.locator("#\\30 3-split--look pre").first
    assert not code.is_visible()
    page.click("#\\30 3-split--look summary")
    assert code.is_visible()
    page.keyboard.press("Enter")
    assert not code.is_visible()
    tab_to(page, "#code-button")
    page.keyboard.press("Space")
    folds = page.locator("details.code")
    assert folds.count() == page.locator("details.code[open]").count()
    assert page.get_attribute("#code-button", "aria-pressed") == "true"
    page.click("#code-button")
    assert page.locator("details.code[open]").count() == 0


def test_code_is_copied_as_it_is(visit, report):
    """The button comes with the opened cell."""
    page = visit(report, permissions=["clipboard-read", "clipboard-write"])
    page.click("#\\30 3-split .whole")
    page.click("#\\30 3-split--look summary")
    page.click("#\\30 3-split--look .copy")
    until(page, "document.querySelector('.copy').textContent === 'Copied'")
    assert (
        page.evaluate("navigator.clipboard.readText()").strip()
        == 'here.check("split.groups", train, held_out)\nfig'
    )


def test_search_by_mouse(page):
    """A click on a place leads there and marks the words, also in folded code."""
    page.fill("#search", "Model.Fit(")
    page.wait_for_selector("#hits a")
    assert page.inner_text("#found") == "8 places"
    page.click("#hits li:nth-child(3) a")
    assert (
        page.evaluate("getSelection().anchorNode.parentElement.closest('section').id") == "03-split"
    )
    assert page.locator("#\\30 3-split--fit pre").first.is_visible()


def test_search_by_keyboard(page):
    """Slash, words, arrow, Enter; the focus moves to the place."""
    page.keyboard.press("/")
    page.keyboard.type("catalogue number")
    page.wait_for_selector("#hits a")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.matches('#hits a')")
    page.keyboard.press("Enter")
    assert page.evaluate("getSelection().toString()") == "catalogue number"
    assert page.evaluate(SHOWN)


def test_search_says_when_there_is_nothing(page):
    """In words that a screen reader hears; Escape empties the field."""
    page.fill("#search", "no such words")
    until(page, "document.getElementById('found').textContent === 'Nothing found'")
    page.press("#search", "Escape")
    assert page.input_value("#search") == ""
    assert page.inner_text("#found") == ""


def test_search_takes_words_for_words(page):
    """What is typed is never read as HTML or as a pattern."""
    for words in ("<img src=x onerror=alert(1)>", "(.*", "\\"):
        page.fill("#search", words)
        page.keyboard.press("Enter")
    assert page.locator("#hits img").count() == 0


def test_the_contents_follow_the_scroll(page):
    """The chapter that is read is the current one, with its sections unfolded."""
    page.evaluate("document.getElementById('05-diagnose').scrollIntoView()")
    until(
        page, "document.querySelector('#contents [aria-current]').hash.startsWith('#05-diagnose')"
    )
    assert page.locator('#contents a[href="#05-diagnose--the-seal"]').is_visible()
    assert not page.locator('#contents a[href="#04-train--the-seal"]').is_visible()


def test_every_anchor_leads_to_its_place(page):
    """Headings, figures and checks can be addressed."""
    for anchor in ("03-split--the-seal-2", "03-split--figure-1", "check-split.groups"):
        assert page.locator(f'main a[href="#{anchor}"]').count() > 0
        page.evaluate("hash => { location.hash = hash; }", anchor)
        assert page.evaluate(
            "hash => document.getElementById(hash).getBoundingClientRect().top < innerHeight",
            anchor,
        )


def test_a_phone_shows_it_without_sideways_scroll(visit, report):
    """The contents come with a button and go with Escape or a choice."""
    page = visit(report, width=390, height=844)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert not page.locator("#contents").is_visible()
    page.click("#contents-button")
    assert page.locator("#search").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#contents").is_visible()
    page.click("#contents-button")
    page.click('#contents a[href="#06-stress-test"]')
    assert not page.locator("#contents").is_visible()
    page.keyboard.press("/")
    page.keyboard.type("catalogue")
    page.keyboard.press("Enter")
    assert not page.locator("#contents").is_visible()
    assert page.evaluate(SHOWN)


def test_paper_shows_what_a_reader_needs(page):
    """No buttons and no closed lists; light, whatever the screen was; pages of A4."""
    page.click("#theme-button")
    size = len(page.pdf(prefer_css_page_size=True))
    page.emulate_media(media="print")
    assert size > 20_000
    assert not is_dark(page)
    for selector in (".bar", "#contents", ".stations"):
        assert not page.locator(selector).is_visible()
    assert page.locator("svg.loop").is_visible()


def test_it_can_be_read_without_its_script(visit, report):
    """Text, folds and links are plain HTML; what needs the script is not there."""
    page = visit(report, java_script_enabled=False)
    page.click("#\\30 3-split--look summary")
    assert page.locator("#\\30 3-split--look pre").first.is_visible()
    assert page.locator("#contents").is_visible()
    for selector in ("#theme-button", "#code-button", "#search"):
        assert not page.locator(selector).is_visible()


FOLDED = "03-split--maths"  # a cell that the digest of 03 does not show


def is_shown(page, place):
    """Return whether what an id names can be seen."""
    return page.evaluate("place => document.getElementById(place).checkVisibility()", place)


def test_a_chapter_is_short_and_one_click_shows_it_in_full(page):
    """Its figure and table first; its prose, its checks and its code with the button."""
    assert is_shown(page, "03-split--figure-1") and not is_shown(page, FOLDED)
    assert not is_shown(page, "check-split.groups")
    page.click("#\\30 3-split .whole")
    assert is_shown(page, FOLDED) and is_shown(page, "check-split.groups")
    assert not is_shown(page, "04-train--maths")
    page.click("#\\30 3-split .whole")
    assert not is_shown(page, FOLDED)
    tab_to(page, "#full-button")
    page.keyboard.press("Enter")
    assert is_shown(page, "04-train--maths") and is_shown(page, "appendix-1a")


@pytest.mark.parametrize("script", [True, False], ids=["with its script", "without"])
@pytest.mark.parametrize("place", [FOLDED, "check-split.groups", "appendix-1a", "03-split--fit"])
def test_an_address_in_a_fold_opens_it(visit, report, place, script):
    """By a link of the page, and where the page is opened at that place."""
    page = visit(report, java_script_enabled=script)
    page.goto(f"{report.as_uri()}#{place}")
    locator = page.locator(f'[id="{place}"]')
    locator.wait_for(state="visible")
    assert locator.bounding_box()["y"] < 900


def test_the_badge_leads_to_what_does_not_pass(page):
    """On the first screen, with counts, each a link to the list."""
    page.set_viewport_size({"width": 1440, "height": 900})
    badges = page.locator(".alerts a")
    assert [text.split(None, 1)[1] for text in badges.all_inner_texts()][:3] == [
        "1 fail",
        "1 unanswered",
        "0 cannot-tell",
    ]
    assert badges.first.bounding_box()["y"] < 900
    page.click(".alerts a >> nth=0")
    assert page.url.endswith("#exceptions-fail")
    assert page.evaluate("location.hash.slice(1)") and is_shown(page, "exceptions-fail")


def test_paper_has_the_short_report_and_what_was_opened(page):
    """Chapters and annexes stay off it, unless their reader has them open."""
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert is_shown(page, "03-split--figure-1") and not is_shown(page, FOLDED)
    assert not is_shown(page, "appendix-a") and page.locator(".on-paper").is_visible()
    page.evaluate(
        "document.querySelectorAll('#\\\\30 3-split .rest, #appendix-a details')"
        ".forEach((fold) => { fold.open = true; })"
    )
    assert is_shown(page, FOLDED) and is_shown(page, "appendix-1a")
