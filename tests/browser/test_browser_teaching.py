"""The hand-out prints on one page, and the slides go on by keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from nbformat import v4

from semnerf_lib.pages.html import document_page
from semnerf_lib.pages.slides import slides_page

DOCS = Path(__file__).resolve().parents[2] / "docs"
COUNT = "() => document.querySelector('footer').textContent"


@pytest.fixture
def opened(browser, tmp_path):
    """Opens a page from a file; it asks for nothing else."""
    asked, context = [], browser.new_context(viewport={"width": 1280, "height": 720})

    def visit(text):
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((tmp_path / "page.html").as_uri())
        return page

    yield visit
    context.close()
    assert [url for url in asked if not url.startswith("data:")] == [(tmp_path / "page.html").as_uri()]


def test_the_hand_out_prints_on_one_page(opened):
    page = opened(document_page((DOCS / "hand_out.md").read_text(encoding="utf-8"), DOCS))
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.count(b"/Type /Page") - pdf.count(b"/Type /Pages") == 1


def test_slides_go_on_by_keys_and_stop_at_both_ends(opened):
    cells = [v4.new_markdown_cell(f"## {k}", metadata={"slideshow": {"slide_type": "slide"}}) for k in range(3)]
    page = opened(slides_page(v4.new_notebook(cells=cells), DOCS))
    assert page.evaluate(COUNT) == "1 / 3"
    for key, count in (("ArrowRight", 2), (" ", 3), ("PageDown", 3), ("ArrowLeft", 2), ("Home", 1), ("End", 3)):
        page.keyboard.press(key)
        page.wait_for_function(f"() => document.querySelector('footer').textContent === '{count} / 3'")


@pytest.mark.parametrize("size", [(1024, 768), (1920, 1080), (3840, 2160)])
def test_letters_of_slides_grow_with_the_screen(opened, size):
    """A line of text is at least a fortieth of the slide's height, and a line of code of 110 letters still fits."""
    cells = [v4.new_markdown_cell("Some words"), v4.new_markdown_cell("```\n" + 110 * "x" + "\n```")]
    page = opened(slides_page(v4.new_notebook(cells=cells), DOCS))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    words, code = page.locator("section p"), page.locator("section pre")
    assert words.evaluate("(p) => parseFloat(getComputedStyle(p).fontSize)") >= size[1] / 40
    assert code.evaluate("(pre) => pre.scrollWidth <= pre.clientWidth")
