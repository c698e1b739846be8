"""Plotly's figures in space, for readers with a kernel and without: live if plotly is there, else a picture.

One output of a notebook holds both: JupyterLab and the pages of `pages` turn it by mouse, GitHub shows the picture.
Plotly belongs to the extra `notebooks`, so nothing here imports it: callers make the figures.
"""

from __future__ import annotations

import io
import json
import re
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d import Axes3D
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from semnerf_lib.errors import SemnerfError
from semnerf_lib.plots.alternatives import alternative_text, few_colours
from semnerf_lib.scenes.triangles import area_vectors

PLOTLY = "application/vnd.plotly.v1+json"
"""The MIME type of plotly's figures in notebooks."""
MAX_BYTES = 400_000
"""Most bytes of a figure's JSON: a committed notebook stays below a megabyte."""

CONFIG = {"displaylogo": False, "responsive": True, "showSendToCloud": False, "plotlyServerURL": ""}
"""Plotly's `config`: without it a figure has a button that sends it to plotly's server."""
ZOOM, MARGIN = 1.1, 0.01
"""How much of its picture a room fills, and the share of its width that stays free beside the numbers at its axes."""


class Shown3D:
    """A figure in space as a notebook displays and keeps it; make it with `show3d`."""

    def __init__(self, figure: dict[str, Any], png: bytes, title: str):
        self.figure, self.png, self.title = figure, png, title

    def __repr__(self) -> str:
        return f"{self.title} (in 3D)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple[dict, dict]:
        data = {PLOTLY: self.figure, "image/png": self.png, "text/plain": repr(self)}
        return data, {"image/png": {"alt": self.title}}


def show3d(figure: Any, picture: Figure | None = None, max_bytes: int = MAX_BYTES) -> Shown3D:
    """A plotly figure as one output: live in JupyterLab and on pages, a picture where plotly is unknown.

    Args:
        figure: `plotly.graph_objects.Figure` with a title, of `Scatter3d` and `Mesh3d` traces in one scene. Arrays of
            float32 and small integers keep it small: plotly writes them as they are.
        picture: matplotlib's, instead of the one that `picture_of` makes; it is closed.
        max_bytes: that the figure's JSON may have.

    Returns:
        Something to display.

    Raises:
        SemnerfError: no title, too large, or a trace that `picture_of` cannot draw.
    """
    title = title_of(figure)
    if not title:
        raise SemnerfError("figure in 3D: no title, expected one that says what it shows")
    text = json.loads(figure.to_json())
    text["layout"].pop("template", None)  # 7 kB of looks for kinds of traces that are not there
    text["config"] = CONFIG
    size = len(json.dumps(text))
    if size > max_bytes:
        raise SemnerfError(
            f"figure in 3D {title!r}: {size} bytes, expected at most {max_bytes}: fewer or rounder points"
        )
    picture = picture_of(figure) if picture is None else picture
    png = small_png(picture)
    plt.close(picture)
    return Shown3D(text, png, title)


