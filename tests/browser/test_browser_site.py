"""The site as a person opens it: from a folder, every page, on a screen and on a phone; no request leaves it."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
from pathlib import Path
from urllib.parse import urldefrag

import nbformat
import numpy as np
import plotly.graph_objects as go
import pytest
from axe_playwright_python.sync_playwright import Axe
from nbformat import v4
from PIL import Image

from semnerf_lib.pages.outputs import LIBRARY
from semnerf_lib.pages.site import build_site
from semnerf_lib.plots import show3d

PROJECT = Path(__file__).resolve().parents[2]
SERIES = sorted(path.name for path in (PROJECT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LINKS = "() => Array.from(document.links, (link) => link.href)"
TOO_WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"
BROKEN = "() => Array.from(document.images).filter((image) => !image.complete || !image.naturalWidth).length"
WORDLESS = "() => Array.from(document.images).filter((image) => !image.hasAttribute('alt')).length"
CUT_FORMULAS = """() => Array.from(document.querySelectorAll("math"))
  .filter((formula) => getComputedStyle(formula).overflowY !== "visible")
  .filter((formula) => formula.scrollHeight > formula.clientHeight + 1)
  .map((formula) => formula.textContent)"""
CAPTIONS = """() => Array.from(document.querySelectorAll("caption"), (caption) => {
  const text = document.createRange();
  text.selectNodeContents(caption);
  return text.getBoundingClientRect().left;
})"""
SERIOUS = ("serious", "critical")
SIZES = {"screen": (1280, 900), "phone": (390, 800)}


@pytest.fixture
def visitor(browser):
    """Opens pages in a browser of its own; nothing outside and no complaint is forgiven."""
    asked, complaints = [], []

    def visit(size="screen", **options):
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda fault: complaints.append(str(fault)))
        return page

    contexts = []
    yield visit
    for context in contexts:
        context.close()
    assert asked and not [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    assert not complaints


@pytest.fixture(scope="session")
def series(tmp_path_factory):
    """The site of the committed notebooks."""
    target = tmp_path_factory.mktemp("site") / "site"
    return build_site(target, PROJECT / "notebooks", target.parent / "no-results")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_is_reached_from_the_index_and_stands_by_itself(series, visitor, pictures, size):
    page, waiting, seen = visitor(size), [series.as_uri()], set()
    while waiting:
        address = waiting.pop()
        seen.add(address)
        page.goto(address)
        name = f"{Path(address).parent.name}/{Path(address).name}"
        assert page.title() and page.locator("h1").count() == 1, name
        assert page.evaluate(TOO_WIDE) <= 0, name
        assert page.evaluate(BROKEN) == 0 and page.evaluate(WORDLESS) == 0, name
        page.screenshot(path=pictures / f"site_{size}_{name.replace('/', '_')}.png")
        local = {urldefrag(link)[0] for link in page.evaluate(LINKS) if link.startswith("file:")}
        waiting += sorted(local - seen - set(waiting))
    folder = series.parent
    assert seen == {path.as_uri() for path in folder.rglob("*.html")}
    assert len([address for address in seen if "/notebooks/" in address]) == len(SERIES)


def test_reading_on_leads_through_the_series(series, visitor):
    page = visitor()
    page.goto(series.as_uri())
    page.locator("ol.series h3 a").first.click()
    page.wait_for_load_state()
    titles = [page.locator("h1").inner_text()]
    while (further := page.locator("nav[aria-label='Further on'] a", has_text="→")).count():
        further.click()
        page.wait_for_load_state()  # the heading comes before the links at the bottom
        titles.append(page.locator("h1").inner_text())
    assert [title[:2] for title in titles] == [name[:2] for name in SERIES]


PAGES = (
    "index.html",
    "README.html",
    "TEACHING.html",
    "api/semnerf_lib/rendering.html",
    "api/semnerf_lib/machine/gradients.html",
    "notebooks/01_rays_and_cameras.html",
    "notebooks/10_verdict.html",
)


@pytest.mark.parametrize("width", [1400, 820, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_are_accessible(series, visitor, pictures, theme, width):
    page = visitor(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 1000})
    for name in PAGES:
        page.goto((series.parent / name).as_uri())
        findings = Axe().run(page).response["violations"]
        serious = {found["id"]: found["nodes"][0]["html"] for found in findings if found["impact"] in SERIOUS}
        assert not serious, f"{name}: {serious}"
        page.screenshot(path=pictures / f"site_{theme}_{width}_{Path(name).stem}.png")


def test_captions_of_wide_tables_begin_in_sight(series, visitor):
    """Centred over a table that is wider than the page, they began beyond its edge."""
    page = visitor()
    page.set_viewport_size({"width": 820, "height": 1000})
    page.goto((series.parent / "notebooks" / "19_does_it_hold_elsewhere.html").as_uri())
    starts = page.evaluate(CAPTIONS)
    assert len(starts) > 2 and max(starts) < 100


def test_formulas_are_whole(series, visitor):
    """No formula is taller than the box that it is drawn in, and its font has come with the page."""
    page = visitor()
    for name in SERIES:
        page.goto((series.parent / "notebooks" / name).with_suffix(".html").as_uri())
        assert page.evaluate(CUT_FORMULAS) == [], name
        assert not page.locator("math").count() or page.evaluate("() => document.fonts.check('16px \"STIX Two Math\"')")


def test_search_leads_to_the_section(series, visitor):
    page = visitor()
    page.goto((series.parent / "notebooks" / SERIES[0]).with_suffix(".html").as_uri())
    page.keyboard.press("/")
    page.keyboard.type("inverse cdf")
    page.locator(".search li a").first.click()
    page.wait_for_url("**/03_*.html#*")


def test_a_press_enlarges_a_picture(series, visitor):
    page = visitor("phone")
    page.goto((series.parent / "notebooks" / SERIES[0]).with_suffix(".html").as_uri())
    picture = page.locator("button.enlarge img").first
    small = picture.bounding_box()["width"]
    picture.click()
    large = page.locator("dialog.large img")
    assert large.bounding_box()["width"] > 2 * small and large.get_attribute("src") == picture.get_attribute("src")
    large.click()
    assert page.locator("dialog.large").is_hidden()


@pytest.mark.parametrize("number", ["02", "03"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_slider_shows_its_pictures_by_keyboard(series, visitor, pictures, number, theme):
    page = visitor(color_scheme=theme)
    (address,) = (series.parent / "notebooks").glob(f"{number}_*.html")
    page.goto(address.as_uri())
    box = page.locator(".steps")
    slider, picture, value = box.get_by_role("slider"), box.locator("img"), box.locator("output")
    slider.focus()
    page.keyboard.press("Home")
    first = picture.get_attribute("src"), picture.get_attribute("alt"), value.inner_text()
    page.keyboard.press("ArrowRight")
    assert all(
        one != other
        for one, other in zip(
            first, (picture.get_attribute("src"), picture.get_attribute("alt"), value.inner_text()), strict=True
        )
    )
    assert slider.get_attribute("aria-valuetext") == value.inner_text()
    assert not [one["id"] for one in Axe().run(page, context=".steps").response["violations"]]
    box.screenshot(path=pictures / f"steps_{number}_{theme}.png")


def test_films_play(series, visitor):
    page = visitor()
    page.goto((series.parent / "notebooks" / "05_semantic_view_synthesis.html").as_uri())
    film = page.locator("video")
    film.scroll_into_view_if_needed()
    film.evaluate("async (film) => { await film.play(); }")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0")


@pytest.fixture(scope="module")
def in_space(tmp_path_factory):
    """The page of a notebook with a figure in space."""
    notebooks = tmp_path_factory.mktemp("in-space") / "notebooks"
    notebooks.mkdir()
    cube = go.Scatter3d(x=[0, 1, 1, 0], y=[0, 0, 1, 1], z=[0, 1, 0, 1], mode="markers", marker_color="#e69f00")
    x, y, z = np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], np.float32)
    back = base64.b64encode(np.array([0, 2, 1], "<u2").tobytes()).decode()
    sheet = go.Mesh3d(x=x, y=y, z=z, i=[0], j=[1], k=[2], color="#0072b2", meta={"back": back})
    data, metadata = show3d(go.Figure([cube, sheet], {"title": "Four points", "height": 300}))._repr_mimebundle_()
    data["image/png"] = base64.b64encode(data["image/png"]).decode()
    shown = v4.new_output("display_data", data, metadata=metadata)
    cells = [v4.new_markdown_cell("# 01 · In space"), v4.new_code_cell("draw()", outputs=[shown])]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})  # else JupyterLab asks which
    nbformat.write(notebook, notebooks / "01_in_space.ipynb")
    facts = {"idea": "In space", "picture": "draw()", "before": [], "knows": ""}
    times = {"on": "", "seconds": {}, "runs": {}}
    (notebooks / "series.json").write_text(json.dumps({"notebooks": {"01": facts}, "times": times}))
    build_site(notebooks.parent / "site", notebooks, notebooks.parent / "no-results")
    return notebooks.parent / "site" / "notebooks" / "01_in_space.html"


def test_a_figure_in_space_is_live_and_can_be_turned(in_space, visitor, pictures):
    page = visitor()
    page.goto(in_space.as_uri())
    assert page.get_by_alt_text("Four points").is_visible()
    page.get_by_role("button", name="Turn it in 3D").click()
    page.wait_for_selector("figure.in-space[data-live=yes]")
    assert page.locator(".still").is_hidden() and page.locator(".live canvas").count()
    page.wait_for_timeout(500)
    seen = Image.open(io.BytesIO(page.locator(".live").screenshot())).convert("RGB")
    assert len(seen.getcolors(maxcolors=2**24)) > 100, "the live figure is one blank box"
    buttons = page.locator(".modebar-btn").evaluate_all("(all) => all.map((button) => button.dataset.title)")
    assert buttons and not [title for title in buttons if re.search("Share|Plotly", title or "")]
    eye = "() => JSON.stringify(document.querySelector('.live')._fullLayout.scene._scene.getCamera().eye)"
    before, box = page.evaluate(eye), page.locator(".live").bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.4 * box["height"], steps=5)
    page.mouse.up()
    page.wait_for_function(f"(before) => ({eye})() !== before", arg=before)
    page.screenshot(path=pictures / "site_in_space.png")


def test_a_mesh_shows_the_side_that_faces_the_reader(in_space, visitor):
    page = visitor()
    page.goto(in_space.as_uri())
    page.get_by_role("button", name="Turn it in 3D").click()
    page.wait_for_selector("figure.in-space[data-live=yes]")
    sides = "() => ['i', 'j', 'k'].map((side) => [...document.querySelector('.live')._fullData[1][side]].join()).join()"
    assert page.evaluate(sides) == "0,1,2"
    for height, seen in ((-2, "0,2,1"), (2, "0,1,2")):
        page.evaluate(
            "(z) => Plotly.relayout(document.querySelector('.live'), {'scene.camera.eye': {x: 0.1, y: 0.1, z}})", height
        )
        page.wait_for_function(f"(seen) => ({sides})() === seen", arg=seen)


def test_without_scripts_its_picture_stands_there(in_space, visitor):
    page = visitor(java_script_enabled=False)
    page.goto(in_space.as_uri())
    assert page.get_by_alt_text("Four points").is_visible() and page.locator(".live").is_hidden()


def test_without_webgl_its_picture_stands_there(in_space, visitor):
    page = visitor()
    page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null;")
    page.goto(in_space.as_uri())
    assert not page.locator("button.turn").count()
    assert page.get_by_alt_text("Four points").is_visible() and page.locator(".live").is_hidden()


def test_the_library_lies_there_once_and_only_if_needed(in_space, series):
    assert [path.name for path in in_space.parent.glob("*.js")] == [LIBRARY]
    needed = 'class="in-space"' in "".join(p.read_text() for p in series.parent.rglob("*.html"))
    assert bool(list(series.parent.rglob(LIBRARY))) == needed


def test_the_index_in_jupyterlab_shows_its_pictures_and_leads_to_the_notebooks(desk):
    desk.open("index.ipynb")
    desk.look_through()
    pictures = desk.page.locator(".jp-MarkdownOutput img")
    assert pictures.count() == len(SERIES)
    desk.page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-MarkdownOutput img')].every((image) => image.naturalWidth === 360)"
    )
    links = desk.page.locator(".jp-MarkdownOutput h2 a:not(.jp-InternalAnchorLink)").evaluate_all(
        "(all) => all.map((link) => link.href)"
    )
    assert [Path(urldefrag(link)[0].partition("?")[0]).name for link in links] == SERIES


def test_a_figure_in_space_comes_to_life_in_jupyterlab(desk, in_space):
    shutil.copy(in_space.parents[2] / "notebooks" / in_space.with_suffix(".ipynb").name, desk.lab.notebooks)
    desk.open(in_space.with_suffix(".ipynb").name)
    still = desk.page.locator(".jp-RenderedPlotly img")
    still.wait_for()
    box = still.bounding_box()
    desk.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    desk.page.locator(".jp-RenderedPlotly .plot-container").wait_for()
    assert still.is_hidden()
