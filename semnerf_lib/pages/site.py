"""The series as static pages that work from a folder, offline: index, notebooks, documents, reports, reference.

A page loads nothing but files beside it. Links lead from page to page as they do in the project; a link to what
is no page (a source file, a folder) loses its address and keeps its text.
"""

from __future__ import annotations

import base64
import re
import shutil
import tempfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from posixpath import normpath

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_fault
from semnerf_lib.pages.api import write_api
from semnerf_lib.pages.html import document_page, notebook_page
from semnerf_lib.pages.outputs import is_in_space, place_library
from semnerf_lib.pages.search import write_sections
from semnerf_lib.pages.series import Entry, measured_on, read_series
from semnerf_lib.pages.templating import TEMPLATES
from semnerf_lib.runs.notebooks import read_notebook

MARK = '<meta name="generator" content="semnerf site">'
"""In the index of a site: a folder with it may be replaced by the next one."""
DOCUMENTS = (
    "README.md",
    "TEACHING.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/*.md",
    "data/README.md",
    "benchmarks/README.md",
)
"""Of the project, as far as they are there."""
SHOWPIECES = {"film": "growing.webp", "verdict": "verdict.png", "share": "room.jpg"}
"""What the landing page shows of docs/: the film of a training, the verdict's figure, the picture of a share card."""
REPORT_FILES = ("report.html", "verdict.csv", "verdict.tex")


def build_site(target: Path, notebooks: Path, results: Path) -> Path:
    """Writes the site and returns its index.

    Args:
        target: a folder that is not there yet, is empty, or holds an earlier site, which is replaced as a whole.
        notebooks: folder of the notebooks; the documents are sought in the project, the folder above.
        results: results folder; the reports of its reproductions (not of smoke scale) are copied.

    Raises:
        SemnerfError: `target` holds something else or cannot be written to, or a notebook is not what `series.json`
            says.
    """
    check_replaceable(target)
    entries = read_series(notebooks)
    target = target.resolve()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as aside:
            new, old = Path(aside) / "new", Path(aside) / "old"
            project = notebooks.resolve().parent
            showpieces = copy_showpieces(new, project / "docs")
            write_notebooks(new / "notebooks", notebooks, entries, showpieces.get("share"))
            documents = write_documents(new, project, showpieces.get("share"))
            reports = write_reports(new / "reports", results)
            write_api(new / "api")
            page = TEMPLATES.get_template("site.html.j2").render(
                entries=entries,
                measured=measured_on(notebooks),
                pictures={entry.stem: base64.b64encode(entry.picture).decode() for entry in entries},
                documents=documents,
                reports=reports,
                **showpieces,
            )
            (new / "index.html").write_text(page, encoding="utf-8")
            for path in new.rglob("*.html"):
                path.write_text(relinked(path.read_text(encoding="utf-8"), path, new), encoding="utf-8")
            write_sections(new)
            if target.exists():
                target.replace(old)
            new.replace(target)
    except OSError as fault:
        raise write_fault(target, fault) from fault
    return target / "index.html"


def check_replaceable(target: Path) -> None:
    """Refuses a folder with anything but an earlier site in it."""
    if target.is_dir() and not any(target.iterdir()):
        return
    index = target / "index.html"
    if target.exists() and not (index.is_file() and MARK in index.read_text(encoding="utf-8", errors="replace")):
        raise SemnerfError(f"{target}: holds something else, expected no folder, an empty one or an earlier site")


def copy_showpieces(site: Path, docs: Path) -> dict[str, str]:
    """Copies the landing page's pictures, as far as they are there; returns what each is for -> its file."""
    site.mkdir()
    there = {use: name for use, name in SHOWPIECES.items() if (docs / name).is_file()}
    for name in there.values():
        shutil.copyfile(docs / name, site / name)
    return there


def write_notebooks(folder: Path, notebooks: Path, entries: list[Entry], share: str | None) -> None:
    """A page a notebook, with links to the one before and the one after, and plotly's library if one needs it."""
    folder.mkdir(parents=True)
    for i, entry in enumerate(entries):
        contents = ("../index.html", "Contents")
        before, after = entries[i - 1] if i else None, entries[i + 1] if i + 1 < len(entries) else None
        links = [
            *([(f"{before.stem}.html", f"← {before.title}")] if before else []),
            contents,
            *([(f"{after.stem}.html", f"{after.title} →")] if after else []),
        ]
        notebook = read_notebook(notebooks / f"{entry.stem}.ipynb")
        page = notebook_page(notebook, notebooks, links, links, "../", share)
        if is_in_space(page):
            place_library(folder)
        (folder / f"{entry.stem}.html").write_text(page, encoding="utf-8")


def write_documents(folder: Path, project: Path, share: str | None) -> list[tuple[str, str]]:
    """A page a document, where it lies in the project; returns address and title of each."""
    written = []
    for path in (path for pattern in DOCUMENTS for path in sorted(project.glob(pattern))):
        inside = path.relative_to(project).with_suffix(".html")
        up = "../" * (len(inside.parts) - 1)
        text = path.read_text(encoding="utf-8")
        (folder / inside).parent.mkdir(parents=True, exist_ok=True)
        page = document_page(text, path.parent, [(f"{up}index.html", "Contents")], up, share)
        (folder / inside).write_text(page, encoding="utf-8")
        written.append((inside.as_posix(), title_in(page, path.stem)))
    return written


def write_reports(folder: Path, results: Path) -> list[tuple[str, str]]:
    """Copies the reports of reproductions, each with its tables; returns address and title of each."""
    written = []
    for report in sorted(results.glob("*/report.html")):
        if report.parent.name.endswith("-smoke"):
            continue
        here = folder / report.parent.name
        here.mkdir(parents=True)
        for name in REPORT_FILES:
            if (report.parent / name).is_file():
                shutil.copyfile(report.parent / name, here / name)
        text = (here / "report.html").read_text(encoding="utf-8")
        text = text.replace('<a href="index.html">Scores and notebooks</a>', '<a href="../../index.html">Contents</a>')
        (here / "report.html").write_text(text, encoding="utf-8")
        title = title_in(text, here.name).removeprefix("semnerf: ")
        written.append((f"reports/{here.name}/report.html", title))
    return written


def title_in(page: str, default: str) -> str:
    """The title of a page, as text."""
    title = re.search(r"<title>(.*?)</title>", page)
    return unescape(title[1]) if title else default


def relinked(page: str, path: Path, site: Path) -> str:
    """A page whose links to what is not in the site have lost their address."""
    here = path.relative_to(site).parent.as_posix()

    def kept(match: re.Match) -> str:
        address = match[1].partition("#")[0]
        inside = normpath(f"{here}/{address}") if address else path.relative_to(site).as_posix()
        there = not inside.startswith("..") and (site / inside).is_file()
        return match[0] if re.match(r"[a-z]+:", address) or there else "<a"

    return outside_scripts(page, lambda text: re.sub(r'<a href="([^"]*)"', kept, text))


def outside_scripts(page: str, change: Callable[[str], str]) -> str:
    """A page with its text changed and the data of its figures left alone."""
    parts = re.split(r"(<script.*?</script>)", page, flags=re.DOTALL)
    return "".join(part if part.startswith("<script") else change(part) for part in parts)
