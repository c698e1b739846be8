"""Explorer: a camera moved through the room, its picture, and the ray of the pixel that is clicked."""

from __future__ import annotations

from html import escape

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
import torch
from jaxtyping import Float
from plotly.basedatatypes import BaseFigure

from semnerf_lib.cameras import get_rays
from semnerf_lib.scene import Scene
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.frame_mesh import See, Seen
from semnerf_lib.widgets.marks import mark_pixel
from semnerf_lib.widgets.motion import STEEPEST, bearings, roaming_box, turned, upward
from semnerf_lib.widgets.picture import Picture
from semnerf_lib.widgets.space import (
    EYE,
    LiveFigure,
    box_of_views,
    class_points,
    css,
    lines,
    name_of,
    pyramids,
    room_layout,
    surface_points,
    xyz,
)

TRAINING, TEST, OWN, RAY, BUNDLE = "#56b4e9", "#cc79a7", "#000000", "#d55e00", "#e69f00"
"""Colours of the training cameras, the test cameras, one's own camera, its ray and its bundle of rays."""
ENDLESS = 3.0
"""Length of a drawn ray whose depth is unknown, metres."""
FARTHER = 1.15
"""How much farther than in other explorers one stands at first: the whole room and the ray's end are in sight."""
STATIC_CAMERAS = 10
"""Cameras of a piece of the path that the figure in a file draws."""
SEE_THROUGH = 0.5
"""Opacity of the points of surfaces: a ray and its end stay in sight behind them."""
ABOVE = 0.15
"""Share of the room's height that is left out below the ceiling, so that one looks in."""
N_POINTS, N_POINTS_STATIC = 8000, 4500
"""Points of the room's surfaces, live and where the figure is kept in a file."""
PICTURE_WIDTH, ROOM_WIDTH = 400, 540
"""Of the camera's picture, and of the room beside it at least, CSS pixels: both fit on a laptop's screen."""


def camera_rays(scene: Scene, see: See) -> Explorer:
    """Move a camera through the scene in 3D, and click a pixel of its picture to see where that pixel's ray ends.

    Args:
        scene: its cameras are drawn, training views and test views apart.
        see: (c2w, width) -> labels and depth as a camera there sees them: `from_frames(scene)` before any model is
            trained, or a model's views.
    """
    return Explorer(lambda: CameraRays(scene, see).widget, lambda: still(scene, see))


