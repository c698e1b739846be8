"""Formulas as MathML, which browsers draw by themselves, and the font that they draw them with.

A browser stretches brackets and roots only with an OpenType font that has a MATH table, and few systems have one. So a
page brings the glyphs that its formulas need: a subset of STIX Two Math (SIL Open Font License 1.1) from the package
ziamath.
"""

from __future__ import annotations

import base64
import io
import re
from html import escape, unescape
from importlib.metadata import distribution

BOLD = re.compile(r'<mi mathvariant="bold">(\w+)</mi>')
"""Bold letters by attribute, which browsers leave out."""
LOOSE = {"<mi>&#x000B1;</mi>": "<mo>±</mo>", "<mi>&#x0007E;</mi>": "<mo>∼</mo>"}
"""Operators that the converter takes for letters, so that they would stick to their neighbours."""
AFTER_RELATION = re.compile(r"(<mo>(?:=|&#x0003D;|&#x02265;|&#x02264;)</mo>)<mo>&#x02212;</mo>")
"""A minus that is a sign, and no difference: nothing stands between it and its number."""
BOLD_STARTS = {"A": 0x1D400, "a": 0x1D41A, "0": 0x1D7CE, "Α": 0x1D6A8, "α": 0x1D6C2}
"""First letter of an alphabet -> its code point in mathematical bold (Unicode, Mathematical Alphanumeric Symbols)."""


def mathml(latex: str, display: str) -> str:
    """LaTeX as MathML; the LaTeX itself where it cannot be converted.

    Args:
        latex: without dollar signs.
        display: "inline" or "block".
    """
    from latex2mathml.converter import convert

    try:
        formula = convert(latex.strip(), display=display)
    except Exception:  # the converter raises its own kinds and plain ones, whichever the input meets first
        return f"<code>{escape(latex.strip())}</code>"
    for letter, operator in LOOSE.items():
        formula = formula.replace(letter, operator)
    formula = AFTER_RELATION.sub(r'\1<mo form="prefix">−</mo>', formula)
    return BOLD.sub(lambda match: f'<mi mathvariant="normal">{"".join(map(bold, match[1]))}</mi>', formula)


def bold(letter: str) -> str:
    """A letter in mathematical bold; one that has none as it is.

    >>> bold("d"), bold("0"), bold("…")
    ('𝐝', '𝟎', '…')
    """
    for first, start in BOLD_STARTS.items():
        if 0 <= ord(letter) - ord(first) < (10 if first == "0" else 26):
            return chr(start + ord(letter) - ord(first))
    return letter


def font_face(page: str) -> str:
    """The CSS rule with the glyphs of a page's formulas; "" for a page without any."""
    formulas = re.findall(r"<math.*?</math>", page, re.DOTALL)
    if not formulas:
        return ""
    glyphs = sorted(set(unescape(re.sub(r"<[^>]*>", "", "".join(formulas)))))
    italic = "".join(chr(0x1D44E + ord(c) - ord("a")) for c in glyphs if "a" <= c <= "z" and c != "h")
    italic += "".join(chr(0x1D434 + ord(c) - ord("A")) for c in glyphs if "A" <= c <= "Z")
    italic += "".join(chr(0x1D6FC + ord(c) - ord("α")) for c in glyphs if "α" <= c <= "ω")
    data = base64.b64encode(subset("".join(glyphs) + italic + "ℎ√")).decode()
    return f'@font-face {{ font-family: "STIX Two Math"; src: url(data:font/woff;base64,{data}); }}'


def subset(text: str) -> bytes:
    """STIX Two Math with the glyphs of a text alone, as WOFF."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    with TTFont(distribution("ziamath").locate_file("ziamath/fonts/STIXTwoMath-Regular.ttf")) as font:
        subsetter = Subsetter(Options(layout_features=["ssty", "dtls"], notdef_outline=True))
        subsetter.populate(text=text)
        subsetter.subset(font)
        font.flavor = "woff"
        written = io.BytesIO()
        font.save(written)
    return written.getvalue()
