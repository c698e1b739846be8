"""What explorers draw in space with plotly: axes in metres, cameras, points in the colours of their classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import torch
from jaxtyping import Float, Shaped, UInt8

from semnerf_lib.cameras import Intrinsics, camera_of_width, unproject
from semnerf_lib.evaluation import View
from semnerf_lib.palette import colourise, palette
from semnerf_lib.plots.spatial import CONFIG
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.surfaces.comparison import surface_in, voxel_downsample
from semnerf_lib.widgets.motion import upward

OUTLINE = (1, 2, 3, 4, 1, 0, 2, 3, 0, 4)
"""In which order a pen draws a pyramid's edges: 0 is the camera's centre, 1 ... 4 the corners of its image."""
SIZE = 1.6
"""How long plotly draws the mean of a room's two longest sides, in its own units."""
EYE = (-1.0, -1.6, 1.8)
"""Where one looks from at first, in those units from the middle of the room."""
CENTRE = (0.0, 0.0, -0.25)
"""What one looks at, in the same units: a little below the middle, so that the room's near corner is in sight."""


class LiveFigure(go.FigureWidget):
    """Plotly's live figure, which keeps to itself: no button sends it to plotly's server."""

    def __init__(self, *figure: Any, **parts: Any):
        super().__init__(*figure, **parts)
        self._config = {
            **self._config,
            **CONFIG,
            "responsive": True,
        }  # plotly offers no other way to a live figure's config


def room_layout(
    box: Float[np.ndarray, "2 3"] | None,
    title: str,
    eye: Sequence[float] | Float[np.ndarray, "3"] = EYE,
    height: int = 560,
    up: Sequence[float] | Float[np.ndarray, "3"] = (0, 0, 1),
) -> go.Layout:
    """Axes in metres, a metre equally long on each.

    Args:
        box: what they span, metres; None for as much as is drawn.
        eye: where one looks from, in plotly's units from the box's middle.
        height: pixels.
        up: the world axis that points to the top.
    """
    ranges = [None] * 3 if box is None else box.T.round(3).tolist()
    axes = {
        f"{name}axis": dict(title=f"{name} (m)", range=ends, showspikes=False, showbackground=False,
                            gridcolor="#e4e4e4")
        for name, ends in zip("xyz", ranges, strict=True)
    }  # fmt: skip
    sides = dict(aspectmode="data")
    if box is not None:
        sides = dict(aspectmode="manual", aspectratio=xyz((box[1] - box[0]) * plotly_units(box)))
    return go.Layout(
        title=dict(text=title, x=0.01, font=dict(size=15)),
        height=height,
        margin=dict(l=0, r=0, t=40, b=0),
        legend=dict(itemsizing="constant", font=dict(size=11)),
        uirevision="kept",  # a new surface does not turn the room back
        scene=dict(
            **axes, **sides, camera={k: xyz(np.array(v)) for k, v in dict(eye=eye, up=up, center=CENTRE).items()}
        ),
    )


def plotly_units(box: Float[np.ndarray, "2 3"]) -> float:
    """Plotly's units a metre in `room_layout`: cameras stand at the box's middle + eye / units."""
    return SIZE / float(np.sort(box[1] - box[0])[1:].mean())


def xyz(points: Shaped[np.ndarray, "*n 3"]) -> dict[str, Any]:
    """Points as plotly's x, y, z: one point as numbers, many as float32, which it writes as they are."""
    if points.ndim == 1:
        return dict(zip("xyz", points.astype(float).round(4).tolist(), strict=True))
    return dict(zip("xyz", np.asarray(points, dtype=np.float32).T, strict=True))


def box_of_views(scene: Scene, points: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "2 3"]:
    """The scene's bounds, else a box around its cameras and some points of its surfaces."""
    if scene.bounds is not None:
        return scene.bounds
    everything = np.concatenate([scene.c2w[:, :3, 3], points])
    low, high = everything.min(0), everything.max(0)
    return np.stack([low, np.maximum(high, low + 0.1)])