def still(scene: Scene, see: See) -> go.Figure:
    """The figure without controls: one camera, the ray of a pixel and a bundle of rays."""
    i, camera = scene.train_ids[len(scene.train_ids) // 3], scene.intrinsics
    pixel = first_pixel(scene)
    title = f"Frame {i}, and the ray of its pixel {pixel}"
    figure = go.Figure(**room(scene, title, N_POINTS_STATIC, static=True))
    seen = see(scene.c2w[i], camera.width)
    add_moving(figure)
    for name, trace in moving(scene, scene.c2w[i], seen, pixel).items():
        figure.update_traces(trace, selector={"name": name})
    return figure


def room(scene: Scene, title: str, n_points: int, static: bool = False) -> dict:
    """What stands still: the surfaces as points, without the ceiling, and the scene's cameras.

    A live figure hides the cameras until their entry in the legend is clicked, and names a class where one points; a
    static one draws `STATIC_CAMERAS` neighbours of the path, and its legend has the classes too.
    """
    points, labels = surface_points(scene, n_points)
    box = box_of_views(scene, points)
    height = points @ upward(scene.c2w)
    below = height < np.max(height, initial=0.0) - ABOVE * np.ptp(height) if len(points) else np.zeros(0, bool)
    size = 0.05 * float(np.linalg.norm(np.ptp(scene.c2w[:, :3, 3], axis=0)).clip(1, 5))
    traces = [
        go.Scatter3d(
            **xyz(pyramids(scene.c2w[list(ids)[:STATIC_CAMERAS] if static else list(ids)], scene.intrinsics, size)),
            mode="lines",
            name=f"{min(len(ids), STATIC_CAMERAS)} of {len(ids)} {name} cameras"
            if static
            else f"{len(ids)} {name} cameras (click to show)",
            visible=True if static else "legendonly",
            line=dict(color=colour, width=1),
            hoverinfo="skip",
        )
        for name, ids, colour in (("training", scene.train_ids, TRAINING), ("test", scene.test_ids, TEST))
    ]
    layout = room_layout(box, title, eye=FARTHER * np.array(EYE), height=560 if static else 640)
    surfaces = class_points(points[below], labels[below], scene.class_names, 3.0)
    for one in surfaces:
        one.marker.opacity, one.showlegend = SEE_THROUGH, static
    if not static:
        layout.legend.update(orientation="h", y=0, yanchor="top", font=dict(size=13))
        layout.update(margin_b=70)
    return {"data": [*surfaces, *traces], "layout": layout}


def add_moving(figure: BaseFigure) -> None:
    """Adds what moves, still empty: one's own camera, its bundle of rays, the ray of the chosen pixel and its end."""
    nowhere = xyz(np.full((1, 3), np.nan))
    looks = {
        "a coarse bundle of rays": dict(mode="lines", line=dict(color=BUNDLE, width=1.5), hoverinfo="skip"),
        "this camera": dict(mode="lines", line=dict(color=OWN, width=5), hoverinfo="skip"),
        "the pixel's ray": dict(mode="lines", line=dict(color=RAY, width=7), hoverinfo="skip"),
        "where it ends": dict(mode="markers+text", marker=dict(size=7, color=RAY), hoverinfo="text"),
    }
    figure.add_traces([go.Scatter3d(**nowhere, name=name, **look) for name, look in looks.items()])


def moving(scene: Scene, c2w: np.ndarray, seen: Seen, pixel: tuple[int, int]) -> dict[str, dict]:
    """What `add_moving`'s traces show for a camera, by name."""
    camera, (u, v) = scene.intrinsics, pixel
    rays_o, rays_d = (rays.numpy() for rays in get_rays(camera, torch.tensor(c2w, dtype=torch.float32)))
    reach = np.where(seen.depth > 0, seen.depth, ENDLESS)[..., None]
    ends = rays_o + reach * rays_d
    step = max(1, camera.width // 6)
    some = (slice(step // 2, None, step), slice(step // 2, None, step))
    bundle = lines([rays_o[some].reshape(-1, 3), ends[some].reshape(-1, 3)])
    label = int(seen.labels[v, u])
    z = float(seen.depth[v, u])
    length = z * float(np.linalg.norm(rays_d[v, u]))
    text = f"{name_of(label, scene.class_names)}, {length:.2f} m" if z > 0 else "depth unknown"
    end = dict(text=[text], hovertext=[text], textposition="top center", textfont=dict(size=13))
    return {
        "a coarse bundle of rays": xyz(bundle),
        "this camera": xyz(pyramids(c2w[None], camera, 0.4)),
        "the pixel's ray": xyz(np.stack([rays_o[v, u], ends[v, u]])),
        "where it ends": xyz(ends[v, u][None]) | end | dict(marker=dict(size=7, color=css(label))),
    }


def name_over(end: dict) -> dict:
    """The words of a ray's end over all else that is drawn, for plotly's scene."""
    look = dict(ax=0, ay=-45, arrowcolor=RAY, bgcolor="#fff", bordercolor=RAY, borderpad=3)
    return look | {axis: float(end[axis][0]) for axis in "xyz"} | {"text": end["text"][0]}


def first_pixel(scene: Scene) -> tuple[int, int]:
    """The pixel that is chosen before anybody clicks: two fifths across, three fifths down."""
    return 2 * scene.intrinsics.width // 5, 3 * scene.intrinsics.height // 5


class CameraRays:
    """The explorer's live half: a frame or sliders move the camera, a click chooses the pixel."""

    def __init__(self, scene: Scene, see: See):
        self.scene, self.see, self.pixel = scene, see, first_pixel(scene)
        self.up, self.box = upward(scene.c2w), roaming_box(scene)
        first = scene.train_ids[len(scene.train_ids) // 3]
        self.c2w = scene.c2w[first]
        self.figure = LiveFigure(**room(scene, "The room, its cameras, and the ray of one pixel", N_POINTS))
        add_moving(self.figure)
        self.figure.update_traces(mode="markers", selector={"name": "where it ends"})  # `name_over` has the words
        self.picture = Picture(np.zeros((3, 4, 3), np.uint8), PICTURE_WIDTH, "camera")
        self.text = widgets.HTML()
        slider = dict(
            continuous_update=False, layout=widgets.Layout(width="auto"), style={"description_width": "6.5em"}
        )
        self.frame = widgets.IntSlider(first, 0, scene.n_frames - 1, description="go to frame", **slider)
        self.places = [
            widgets.FloatSlider(0.0, min=low, max=high, step=0.01, description=f"{n} (m)", **slider)
            for n, low, high in zip("xyz", *self.box, strict=True)
        ]
        steepest = float(np.floor(np.degrees(STEEPEST)))
        self.angles = [
            widgets.FloatSlider(0.0, min=-180, max=180, step=1, description="yaw (°)", **slider),
            widgets.FloatSlider(0.0, min=-steepest, max=steepest, step=1, description="pitch (°)", **slider),
        ]
        self.following = False
        self.frame.observe(self.go_to_frame, "value")
        for one in (*self.places, *self.angles):
            one.observe(self.move, "value")
        self.picture.on_click(self.choose)
        self.set_sliders()
        self.look()
        hint = widgets.HTML("<b>What this camera sees.</b> Click a pixel to draw its ray.")
        controls = widgets.VBox(
            [hint, self.picture, self.text, self.frame, *self.places, *self.angles],
            layout=widgets.Layout(width=f"{PICTURE_WIDTH + 20}px", flex="0 0 auto"),
        )
        place = widgets.Layout(flex=f"1 1 {ROOM_WIDTH}px", min_width="0")
        self.widget = widgets.HBox(
            [widgets.VBox([self.figure], layout=place), controls], layout=widgets.Layout(flex_flow="row wrap")
        )

    def go_to_frame(self, _=None) -> None:
        self.c2w = self.scene.c2w[self.frame.value]
        self.set_sliders()
        self.look()

    def set_sliders(self) -> None:
        """Sliders show where the camera is, without moving it."""
        self.following = True
        for one, value in zip(self.places, self.c2w[:3, 3], strict=True):
            one.value = float(value)
        for one, value in zip(self.angles, bearings(self.c2w, self.up), strict=True):
            one.value = float(np.degrees(value))
        self.following = False

    def move(self, _=None) -> None:
        if self.following:
            return
        there = self.c2w.copy()
        there[:3, 3] = [one.value for one in self.places]
        heading, elevation = bearings(there, self.up)
        yaw, pitch = (np.radians(one.value) for one in self.angles)
        self.c2w = turned(there, yaw - heading, pitch - elevation, self.up)
        self.look()

    def choose(self, u: int, v: int) -> None:
        self.pixel = (u // self.times, v // self.times)
        self.show()

    def look(self) -> None:
        """Asks for the picture of where the camera is now."""
        self.seen = self.see(self.c2w, self.scene.intrinsics.width)
        self.show()

    def show(self) -> None:
        image, self.times = mark_pixel(self.seen.labels, self.pixel, PICTURE_WIDTH)
        self.picture.show(image)
        shown = moving(self.scene, self.c2w, self.seen, self.pixel)
        with self.figure.batch_update():
            for name, trace in shown.items():
                self.figure.update_traces(trace, selector={"name": name})
            self.figure.layout.scene.annotations = [name_over(shown["where it ends"])]
        self.text.value = self.sentence()

    def sentence(self) -> str:
        """The chosen pixel's ray in numbers."""
        u, v = self.pixel
        rays_o, rays_d = get_rays(self.scene.intrinsics, torch.tensor(self.c2w, dtype=torch.float32))
        o, d, z = rays_o[v, u].numpy(), rays_d[v, u].numpy(), float(self.seen.depth[v, u])
        label = int(self.seen.labels[v, u])
        square = f'<span style="background:{css(label)};padding:0 0.6em;margin-right:0.3em"></span>'
        head = f"pixel ({u}, {v}): {square}<b>{escape(name_of(label, self.scene.class_names))}</b>"
        end = f"<br>o + z d = {_three(o + z * d)}" if z > 0 else ""
        if z > 0:
            head += f", <b>{z * float(np.linalg.norm(d)):.2f} m</b> away, z = {z:.2f} m along the optical axis"
        else:
            head += f"; the depth is unknown here: the ray is drawn up to z = {ENDLESS:g} m"
        return f"<div style='line-height:1.5'>{head}<br>o = {_three(o)}, d = {_three(d)}{end}</div>"


def _three(point: Float[np.ndarray, "3"]) -> str:
    return "(" + ", ".join(f"{value:.2f}" for value in point) + ")"