def picture_of(figure: Any) -> Figure:
    """Matplotlib's picture of a plotly figure in space, from where its camera stands.

    Args:
        figure: of `Scatter3d` (points, lines, texts) and `Mesh3d` traces in one scene.

    Raises:
        SemnerfError: another kind of trace.
    """
    picture = plt.figure(figsize=(9.6, 6.0))
    ax = picture.add_subplot(projection="3d", computed_zorder=False)
    handles, corners = {}, []
    for order, trace in enumerate(trace for trace in figure.data if trace.visible in (None, True)):
        if trace.type not in DRAWERS:
            plt.close(picture)
            raise SemnerfError(f"figure in 3D: trace of type {trace.type!r}, expected {' or '.join(DRAWERS)}")
        xyz = np.stack([np.asarray(axis, dtype=float) for axis in (trace.x, trace.y, trace.z)], axis=1)
        handle = DRAWERS[trace.type](picture, ax, trace, xyz, order)
        corners.append(xyz)
        if trace.name and (trace.showlegend or (trace.showlegend is None and trace.type == "scatter3d")):
            handles.setdefault(trace.name, handle)
    seen = np.concatenate(corners)
    lower, upper = np.nanmin(seen, axis=0), np.nanmax(seen, axis=0)
    upper = np.maximum(upper, lower + 1e-3)
    ax.set(xlim=(lower[0], upper[0]), ylim=(lower[1], upper[1]), zlim=(lower[2], upper[2]))
    sides = np.maximum(upper - lower, 0.1 * (upper - lower).max())
    ax.set_box_aspect(sides, zoom=ZOOM)
    scene = figure.layout.scene
    ax.set(**{f"{a}label": getattr(scene, f"{a}axis").title.text or a for a in "xyz"})
    eye = scene.camera.eye
    x, y, z = (1.25 if value is None else value for value in (eye.x, eye.y, eye.z))
    ax.view_init(np.degrees(np.arctan2(z, np.hypot(x, y))), np.degrees(np.arctan2(y, x)))
    picture.suptitle(title_of(figure), x=0.01, ha="left")
    if handles and figure.layout.showlegend is not False:
        columns = -(-len(handles) // 24)
        picture.legend(handles.values(), handles, loc="outside right upper", ncols=columns, fontsize=9)
    ax.set_box_aspect(sides, zoom=ZOOM * _fitting(picture, ax))
    return picture


def _fitting(picture: Figure, ax: Axes3D) -> float:
    """By which factor a room must be smaller for its numbers to stay inside the picture; the layout does not count them."""
    picture.draw_without_rendering()
    whole, room, labelled = picture.bbox, ax.get_position(), ax.get_tightbbox()
    if labelled is None:
        return 1.0
    x0, x1 = labelled.x0 / whole.width, labelled.x1 / whole.width
    middle = (room.x0 + room.x1) / 2
    return min(1.0, (middle - MARGIN) / (middle - x0), (1 - middle - MARGIN) / (x1 - middle))


def title_of(figure: Any) -> str:
    """A plotly figure's title without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", figure.layout.title.text or "").split())


def small_png(picture: Figure) -> bytes:
    """The picture as a PNG of at most 256 colours."""
    full = io.BytesIO()
    picture.savefig(full, format="png", dpi=100)
    return few_colours(full.getvalue())


def small_picture(figure: Figure) -> Any:
    """A figure, which is closed, as such a PNG for a notebook, with its alternative text."""
    from IPython.display import Image as Displayed

    picture = Displayed(small_png(figure), alt=alternative_text(figure))
    plt.close(figure)
    return picture


def _scatter(picture: Figure, ax: Axes3D, trace: Any, xyz: Float[np.ndarray, "n 3"], order: int) -> Line2D:
    mode, marker = trace.mode or "lines+markers", trace.marker
    along = marker.color if trace.line.color is None else trace.line.color
    line = {"color": _colour(_first(along)), "linewidth": 0.5 * (trace.line.width or 2)}
    dot = {"marker": "o", "linestyle": "none", "color": _colour(_first(marker.color)), "markersize": 5}
    if "lines" in mode:
        ax.plot(*xyz.T, **line, zorder=order)  # NaN parts the lines, as None does for plotly
    if "markers" in mode:
        colours = _colours(picture, ax, marker, marker.color, len(xyz))
        area = np.square(0.9 * np.asarray(marker.size if marker.size is not None else 6, dtype=float))
        ax.scatter(*xyz.T, c=colours, s=area, linewidths=0, depthshade=False, alpha=marker.opacity, zorder=order)
    if "text" in mode:
        for place, text in zip(xyz, np.broadcast_to(trace.text, len(xyz)), strict=True):
            ax.text(*place, str(text), fontsize=10, zorder=order)
    return Line2D([], [], **(dot if "markers" in mode else line))


def _mesh(picture: Figure, ax: Axes3D, trace: Any, xyz: Float[np.ndarray, "n 3"], order: int) -> Line2D:
    faces = np.stack([np.asarray(corner, dtype=int) for corner in (trace.i, trace.j, trace.k)], axis=1)
    if trace.facecolor is not None:
        colours = _colours(picture, ax, trace, trace.facecolor, len(faces))
    else:
        given = trace.vertexcolor if trace.vertexcolor is not None else trace.intensity
        given = trace.color if given is None else given
        colours = _colours(picture, ax, trace, given, len(xyz))[faces].mean(axis=1)
    triangles = xyz[faces]
    across = area_vectors(xyz, faces)
    facing = np.abs(across @ [0.35, 0.45, 0.82]) / np.maximum(np.linalg.norm(across, axis=1), 1e-12)
    colours = np.c_[colours[:, :3] * (0.55 + 0.45 * facing)[:, None], colours[:, 3] * (trace.opacity or 1)]
    ax.add_collection3d(Poly3DCollection(triangles, facecolors=colours, linewidths=0, zorder=order))
    return Line2D([], [], marker="s", linestyle="none", color=colours.mean(axis=0))


DRAWERS = {"scatter3d": _scatter, "mesh3d": _mesh}


def _colours(picture: Figure, ax: Axes, holder: Any, given: Any, count: int) -> Float[np.ndarray, "n 4"]:
    """Colours as plotly has them, one an item: one for all, one each, or numbers on a scale (with a bar, if shown)."""
    if given is None or isinstance(given, str):
        return np.tile(_colour(given), (count, 1))
    if not np.issubdtype(np.asarray(given).dtype, np.number):
        colours = {text: _colour(text) for text in set(given)}
        return np.array([colours[text] for text in given])
    values = np.asarray(given, dtype=float)
    steps = [(place, _colour(colour)) for place, colour in holder.colorscale] if holder.colorscale else None
    scale = LinearSegmentedColormap.from_list("given", steps) if steps else plt.get_cmap("plasma")
    low, high = (np.nanmin(values), np.nanmax(values)) if holder.cmin is None else (holder.cmin, holder.cmax)
    mappable = ScalarMappable(Normalize(low, high), scale)
    if holder.showscale:
        picture.colorbar(mappable, ax=ax, label=holder.colorbar.title.text or "", shrink=0.6)
    return mappable.to_rgba(values)


def _first(given: Any) -> Any:
    return given if given is None or isinstance(given, str) else next(iter(given), None)


def _colour(text: Any) -> tuple[float, float, float, float]:
    """A colour in plotly's words ("rgb(230, 159, 0)", "#e69f00", "orange") as shares; plotly's blue where none is."""
    if not isinstance(text, str):
        return to_rgba("#636efa")
    if text.startswith("rgb"):
        red, green, blue, *alpha = (float(number) for number in re.findall(r"[\d.]+", text))
        return (red / 255, green / 255, blue / 255, alpha[0] if alpha else 1.0)
    return to_rgba(text.replace(" ", ""))
