"""What the tests of the report ask of every page."""

import re

from bs4 import BeautifulSoup

from boxloop.report import build_report


def page(project, **options):
    """Return the parsed report."""
    return BeautifulSoup(
        build_report(project, **options).read_text(encoding="utf-8"), "html.parser"
    )


def assert_silent(soup):
    """Nothing in the page makes a request or runs, but the report's own script."""
    assert len(soup.find_all("script")) == 1
    assert (
        soup.find_all(["link", "iframe", "object", "embed", "base", "form", "audio", "video"]) == []
    )
    for element in soup.find_all(True):
        for name, value in element.attrs.items():
            assert not name.startswith("on"), element
            if name in ("src", "srcset", "poster", "xlink:href", "action", "data"):
                assert str(value).startswith("data:image/"), element
            if name == "href":
                assert element.name == "a"
                assert re.match(r"(#|https?:|mailto:|[\w./-]+$)", value), element
    for style in soup.find_all("style"):
        assert not re.search(r"url\(\s*['\"]?(?!data:)|@import", style.string)


def assert_whole(soup):
    """Ids are unique, links inside the page lead somewhere, pictures have words."""
    ids = [element["id"] for element in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))
    inside = {a["href"][1:] for a in soup.find_all("a", href=True) if a["href"].startswith("#")}
    assert inside - set(ids) == set()
    assert all(image.get("alt") for image in soup.find_all("img"))
