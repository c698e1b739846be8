"""Formulas: bold letters stay bold, and a page brings the glyphs that its formulas need."""

from __future__ import annotations

import base64
import io
import re

from fontTools.ttLib import TTFont

from semnerf_lib.pages.formulas import font_face, mathml


def test_bold_letters_are_bold_without_the_attribute():
    formula = mathml(r"\mathbf r = \mathbf o + t \mathbf d", "block")
    assert "𝐫" in formula and "𝐨" in formula and "𝐝" in formula and "bold" not in formula


def test_operators_keep_their_distance_and_a_sign_does_not():
    formula = mathml(r"d \pm t \sim N, d \ge -2 - t", "inline")
    assert "<mo>±</mo>" in formula and "<mo>∼</mo>" in formula
    assert formula.count('<mo form="prefix">−</mo><mn>2</mn>') == 1 and formula.count("&#x02212;") == 1


def test_what_is_no_latex_stays_as_it_is():
    assert mathml(r"\left( a", "inline").startswith("<code>")


def test_the_font_has_the_glyphs_of_the_page_and_the_table_that_stretches_brackets():
    page = mathml(r"\sum_i w_i σ", "block")
    font = TTFont(io.BytesIO(base64.b64decode(re.search(r"base64,(.*?)\)", font_face(page))[1])))
    glyphs = font.getBestCmap()
    assert {ord("∑"), ord("w"), ord("𝑤"), ord("σ"), ord("𝜎")} <= set(glyphs) and ord("Q") not in glyphs
    assert "MATH" in font


def test_a_page_without_formulas_needs_no_font():
    assert font_face("<p>words</p>") == ""
