"""Hostile texts in a browser: shown as text, never run, and nothing is asked of anyone."""

import pytest
from hostile_report import EVIL, FIELDS, make_hostile_project

from boxloop.report import build_report

# All that would run or load in the page as the browser understands it, whatever our own parser
# thought.
LIVELY = """
[...document.querySelectorAll("*")].flatMap((element) => {
  const name = element.localName;
  const names = [...element.attributes].filter(({ name, value }) =>
    /^on|^(srcset|poster|background|data|action|formaction|ping|srcdoc)$/.test(name) ||
    (name === "src" && !value.startsWith("data:image/")) ||
    (/href$/.test(name) && !/^(#|https?:|mailto:|[\\w./-]+$)/.test(value)) ||
    (name === "style" && /url|fixed/.test(value)));
  const barred = /^(iframe|object|embed|link|base|form|video|audio|animate|image|use)$/.test(name);
  return barred || names.length ? [element.outerHTML.slice(0, 200)] : [];
})
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The report of a project in which every text is hostile, and a chapter is out of date."""
    return build_report(
        make_hostile_project(tmp_path_factory.mktemp("hostile") / "p"), stale={"03_split": EVIL}
    )


@pytest.fixture(scope="module")
def current(tmp_path_factory):
    """The same with all chapters of today: its headline stands on the cover."""
    return build_report(make_hostile_project(tmp_path_factory.mktemp("current") / "p"), stale={})


@pytest.mark.parametrize("bypass_csp", [False, True], ids=["as it is", "without its policy"])
def test_nothing_runs(visit, hostile, bypass_csp):
    """No flag is set, no dialog shown, no request made.

    Nor would there be if the browser knew no policy.
    """
    page = visit(hostile, bypass_csp=bypass_csp)
    page.click("#code-button")
    page.evaluate(
        "document.querySelectorAll('input, summary').forEach((element) => element.click())"
    )
    page.fill("#search", "<img src=x")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    assert page.evaluate("window.ran") is None
    assert page.evaluate(LIVELY) == []
    assert page.evaluate("document.scripts.length") == 1


def test_every_hostile_field_is_shown_as_text(visit, hostile, current):
    """The fields are there, word for word, but for the marks that turn the text around."""
    text = "".join(visit(page).evaluate("document.body.textContent") for page in (hostile, current))
    assert [name for name in FIELDS if f"{name}:<script>" not in text] == []
    assert "\u202e" not in text
    assert "{{7*7}}" in text


def test_the_words_of_a_refusal_are_only_words(visit, tmp_path):
    """What study.toml gets wrong is repeated on top of the page."""
    project = make_hostile_project(tmp_path / "p")
    wrong = project.settings_file.read_text(encoding="utf-8").replace(
        'unit = "kg"', '"<img src=x onerror=window.ran=1>" = 1\nunit = "kg"', 1
    )
    project.settings_file.write_text(wrong, encoding="utf-8")
    page = visit(build_report(project))
    assert "<img src=x onerror=window.ran=1>" in page.inner_text(
        ".banner.fail >> nth=0"
    ) + page.inner_text("#cover")
    assert page.evaluate("window.ran") is None
