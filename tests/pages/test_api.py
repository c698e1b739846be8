"""The reference of the library: signatures with shapes, docstrings with formulas, nothing asked of the network."""

from __future__ import annotations

import ast
import re
from html import unescape
from pathlib import Path

import pytest

from semnerf_lib import __version__
from semnerf_lib.pages.api import MODULES, write_api

LIBRARY = Path(__file__).resolve().parents[2] / "semnerf_lib"


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("api")
    write_api(folder, ("semnerf_lib.fields", "semnerf_lib.losses"))
    return {path.stem: path.read_text() for path in (folder / "semnerf_lib").glob("*.html")}


def test_public_names_have_their_signatures_and_shapes(page):
    text = " ".join(unescape(re.sub(r"<[^>]+>", "", page["losses"])).split())
    assert set(page) == {"fields", "losses"}
    assert "def semantic_loss( sem_logits: " in text and "'rays classes'" in text
    assert "Arguments:" in page["fields"] and f"semnerf {__version__}" in text


def test_no_heading_skips_a_level(page):
    levels = [[int(level) for level in re.findall(r"<h([1-6])", text)] for text in page.values()]
    assert all(max(of_page) <= 2 for of_page in levels) and '<p class="part">Arguments:</p>' in page["fields"]


def test_formulas_stand_as_they_are_written(page):
    assert '<pre tabindex="0"><code>h = trunk(gamma(x / position_scale)),   sigma =' in page["fields"]


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda path: str(path.relative_to(LIBRARY)))
def test_no_docstring_is_taken_for_html(path):
    """In Markdown, outside code, x<y begins a tag, and the rest of the text is lost."""
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    texts = [ast.get_docstring(node) or "" for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, kinds)]
    prose = [line for text in texts for line in text.splitlines() if not line.startswith("    ") and ">>>" not in line]
    assert not [line for line in prose if re.search(r"<[A-Za-z/]", re.sub(r"`[^`]*`", "", line))]


def test_the_keyboard_reaches_what_scrolls(page):
    assert not [name for name, text in page.items() if "<pre>" in text]


def test_nothing_is_asked_of_the_network(page):
    for text in page.values():
        assert not re.search(r"""(src|url\()[=\s"'(]*(https?:)?//""", text)
        assert not re.search(r"<link[^>]*https?:", text)


def test_the_furniture_has_no_pages():
    assert "!semnerf_lib.scenes.rooms" in MODULES
