"""Notebooks and documents as pages that load nothing from the network: images are inside, formulas are MathML."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Mapping, Sequence
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from jinja2 import pass_context
from PIL import Image

from semnerf_lib.errors import SemnerfError
from semnerf_lib.pages.formulas import font_face, mathml
from semnerf_lib.pages.outputs import LIBRARY, is_in_space, pictures, prepared
from semnerf_lib.pages.templating import TEMPLATES
from semnerf_lib.scenes.importers.pictures import BOMBS, DAMAGE

Links = Sequence[tuple[str, str]]
"""Addresses and texts of a page's links to other pages."""

SCROLLED = '<div class="scroll" tabindex="0" role="group" aria-label="table">'
"""A box around a table that may be wider than a phone; the keyboard reaches it."""
FOLDED = """{%- extends "basic/index.html.j2" -%}
{% block input_group %}
{% if cell.metadata.folded %}
<details class="code"><summary>{{ cell.metadata.folded }}</summary>{{ super() }}</details>
{% else %}
{{ super() }}
{% endif %}
{% endblock %}
"""
"""nbconvert's plain template, with the code of figures and solutions behind a fold (see `outputs.folded_as`)."""


def notebook_page(
    notebook: Any,
    folder: Path,
    before: Links = (),
    after: Links = (),
    root: str | None = None,
    share: str | None = None,
) -> str:
    """A notebook with its outputs as an HTML page.

    It needs no other file, except `plotly.min.js` in the same folder if it has figures in space (see `outputs`). Links
    to other notebooks become links to their pages in the same folder; the link to index.ipynb leads to the index in
    the folder above.

    Args:
        notebook: an nbformat node.
        folder: what relative image paths in its prose start from.
        before, after: (address, text) of the links at the top and at the bottom.
        root: of a page of a site, the way to the site's index, as in "../"; the page then searches the site.
        share: of a page of a site, the picture by which it is shared, from `root`.

    Raises:
        SemnerfError: an output or an attachment that is damaged.
    """
    body = notebook_html(prepared(notebook), folder)
    return page(title_of(notebook, "notebook"), body, before, after, root, share)


def notebook_html(notebook: Any, folder: Path, code: bool = True) -> str:
    """The cells of a notebook as HTML, without a page around them.

    Args:
        notebook: an nbformat node, see `outputs.prepared`.
        folder: what relative image paths in its prose start from.
        code: also the sources of its code cells.

    Raises:
        SemnerfError: an output or an attachment that is damaged.
    """
    from jinja2 import DictLoader
    from nbconvert.exporters.html import HTMLExporter

    class Exporter(HTMLExporter):
        @pass_context
        def markdown2html(self, context, source):
            return markdown_html(source, folder, context.get("cell", {}).get("attachments", {}))

    exporter = Exporter(
        template_name="basic",
        template_file="folded.html.j2",
        extra_loaders=[DictLoader({"folded.html.j2": FOLDED})],
        embed_images=True,
        exclude_input=not code,
    )
    try:
        return exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder)}})[0]
    except Exception as fault:  # whatever a damaged output makes nbconvert raise
        reason = (str(fault) or type(fault).__name__).splitlines()[0]
        raise SemnerfError(f"{folder}: a notebook without a page ({reason}), expected outputs of Jupyter") from fault


def document_page(
    text: str, folder: Path, before: Links = (), root: str | None = None, share: str | None = None
) -> str:
    """A Markdown file as one self-contained HTML page.

    Args:
        text: Markdown; what it links to that has a page of its own (`.md`, `.ipynb`) is linked as that.
        folder: what relative image paths start from.
        before, root, share: as for `notebook_page`.
    """
    heading = re.search(r"^#\s+(.+)$", text, re.MULTILINE)
    body = f'<div class="rendered_html">{markdown_html(text, folder)}</div>'
    return page(heading[1] if heading else folder.name, body, before, (), root, share)


def page(title: str, body: str, before: Links, after: Links, root: str | None, share: str | None) -> str:
    """A page around its body: its contents, its light and dark colours, the font of its formulas."""
    from pygments.formatters.html import HtmlFormatter

    return TEMPLATES.get_template("notebook.html.j2").render(
        title=title,
        description=first_words(body),
        body=body,
        contents=contents(body),
        before=before,
        after=after,
        root=root,
        share=share,
        library=LIBRARY if is_in_space(body) else None,
        font_face=font_face(body),
        code_style=HtmlFormatter(style="xcode").get_style_defs(".highlight"),
        dark_code_style=HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
    )


def contents(body: str) -> list[tuple[int, str, str]]:
    """Level, id and text of the headings below the title.

    >>> contents('<h1 id="a">A</h1><h2 id="b">B <em>c</em></h2>')
    [(2, 'b', 'B c')]
    """
    headings = re.findall(r'<h([23]) id="(.*?)">(.*?)</h[23]>', body, re.DOTALL)
    return [(int(level), place, plain(text)) for level, place, text in headings]


def first_words(body: str, most: int = 200) -> str:
    """The first paragraph of a page, for a search engine and a share card."""
    paragraph = re.search(r"<p>((?:(?!<img).)*?)</p>", body, re.DOTALL)
    words = plain(paragraph[1]) if paragraph else ""
    return words if len(words) <= most else words[:most].rpartition(" ")[0] + " …"


def plain(html: str) -> str:
    """HTML without its tags, each run of blanks as one.

    >>> plain("<em>a</em>  &lt; b")
    'a < b'
    """
    return " ".join(unescape(re.sub(r"<[^>]*>", "", html)).split())


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
    return html.replace("<table>", f"{SCROLLED}<table>").replace("</table>", "</table></div>")


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


def opened_picture(data: str, where: object) -> Image.Image:
    """A picture among a notebook's outputs, from base64.

    Raises:
        SemnerfError: damaged.
    """
    try:
        return Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")
    except (TypeError, *BOMBS, *DAMAGE) as fault:
        raise SemnerfError(f"{where}: a damaged picture ({fault}), expected base64 of PNG or JPEG") from None


def first_picture(notebook: Any, width: int = 640) -> str | None:
    """The first picture among the outputs, at most `width` pixels wide and high, as a data URL; None without one."""
    for picture in chain.from_iterable(map(pictures, notebook.cells)):
        image = opened_picture(picture, "a notebook")
        image.thumbnail((width, width))
        return "data:image/jpeg;base64," + base64.b64encode(jpeg(image, quality=85)).decode()
    return None


def jpeg(image: Image.Image, **options: Any) -> bytes:
    """An image as JPEG, with Pillow's options."""
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()
