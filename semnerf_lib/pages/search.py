"""The index of the site's search: every section of every page, as a script.

A page that was opened from a folder may load a script, but no data file.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from semnerf_lib.pages.html import plain

SECTIONS = "sections.js"
"""Name of the script, beside the site's index."""


def sections(page: str, address: str) -> list[dict[str, str]]:
    """The sections of a page: where each begins, its heading and its prose.

    Args:
        page: HTML, whose headings have ids.
        address: of the page, from the site's index.

    Returns:
        `at` (address with the heading's id), `page` (the page's title), `heading`, `text`.
    """
    title = plain(re.search(r"<title>(.*?)</title>", page, re.DOTALL)[1])
    main = page.partition("<main")[2].partition("</main>")[0]
    body = re.sub(r"<(script|style|pre|nav|svg|math|summary).*?</\1>", " ", main, flags=re.DOTALL)
    body = re.sub(r'<div class="prompt.*?</div>', " ", body, flags=re.DOTALL)
    rows = []
    for heading, text in re.findall(r"(<h[1-3] id=.*?</h[1-3]>)(.*?)(?=<h[1-3] id=|$)", body, re.DOTALL):
        place = re.search(r'id="(.*?)"', heading)[1]
        rows.append({"at": f"{address}#{place}", "page": title, "heading": plain(heading), "text": plain(text)})
    return rows


def write_sections(site: Path) -> None:
    """Writes the sections of all pages of a site."""
    rows = []
    for path in sorted(site.rglob("*.html")):
        rows += sections(path.read_text(encoding="utf-8"), path.relative_to(site).as_posix())
    text = json.dumps(rows, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    (site / SECTIONS).write_text(f"const SECTIONS = {text};\n", encoding="utf-8")
