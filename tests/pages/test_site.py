"""semnerf site: every link leads somewhere, nothing is asked of the network, and nothing that was there is lost."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from posixpath import normpath

import pytest
from nbformat import read, v4, write
from PIL import Image

from semnerf_lib.cli import main
from semnerf_lib.errors import SemnerfError
from semnerf_lib.pages import site
from semnerf_lib.pages.outputs import LIBRARY, folded_as
from semnerf_lib.pages.search import SECTIONS
from semnerf_lib.plots.spatial import PLOTLY

FIGURE = {"data": [{"type": "scatter3d", "x": [0, 1], "y": [0, 1], "z": [0, 1]}], "layout": {"title": "</script>"}}


def png(colour="red") -> str:
    stream = io.BytesIO()
    Image.new("RGB", (60, 30), colour).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def shown(source: str, **data):
    output = v4.new_output("display_data", {kind.replace("__", "/"): value for kind, value in data.items()})
    return v4.new_code_cell(source, outputs=[output], execution_count=1)


@pytest.fixture(autouse=True)
def small_reference(monkeypatch):
    """One page in place of a hundred (see test_api)."""

    def write(folder):
        folder.mkdir()
        (folder / "semnerf_lib.html").write_text('<html lang="en"><title>Reference</title><h1>Reference</h1>')

    monkeypatch.setattr(site, "write_api", write)


@pytest.fixture
def project(tmp_path):
    """Two notebooks, the second with a figure in space, documents that link, and the report of a reproduction."""
    notebooks = tmp_path / "project" / "notebooks"
    notebooks.mkdir(parents=True)
    first = [
        v4.new_markdown_cell(
            "# 01 · First\n\nAn *idea* of\nits own. [On](02_second.ipynb#Its-end), [all](index.ipynb)."
        ),
        shown("draw()", image__png=png()),
    ]
    second = [
        v4.new_markdown_cell(
            "# 02 · Second\n\nAnother idea.\n\n## Its end\n\nSee [the source](../semnerf_lib/rays.py)."
        ),
        shown("draw()", **{"image__png": png("blue"), PLOTLY.replace("/", "__"): FIGURE}),
    ]
    for name, cells in (("01_first", first), ("02_second", second)):
        write(v4.new_notebook(cells=cells), notebooks / f"{name}.ipynb")
    known = {"picture": "draw()", "knows": ""}
    facts = {
        "01": known | {"idea": "An idea of its own.", "before": []},
        "02": known | {"idea": "Another idea.", "before": ["01"]},
    }
    times = {"on": "a laptop", "seconds": {"01": 12.0, "02": 100.0}, "runs": {"02": [3, 200.0]}}
    (notebooks / "series.json").write_text(json.dumps({"notebooks": facts, "times": times}))
    (notebooks / "students").mkdir()
    write(v4.new_notebook(cells=first), notebooks / "students" / "01_first.ipynb")
    root = notebooks.parent
    (root / "docs").mkdir()
    Image.new("RGB", (8, 8)).save(root / "docs" / "room.jpg")
    (root / "README.md").write_text(
        "# The kit\n\n![A room](docs/room.jpg)\n\n[first](notebooks/01_first.ipynb) [index](notebooks/index.ipynb) "
        "[far](docs/cluster.md#Far-away) [out](https://example.org/) [license](LICENSE) [here](#the-kit)\n"
    )
    (root / "docs" / "cluster.md").write_text("# Far & wide\n\n## Far away\n\n[back](../README.md)\n")
    for page in ("room-laptop", "room-smoke"):
        (root / "results" / page).mkdir(parents=True)
        (root / "results" / page / "report.html").write_text(
            "<!DOCTYPE html><title>semnerf: the verdict on room</title>"
            '<a href="index.html">Scores and notebooks</a> <a href="verdict.csv">CSV</a>'
        )
        (root / "results" / page / "verdict.csv").write_text("claim\n")
    return root


@pytest.fixture
def built(project):
    site.build_site(project / "site", project / "notebooks", project / "results")
    return project / "site"


def pages(folder):
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.html"))}


def test_pages_are_there_and_nothing_else(built):
    reports = ["reports/room-laptop/report.html", "reports/room-laptop/verdict.csv"]
    expected = ["README.html", "api/semnerf_lib.html", "docs/cluster.html", "index.html"]
    expected += ["notebooks/01_first.html", "notebooks/02_second.html"]
    found = {path.relative_to(built).as_posix() for path in built.rglob("*") if path.is_file()}
    assert found == {*expected, *reports, f"notebooks/{LIBRARY}", SECTIONS, "room.jpg"}
    assert not list(built.parent.glob(".site*"))


def test_every_link_leads_to_a_page_and_a_place_on_it(built):
    found, count = pages(built), 0
    for name, page in found.items():
        for address in re.findall(r'<(?:a|img|script|link|source|video)[^>]*? (?:href|src)="([^"]*)"', page):
            if address.startswith(("data:", "https://example.org")):
                continue
            path, _, anchor = address.partition("#")
            inside = normpath(f"{name.rpartition('/')[0] or '.'}/{path}") if path else name
            assert (built / inside).is_file(), f"{name}: {address}"
            assert not anchor or f'id="{anchor}"' in found[inside], f"{name}: {address}"
            count += 1
    assert count >= 20
    assert '<a href="02_second.html#its-end">On</a>' in found["notebooks/01_first.html"]
    assert '<a href="../index.html">all</a>' in found["notebooks/01_first.html"]
    assert "<a>the source</a>" in found["notebooks/02_second.html"]
    assert '<a href="index.html">index</a>' in found["README.html"] and "<a>license</a>" in found["README.html"]


def test_nothing_is_asked_of_the_network(built):
    for name, page in pages(built).items():
        assert not re.search(r"""(src|url\()[=\s"'(]*(https?:)?//""", page), name
        links = re.findall(r"<link[^>]*>", page)
        assert all('rel="icon" href="data:' in link for link in links) and "@import" not in page, name


def test_only_the_page_with_a_figure_in_space_asks_for_plotly(built):
    asks = {name for name, page in pages(built).items() if f'data-library="{LIBRARY}"' in page}
    assert asks == {"notebooks/02_second.html"}
    page = (built / "notebooks" / "02_second.html").read_text()
    [text] = re.findall(r'<script type="application/json">(.*?)</script>', page, re.DOTALL)
    figure = json.loads(text)
    assert figure["config"]["showSendToCloud"] is False
    assert {key: figure[key] for key in FIGURE} == FIGURE
    assert f'<img alt="Figure 1: Its end" src="data:image/png;base64,{png("blue")}"' in page
    assert "plotly.js v" in (built / "notebooks" / LIBRARY).read_text()[:200]


def test_sections_can_be_found_by_their_words(built):
    text = (built / SECTIONS).read_text()
    rows = {row["at"]: row for row in json.loads(text.removeprefix("const SECTIONS = ").removesuffix(";\n"))}
    end = rows["notebooks/02_second.html#its-end"]
    assert end == {**end, "page": "02 · Second", "heading": "Its end", "text": "See the source."}
    assert "docs/cluster.html#far-amp-wide" in rows and "draw()" not in text
    for name, page in pages(built).items():
        if not name.startswith(("reports", "api")):
            root = "../" * name.count("/")
            assert f'data-root="{root}"' in page and f'<script src="{root}{SECTIONS}">' in page, name


def test_pages_have_contents_description_and_share_card(built):
    page = (built / "notebooks" / "02_second.html").read_text()
    assert '<a href="#its-end">Its end</a>' in page
    assert '<meta name="description" content="Another idea.">' in page
    assert '<meta property="og:image" content="../room.jpg">' in page
    assert '<details class="code">' in page and page.index('<details class="code">') < page.index("draw")


def test_a_hidden_source_is_folded_as_a_solution():
    hidden = v4.new_code_cell("answer = 42", metadata={"jupyter": {"source_hidden": True}})
    assert folded_as(hidden) == "A solution" and folded_as(v4.new_code_cell("answer = 42")) == ""


def test_index_has_picture_idea_time_and_needs(built):
    page = (built / "index.html").read_text()
    assert page.count('<img src="data:image/jpeg;base64,') == 2
    assert "An idea of its own." in page and "about 5 min to read; 10 s to run<" in page
    assert "100 s" not in page and "2 min to run; before the first time 3 runs, 3 min<" in page
    assert "Times to run: a laptop." in page and "<dd>notebook 01</dd>" in page
    assert '<a href="reports/room-laptop/report.html">the verdict on room</a>' in page and "room-smoke" not in page
    assert '<a href="docs/cluster.html">Far &amp; wide</a>' in page


def test_report_leads_back_and_its_absence_is_told(project, built):
    assert '<a href="../../index.html">Contents</a>' in (built / "reports/room-laptop/report.html").read_text()
    shutil.rmtree(project / "results")
    site.build_site(built, project / "notebooks", project / "results")
    assert "None here: no reproduction had been finished" in (built / "index.html").read_text()
    assert not (built / "reports").exists()


def test_pictures_and_documents_have_words(built):
    for name, page in pages(built).items():
        for image in re.findall(r"<img[^>]*>", page):
            assert " alt=" in image, f"{name}: {image[-80:]}"
        assert page.count("<h1") == 1 or "reports" in name
        assert '<html lang="en">' in page or "reports" in name
    assert 'alt="A room"' in (built / "README.html").read_text()


def test_what_is_no_site_is_not_replaced(project):
    other = project / "site"
    other.mkdir()
    (other / "index.html").write_text("mine")
    with pytest.raises(
        SemnerfError, match="site: holds something else, expected no folder, an empty one or an earlier"
    ):
        site.build_site(other, project / "notebooks", project / "results")
    assert (other / "index.html").read_text() == "mine"


def test_a_failure_leaves_the_earlier_site(project, built, monkeypatch):
    monkeypatch.setattr(site, "write_reports", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(SemnerfError, match="no room left on the disk"):
        site.build_site(built, project / "notebooks", project / "results")
    assert len(pages(built)) == 7 and not list(built.parent.glob(".site*"))


def test_command(project, capsys):
    words = ["--notebooks", str(project / "notebooks"), "--out", str(project / "results")]
    assert main.main(["site", "--to", str(project / "www"), *words]) == 0
    assert capsys.readouterr().out == f"open {project / 'www' / 'index.html'}\n"
    assert read(project / "notebooks" / "01_first.ipynb", 4).cells[0].source.startswith("# 01")
