"""Notebooks and documents as pages that load nothing from the network: images are inside, formulas are MathML."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jinja2 import pass_context
from PIL import Image

from semnerf_lib.pages.outputs import LIBRARY, is_in_space, pictures, prepared
from semnerf_lib.pages.templating import TEMPLATES

Links = Sequence[tuple[str, str]]
"""Addresses and texts of a page's links to other pages."""


def mathml(latex: str, display: str) -> str:
    """LaTeX as MathML, which browsers draw by themselves; the LaTeX itself where it cannot be converted.

    Args:
        latex: without dollar signs.
        display: "inline" or "block".
    """
    from latex2mathml.converter import convert

    try:
        return convert(latex.strip(), display=display)
    except Exception:  # the converter raises its own kinds and plain ones, whichever the input meets first
        return f"<code>{escape(latex.strip())}</code>"


def notebook_page(notebook: Any, folder: Path, before: Links = (), after: Links = ()) -> str:
    """A notebook with its outputs as an HTML page.

    It needs no other file, except `plotly.min.js` in the same folder if it has figures in space (see `outputs`). Links
    to other notebooks become links to their pages in the same folder; the link to index.ipynb leads to the index in
    the folder above.

    Args:
        notebook: an nbformat node.
        folder: what relative image paths in its prose start from.
        before, after: (address, text) of the links at the top and at the bottom.
    """
    from nbconvert.exporters.html import HTMLExporter

    class Exporter(HTMLExporter):
        @pass_context
        def markdown2html(self, context, source):
            return markdown_html(source, folder, context.get("cell", {}).get("attachments", {}))

    body, _ = Exporter(template_name="basic", embed_images=True).from_notebook_node(
        prepared(notebook), {"metadata": {"path": str(folder)}}
    )
    library = LIBRARY if is_in_space(body) else None
    return _page(title=title_of(notebook, "notebook"), body=body, before=before, after=after, library=library)


def _page(**parts: Any) -> str:
    from pygments.formatters.html import HtmlFormatter

    code_style = HtmlFormatter(style="friendly").get_style_defs(".highlight")
    return TEMPLATES.get_template("notebook.html.j2").render(code_style=code_style, **parts)


def document_page(text: str, folder: Path, before: Links = ()) -> str:
    """A Markdown file as one self-contained HTML page.

    Args:
        text: Markdown; what it links to that has a page of its own (`.md`, `.ipynb`) is linked as that.
        folder: what relative image paths start from.
        before: (address, text) of the links at the top.
    """
    heading = re.search(r"^#\s+(.+)$", text, re.MULTILINE)
    body = f'<div class="rendered_html">{markdown_html(text, folder)}</div>'
    return _page(title=heading[1] if heading else folder.name, body=body, before=before)


def markdown_html(source: str, folder: Path, attachments: Mapping[str, Any] | None = None) -> str:
    """Markdown as HTML: maths as MathML, images inside, headings that can be linked to, tables that scroll.

    Args:
        source: Markdown.
        folder: what relative image paths start from.
        attachments: of the cell: name to MIME type to base64.
    """
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body):
            return mathml(body, "inline")

        def block_math(self, body):
            return mathml(body, "block")

        def latex_environment(self, name, body):
            return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

        def heading(self, text, level, **attrs):
            return f'<h{level} id="{slug(text)}">{text}</h{level}>\n'

        def link(self, text, url, title=None):
            return super().link(text, page_address(url), title)

    renderer = Renderer(
        escape=False, attachments=attachments or {}, embed_images=True, path=str(folder), exclude_anchor_links=True
    )
    html = MarkdownWithMath(renderer=renderer).render(source)
    return html.replace("<table>", '<div class="scroll"><table>').replace("</table>", "</table></div>")


def slug(heading: str) -> str:
    """What a heading is linked by, as GitHub has it.

    >>> slug("What <em>comes</em> out?")
    'what-comes-out'
    """
    words = re.sub(r"<[^>]+>", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def page_address(address: str) -> str:
    """The page of what a notebook or a document links to; anything else as it is.

    >>> page_address("02_encoding.ipynb#Summary"), page_address("index.ipynb"), page_address("https://a.org/b.md")
    ('02_encoding.html#summary', '../index.html', 'https://a.org/b.md')
    """
    if re.match(r"[a-z]+:", address):
        return address
    path, sharp, anchor = address.partition("#")
    path = re.sub(r"(^|/)notebooks/index\.ipynb$", r"\1index.html", path)
    path = re.sub(r"^index\.ipynb$", "../index.html", path)
    return re.sub(r"\.(ipynb|md)$", ".html", path) + sharp + (slug(unquote(anchor)) if sharp else "")


def title_of(notebook: Any, default: str) -> str:
    """The first heading of a notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (heading := re.search(r"^#+\s+(.+)$", cell.source, re.MULTILINE)):
            return heading[1].strip()
    return default


def first_picture(notebook: Any, width: int = 640) -> str | None:
    """The first picture among the outputs, at most `width` pixels wide and high, as a data URL; None without one."""
    for picture in chain.from_iterable(map(pictures, notebook.cells)):
        image = Image.open(io.BytesIO(base64.b64decode(picture))).convert("RGB")
        image.thumbnail((width, width))
        stream = io.BytesIO()
        image.save(stream, "JPEG", quality=85)
        return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
    return None
