"""Nothing that a notebook put out may run, load or send: the page stays silent everywhere."""

from __future__ import annotations

import base64
import mimetypes
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from bs4 import BeautifulSoup, Tag


# Elements that run, load, send, or change the whole page: they go with what is in them.
REMOVED = {
    "script", "link", "meta", "base", "iframe", "frame", "frameset", "object", "embed",
    "applet", "portal", "template", "noscript", "noembed", "noframes", "title", "audio",
    "video", "source", "track", "form", "button", "textarea", "select", "dialog", "xmp",
    "plaintext", "listing", "animate", "set", "foreignobject",
}  # fmt: skip
# What may stay; of any other element only the content does. Pictures of SVG and formulas of
# MathML among them.
ALLOWED = {
    "a", "abbr", "b", "bdi", "blockquote", "br", "caption", "center", "cite", "code", "col",
    "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "em", "figcaption", "figure",
    "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "img", "input", "ins", "kbd", "label", "li",
    "mark", "ol", "p", "pre", "q", "s", "samp", "section", "small", "span", "strong", "style",
    "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt",
    "u", "ul", "var", "wbr", "svg", "g", "path", "rect", "circle", "ellipse", "line",
    "polyline", "polygon", "text", "tspan", "defs", "desc", "marker", "clippath",
    "lineargradient", "radialgradient", "stop", "symbol", "pattern", "math", "mrow", "mi", "mo",
    "mn", "ms", "mtext", "mspace", "mfrac", "msqrt", "mroot", "mstyle", "merror", "mpadded",
    "mphantom", "msub", "msup", "msubsup", "munder", "mover", "munderover", "mmultiscripts",
    "mprescripts", "none", "mtable", "mtr", "mtd", "menclose", "mfenced", "mlabeledtr",
}  # fmt: skip
LOADING = (
    "src",
    "srcset",
    "poster",
    "background",
    "data",
    "action",
    "formaction",
    "ping",
    "xlink:href",
    "cite",
)
LINK = re.compile(r"(https?:|mailto:|#|[^:]*$)", re.IGNORECASE)
OUTSIDE = re.compile(r"@import[^;]*;?|url\(\s*['\"]?(?!data:|#)[^)]*\)", re.IGNORECASE)
# Styles that would lay something over the page.
COVERING = re.compile(r"position\s*:\s*(fixed|sticky)|z-index", re.IGNORECASE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# A backslash can spell any of the words above, and a bracket can end the style.
SPELLED = re.compile(r"[<\\]")
IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]", re.IGNORECASE)
# Marks that turn the direction of the text after them, and control characters that HTML does not
# allow.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)


def without_unseen(text: str) -> Any:
    """Return a text without marks that no reader sees, and without what UTF-8 cannot hold."""
    return _UNSEEN.sub("", text).encode("utf-8", "replace").decode("utf-8")


def make_safe(soup: BeautifulSoup, folder: Any, root: Path) -> None:
    """Remove from a parsed fragment whatever runs or makes a request.

    Parameters
    ----------
    soup : bs4.BeautifulSoup
        Changed in place; made from a text that `without_unseen` returned.
    folder, root : Path
        Pictures with a path relative to `folder` are taken into the page if they are inside `root`.
    """
    from bs4.element import PreformattedString

    # Comments, CDATA and declarations: a browser may see their end elsewhere than our parser did.
    for mark in soup.find_all(string=lambda text: isinstance(text, PreformattedString)):
        mark.extract()
    for element in soup.find_all(name=True):
        if element.decomposed:
            continue
        if element.name in REMOVED or _asks(element):
            element.decompose()
        elif element.name not in ALLOWED:
            element.unwrap()
        elif element.name == "style":
            _keep_style(element)
        else:
            if element.name == "img":
                _keep_image(element, folder, root)
            _keep_attributes(element)


def _asks(element: Any) -> bool:
    """Return whether this is a field to fill in; a box to tick unfolds scikit-learn's displays."""
    return element.name == "input" and (element.get("type") or "").lower() != "checkbox"


def _keep_style(style: Tag) -> None:
    """Keep the style of a named element and of scikit-learn's displays, not one of the page."""
    css = OUTSIDE.sub("", COMMENT.sub("", style.string or ""))
    known = re.search(r"#[\w-]+[^;{}]*{|\.sk-", css) and not style.has_attr("scoped")
    if known and not SPELLED.search(css) and not style.find_parent(["svg", "math"]):
        style.string = css
        style.attrs = {}
    else:
        style.decompose()


def _keep_image(image: Any, folder: Path, root: Path) -> None:
    source = (image.get("src") or "").strip()
    if not IMAGE.match(source):
        source = embedded(source, folder, root)
    if source:
        image["src"] = source
        image["alt"] = (
            image.get("alt") or ""
        ).strip() or "No description was given for this picture."
    else:
        image.name = "span"
        image.string = f"[picture: {image.get('alt') or 'not in this file'}]"
        image.attrs = {"class": "no-picture"}


def embedded(source: str, folder: Any, root: Path) -> str:
    """Return a picture of the project as a data URI, or an empty text."""
    try:
        path = (folder / source).resolve()
        kind = mimetypes.guess_type(path.name)[0] or ""
        if not (source and kind.startswith("image/") and path.is_relative_to(root.resolve())):
            return ""
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
    except (OSError, ValueError):
        return ""


def _keep_attributes(element: Tag) -> None:
    for name, value in list(element.attrs.items()):
        text = " ".join(value) if isinstance(value, list) else str(value or "")
        key = name.lower()
        odd = key.startswith("on") or not re.fullmatch(r"[a-z][\w:.-]*", key)
        loads = key in LOADING and not (element.name == "img" and name == "src")
        leads_out = key == "href" and (element.name != "a" or not LINK.match(text.strip()))
        covers = key == "style" and (COVERING.search(text) or SPELLED.search(text))
        asks = OUTSIDE.search(text) and key not in ("src", "href", "alt", "title", "aria-label")
        if odd or loads or leads_out or covers or asks:
            del element[name]
