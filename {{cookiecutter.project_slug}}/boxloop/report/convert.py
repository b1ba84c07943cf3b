"""One executed notebook to HTML: nbconvert with our template, formulas as MathML."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from boxloop.base.errors import UserError
from boxloop.base.fast_imports import quick_imports
from boxloop.report.pictures import lighter

if TYPE_CHECKING:
    from nbformat import NotebookNode


# What a rich output is shown as, best first; scripts and widgets would need a network or a kernel.
DISPLAY = [
    "text/html",
    "image/svg+xml",
    "image/png",
    "image/jpeg",
    "text/markdown",
    "text/latex",
    "text/plain",
]
# Pieces of code to which the style gives no colour of their own: half of the bytes of all code.
_PLAIN = re.compile(r'<span class="(?:n|nb|nn|bp|p|w|o|fm|vm)">([^<]*)</span>')
_MARK = re.compile(r'<pre data-code="(\d+)"></pre>')
# latex2mathml knows these environments under other names.
ALIASES = {"aligned": "align*", "gathered": "gather*", "equation": "", "equation*": ""}
# A command that it does not know it puts out as a name, with its backslash.
_ARG = re.compile(r"\\arg(?![A-Za-z])")
_UNKNOWN = re.compile(r">\\[A-Za-z]")


def to_mathml(latex: str, *, display: str = "inline") -> str:
    """Return a formula as MathML, or as its source where it cannot be converted.

    Parameters
    ----------
    latex : str
        With or without dollar signs.
    display : {"inline", "block"}
    """
    from html import escape

    from latex2mathml.converter import convert

    latex = latex.strip().strip("$").strip()
    for name, known in ALIASES.items():
        for word in ("begin", "end"):
            latex = latex.replace(rf"\{word}{{{name}}}", rf"\{word}{{{known}}}" if known else "")
    try:
        made = convert(_ARG.sub(r"\\operatorname{arg}", latex), display=display)
    # The converter raises many kinds of error, and a report must be built.
    except Exception:  # noqa: BLE001
        made = ""
    if made and not _UNKNOWN.search(made):
        return made
    return f'<code class="formula">{escape(latex)}</code>'


def _markdown() -> Callable:
    """Return what turns the source of a Markdown cell and its attachments into HTML."""
    with quick_imports():
        from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        """Markdown to HTML, with formulas as MathML."""

        def block_math(self, body: Any):
            return to_mathml(body, display="block")

        def inline_math(self, body: Any):
            return to_mathml(body)

        def latex_environment(self, name: str, body: Any):
            return to_mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", display="block")

    def to_html(source: str, attachments: dict) -> str:
        renderer = Renderer(escape=False, attachments=attachments, exclude_anchor_links=True)
        return MarkdownWithMath(renderer=renderer).render(source)

    return to_html


@cache
def make_exporter() -> Any:
    """Return the one exporter that all chapters share (nbconvert takes a second to import)."""
    with quick_imports():
        from nbconvert import HTMLExporter
        from nbconvert.filters import DataTypeFilter, Highlight2HTML

    markdown = _markdown()

    class Exporter(HTMLExporter):
        """nbconvert's HTML exporter, with our renderer and without its own pass over the page."""

        def markdown2html(self, context: Any, source: str) -> str:
            return markdown(source, context.get("cell", {}).get("attachments", {}))

        markdown2html.__dict__.update(HTMLExporter.markdown2html.__dict__)

        def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple:
            # The lexer for IPython would import IPython, for magics that the chapters do not use.
            highlight = Highlight2HTML(pygments_lexer="python3", parent=self)
            self.code: list[str] = []

            def keep(source: str, metadata: NotebookNode | None = None) -> str:
                # A long line scrolls sideways, also for those who have no mouse.
                coloured = _PLAIN.sub(r"\1", highlight(source, metadata=metadata))
                self.code.append(coloured.replace("<pre>", '<pre tabindex="0">', 1))
                return f'<pre data-code="{len(self.code) - 1}"></pre>'

            self.register_filter("highlight_code", keep)
            self.register_filter("filter_data_type", DataTypeFilter(parent=self))
            # HTMLExporter's own method would parse the page once more, for what `tidy` does anyway.
            return super(HTMLExporter, self).from_notebook_node(nb, resources, **kw)

    folder = str(files("boxloop") / "templates")
    exporter = Exporter(template_name="report", extra_template_basedirs=[folder])
    exporter.config.NbConvertBase.display_data_priority = DISPLAY
    exporter.register_filter("mathml", to_mathml)
    exporter.register_filter("lighter", lighter)
    return exporter


def to_html(notebook: dict) -> tuple:
    """Return a notebook, as JSON, as a fragment of HTML, and its code apart.

    Coloured code is most of a page and needs no tidying: the fragment holds a mark for each
    piece, and `put_code` brings them back.

    Parameters
    ----------
    notebook : dict
        An executed notebook of format 4. Cells with ``hidden`` in their metadata show no code,
        ``failed`` opens it; ``questions`` and ``unanswered`` put a Markdown cell in a box.

    Returns
    -------
    html : str
    code : list of str
        Coloured code of the cells, as HTML.

    Raises
    ------
    UserError
        If nbconvert refuses the notebook.
    """
    exporter = make_exporter()
    import nbformat

    try:
        # Lines that a file keeps apart are one text for nbconvert.
        node = nbformat.v4.rwbase.rejoin_lines(nbformat.from_dict(notebook))
        with warnings.catch_warnings():
            # Outputs without a form in HTML, such as scripts, are left out on purpose.
            warnings.simplefilter("ignore")
            return exporter.from_notebook_node(node)[0], exporter.code
    except Exception as error:  # nbconvert lets through what nbformat, mistune and Jinja raise
        first = (str(error).strip().splitlines() or [""])[0]
        what = f"{type(error).__name__}: {first}"
        msg = f"The executed copy cannot be shown ({what}): run this notebook again."
        raise UserError(msg) from error


def put_code(html: str, code: list[str]) -> str:
    """Return a fragment with its coloured code back in place."""
    return _MARK.sub(lambda mark: code[int(mark[1])] if int(mark[1]) < len(code) else "", html)
