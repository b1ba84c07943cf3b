"""Nothing that a notebook put out may run, load or send: the page stays silent wherever it is opened."""

import base64
import mimetypes
import re

# Elements that run, load, send, or change the whole page.
REMOVED = (
    "script link meta base iframe frame frameset object embed applet portal template noscript title "
    "audio video source track form button"
).split()
LOADING = ("src", "srcset", "poster", "background", "data", "action", "formaction", "ping", "xlink:href", "cite")
LINK = re.compile(r"(https?:|mailto:|#|[^:]*$)", re.IGNORECASE)
OUTSIDE = re.compile(r"@import[^;]*;?|url\(\s*['\"]?(?!data:|#)[^)]*\)", re.IGNORECASE)
IMAGE = re.compile(r"data:image/(png|jpeg|gif|webp|svg\+xml)[;,]", re.IGNORECASE)


def make_safe(soup, folder, root):
    """Remove from a parsed fragment whatever runs or makes a request.

    Parameters
    ----------
    soup : bs4.BeautifulSoup
        Changed in place.
    folder, root : Path
        Pictures with a path relative to `folder` are taken into the page if they are inside `root`.
    """
    from bs4 import Comment

    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    for element in soup.find_all(REMOVED):
        element.decompose()
    for element in soup.find_all(["html", "head", "body"]):
        element.unwrap()
    for style in soup.find_all("style"):
        _keep_style(style)
    for element in soup.find_all(True):
        if element.name == "img":
            _keep_image(element, folder, root)
        _keep_attributes(element)


def _keep_style(style):
    """Keep the style of one named element and of scikit-learn's displays, not what would restyle the page."""
    css = OUTSIDE.sub("", style.string or "")
    if re.search(r"#[\w-]+[^;{}]*{|\.sk-", css) and not style.has_attr("scoped"):
        style.string = css
    else:
        style.decompose()


def _keep_image(image, folder, root):
    source = (image.get("src") or "").strip()
    if not IMAGE.match(source):
        source = _embedded(source, folder, root)
    if source:
        image["src"] = source
        image["alt"] = (image.get("alt") or "").strip() or "No description was given for this picture."
    else:
        image.name = "span"
        image.string = f"[picture: {image.get('alt') or 'not in this file'}]"
        image.attrs = {"class": "no-picture"}


def _embedded(source, folder, root):
    """Return a picture of the project as a data URI, or an empty text."""
    try:
        path = (folder / source).resolve()
        kind = mimetypes.guess_type(path.name)[0] or ""
        if not (source and kind.startswith("image/") and path.is_relative_to(root.resolve())):
            return ""
        return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"
    except (OSError, ValueError):
        return ""


def _keep_attributes(element):
    for name, value in list(element.attrs.items()):
        text = " ".join(value) if isinstance(value, list) else str(value or "")
        handler = name.lower().startswith("on")
        loads = name.lower() in LOADING and not (element.name == "img" and name == "src")
        leads_out = name.lower() == "href" and (element.name != "a" or not LINK.match(text.strip()))
        if handler or loads or leads_out or (OUTSIDE.search(text) and name not in ("src", "href", "alt")):
            del element[name]
