"""Executed notebooks as pages that ask nothing of the network: no script, images inside, maths as MathML."""

from __future__ import annotations

import base64
import io
import re
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, pass_context
from PIL import Image

TEMPLATES = Environment(
    loader=PackageLoader("semnerf_lib"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


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


def notebook_page(notebook: Any, folder: Path) -> str:
    """A notebook with its outputs as one self-contained HTML page.

    Args:
        notebook: an nbformat node.
        folder: what relative image paths in its prose start from.
    """
    from nbconvert.exporters.html import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
    from pygments.formatters import HtmlFormatter

    class Renderer(IPythonRenderer):
        def inline_math(self, body):
            return mathml(body, "inline")

        def block_math(self, body):
            return mathml(body, "block")

        def latex_environment(self, name, body):
            return mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

    class Exporter(HTMLExporter):
        @pass_context
        def markdown2html(self, context, source):
            renderer = Renderer(
                escape=False,
                attachments=context.get("cell", {}).get("attachments", {}),
                embed_images=True,
                path=str(folder),
                exclude_anchor_links=True,
            )
            return MarkdownWithMath(renderer=renderer).render(source)

    body, _ = Exporter(template_name="basic", embed_images=True).from_notebook_node(
        notebook, {"metadata": {"path": str(folder)}}
    )
    return TEMPLATES.get_template("notebook.html.j2").render(
        title=title_of(notebook, "notebook"),
        body=body,
        code_style=HtmlFormatter(style="friendly").get_style_defs(".highlight"),
    )


def title_of(notebook: Any, default: str) -> str:
    """The first heading of a notebook."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (heading := re.search(r"^#+\s+(.+)$", cell.source, re.MULTILINE)):
            return heading[1].strip()
    return default


def first_picture(notebook: Any, width: int = 640) -> str | None:
    """The first image among the outputs, shrunk to `width` pixels, as a data URL."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for kind in ("image/png", "image/jpeg"):
                if kind in output.get("data", {}):
                    image = Image.open(io.BytesIO(base64.b64decode(output["data"][kind]))).convert("RGB")
                    image.thumbnail((width, width))
                    stream = io.BytesIO()
                    image.save(stream, "JPEG", quality=85)
                    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()
    return None