def surface_points(scene: Scene, count: int) -> tuple[Float[np.ndarray, "points 3"], UInt8[np.ndarray, "points"]]:
    """About `count` points spread over what the training frames show, with their classes; none without depth."""
    if scene.depth is None:
        return np.zeros((0, 3), dtype=np.float32), np.zeros(0, dtype=np.uint8)
    points, labels = [], []
    step = max(1, scene.intrinsics.width // 64)
    for i in scene.train_ids[:: max(1, len(scene.train_ids) // 40)]:
        valid = np.zeros(scene.labels[i].shape, dtype=bool)
        valid[::step, ::step] = scene.depth[i][::step, ::step] > 0
        points.append(surface_in(scene, i, scene.depth[i])[valid])
        labels.append(scene.labels[i][valid])
    points, labels, side = np.concatenate(points), np.concatenate(labels), 0.05
    kept = voxel_downsample(points, side)
    if len(kept) > count:  # a surface meets as many cubes as its area has squares of their side
        kept = voxel_downsample(points, side * (len(kept) / count) ** 0.5)
    return points[kept], labels[kept]


def class_points(
    points: Float[np.ndarray, "n 3"], labels: UInt8[np.ndarray, "n"], class_names: Sequence[str], size: float = 2.5
) -> list[go.Scatter3d]:
    """One trace a class, the most frequent first, named so that the legend hides and shows it."""
    return [
        go.Scatter3d(
            **xyz(points[labels == c]),
            mode="markers",
            name=name_of(c, class_names),
            marker=dict(size=size, color=css(c)),
            hovertemplate="%{x:.2f}, %{y:.2f}, %{z:.2f} m",
        )
        for c in by_frequency(labels)
    ]


def by_frequency(labels: UInt8[np.ndarray, "n"]) -> list[int]:
    """The classes that occur, the most frequent first, void last."""
    counts = np.bincount(labels, minlength=256)
    present = np.flatnonzero(counts)
    return present[np.lexsort((-counts[present], present == VOID))].tolist()


def name_of(label: int, class_names: Sequence[str]) -> str:
    return "void (no class)" if label == VOID else class_names[label]


def css(label: int) -> str:
    """The colour of a class in a browser's words."""
    return f"rgb{tuple(colourise(np.array(label)).tolist())}"


def pyramids(c2w: Float[np.ndarray, "n 4 4"], intrinsics: Intrinsics, size: float) -> Float[np.ndarray, "points 3"]:
    """The outlines of cameras with their field of view as one line, parted by NaN.

    Args:
        size: distance of the image from the camera's centre, metres.
    """
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [intrinsics.width, intrinsics.height] - 0.5
    image = (corners - [intrinsics.cx, intrinsics.cy]) / [intrinsics.fx, intrinsics.fy]
    local = size * np.concatenate([np.zeros((1, 3)), np.c_[image, np.ones(4)]])
    world = local @ c2w[:, :3, :3].transpose(0, 2, 1) + c2w[:, None, :3, 3]
    return np.concatenate([world[:, OUTLINE], np.full((len(c2w), 1, 3), np.nan)], axis=1).reshape(-1, 3)


def lines(ends: Sequence[Float[np.ndarray, "n 3"]]) -> Float[np.ndarray, "points 3"]:
    """n lines, each through the n-th point of every array, as one, parted by NaN."""
    return np.stack([*ends, np.full_like(ends[0], np.nan)], axis=1).reshape(-1, 3)


VIEWS = 8
"""Training views whose pixels become points."""
WIDTH = 40
"""Pixels a row of these views."""
ABOVE_CAMERAS = 0.4
"""Metres above the highest camera at which the cloud is cut off, so that one looks into a room from above."""

Cloud = tuple[Float[np.ndarray, "points 3"], UInt8[np.ndarray, "points"]]
"""Points in metres and their classes."""


def learnt_cloud(render: Callable[[Float[np.ndarray, "4 4"], int], View], scene: Scene) -> Cloud:
    """Where the pixels of some training views end: o + depth d, and the class rendered there.

    Args:
        render: view of a pose at a width (see `view_renderer`).
        scene: whose training cameras look; what lies above them (a ceiling) is left out.
    """
    ids = [scene.train_ids[i] for i in np.linspace(0, len(scene.train_ids) - 1, VIEWS).astype(int)]
    width = min(WIDTH, scene.intrinsics.width)
    camera, points, labels = camera_of_width(scene.intrinsics, width), [], []
    for i in ids:
        view = render(scene.c2w[i], width)
        world = unproject(torch.from_numpy(view.depth), camera, torch.tensor(scene.c2w[i], dtype=torch.float32))
        points.append(world.reshape(-1, 3).numpy())
        labels.append(view.labels.reshape(-1))
    xyz, classes, up = np.concatenate(points), np.concatenate(labels), upward(scene.c2w)
    below = xyz @ up < (scene.c2w[:, :3, 3] @ up).max() + ABOVE_CAMERAS
    return xyz[below].round(2).astype(np.float32), classes[below]


def cloud_layout(scene: Scene, title: str) -> go.Layout:
    """`room_layout` of as much as the cloud fills, looked at from above."""
    up = upward(scene.c2w)
    layout = room_layout(None, title, eye=1.5 * up - 0.9 * np.roll(up, 1), height=420, up=up)
    layout.title.font.size = 13  # a long one, above a narrow figure
    return layout


def cloud_trace(cloud: Cloud, class_names: tuple[str, ...]) -> dict:
    """The cloud as the content of plotly's `Scatter3d`: classes as numbers on a scale of the kit's colours."""
    xyz, labels = cloud
    n = len(class_names)
    colours = [f"rgb({r},{g},{b})" for r, g, b in palette(n).tolist()]
    steps = [(k / n, colour) for i, colour in enumerate(colours) for k in (i, i + 1)]
    return {
        "x": xyz[:, 0],
        "y": xyz[:, 1],
        "z": xyz[:, 2],
        "mode": "markers",
        "marker": {"size": 2, "color": labels, "colorscale": steps, "cmin": -0.5, "cmax": n - 0.5},
        "hovertemplate": "x %{x}, y %{y}, z %{z} m<extra></extra>",
    }
