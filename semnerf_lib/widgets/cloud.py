"""The learnt cloud: the points where a field's rays end, coloured by class, in space."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import torch
from jaxtyping import Float, UInt8

from semnerf_lib.cameras import camera_of_width, unproject
from semnerf_lib.evaluation import View
from semnerf_lib.palette import palette
from semnerf_lib.scene import Scene
from semnerf_lib.widgets.motion import upward
from semnerf_lib.widgets.space import room_layout

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
