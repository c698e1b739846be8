"""Explorer: the surface that a model has learnt, in 3D, with its classes or its distance to the truth."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import ipywidgets as widgets
import numpy as np
import plotly.graph_objects as go
from jaxtyping import Float, Int

from semnerf_lib import plots
from semnerf_lib.errors import SemnerfError
from semnerf_lib.models import Model
from semnerf_lib.plots.learnt import FAR_OFF, SIDES, facing
from semnerf_lib.plots.spatial import Shown3D, show3d
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import LabelledMesh
from semnerf_lib.surfaces.comparison import TrueSurface, compare, true_surface
from semnerf_lib.surfaces.culling import part_of, seen_faces, simplified
from semnerf_lib.surfaces.meshes import CELL, LearntSurface, box_of, learnt_surface
from semnerf_lib.surfaces.tsdf import where_rays_end
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.space import EYE, LiveFigure, by_frequency, css, name_of, plotly_units, room_layout, xyz

SIDE, SIDE_STATIC = 0.06, 0.17
"""Sides of the cubes in which vertices become one (see `culling.simplified`), live and in a file, metres."""
LIGHT = dict(
    lighting=dict(ambient=0.45, diffuse=0.9, specular=0.05, roughness=0.9, fresnel=0.02),
    lightposition=dict(x=0, y=-20_000, z=100_000),
    flatshading=False,
)
"""Looks of a mesh: lit from above, and a little from the side from which one looks at first."""
LABELS, DISTANCE = "labels", "distance to the truth"
ENDS, DENSITY = "where rays end", "of one density"


@dataclass(frozen=True, eq=False)
class Learnt:
    """What `learnt_room` shows.

    Attributes:
        mesh: level (1/m) -> the learnt surface of that density, and for None the one where rays end; of either what
            training cameras see.
        surface: the density, in which levels are looked for.
        box: (2, 3) what lies around it, metres.
        truth: the true surface, or None if unknown.
    """

    mesh: Callable[[float | None], LabelledMesh]
    surface: LearntSurface
    box: Float[np.ndarray, "2 3"]
    truth: TrueSurface | None

    @property
    def eye(self) -> Float[np.ndarray, "3"]:
        """Where one looks from at first, metres."""
        return self.box.mean(0) + np.array(EYE) / plotly_units(self.box)


def learnt_by(model: Model, scene: Scene, cell: float = CELL) -> Learnt:
    """What a trained model has learnt of a scene, beside the truth where the scene has depth.

    Args:
        cell: of marching cubes, metres.
    """
    surface, ends = learnt_surface(model, scene, cell), where_rays_end(model, scene, cell)

    def mesh(level: float | None) -> LabelledMesh:
        whole = ends if level is None else surface.mesh(level)
        return part_of(whole, seen_faces(whole, scene))

    truth = None if scene.depth is None else true_surface(scene)
    return Learnt(mesh, surface, box_of(model, scene), truth)


def learnt_room(learnt: Learnt) -> Explorer:
    """Turn the learnt room, hide classes, move the density of its surface, see where it is off.

    Args:
        learnt: see `learnt_by`.

    Walls that turn their back to the reader are left out, so that one looks in from any side.
    """
    return Explorer(lambda: LearntRoom(learnt).widget, lambda: still(learnt))


def still(learnt: Learnt) -> Shown3D:
    """The room without controls, as coarse as a file wants it, and a finer picture of it."""
    mesh, title = learnt.mesh(None), "The learnt room: where the rays of its views end"
    coarse = simplified(mesh, SIDE_STATIC)
    traces = class_meshes(coarse)
    for trace, label in zip(traces, by_frequency(coarse.face_labels), strict=True):
        part = part_of(coarse, coarse.face_labels == label)
        front = facing(part, learnt.eye)
        trace.update(corners(part.faces[front], len(part.vertices)))
        back = part.faces[~front].astype("<u2")  # for in_space.js, which takes the sides that face the reader
        trace.meta = {"back": b64encode(back.tobytes()).decode()}
    figure = go.Figure(traces, layout=room_layout(learnt.box, title))
    return show3d(figure, plots.room_picture(mesh, learnt.eye, title))


def class_meshes(mesh: LabelledMesh) -> list[go.Mesh3d]:
    """One trace a class, the largest first, named so that the legend hides and shows it."""
    return [
        go.Mesh3d(
            **geometry(part_of(mesh, mesh.face_labels == label)),
            name=name_of(int(label), mesh.class_names),
            color=css(int(label)),
            showlegend=True,
            **LIGHT,
            hovertemplate="%{x:.2f}, %{y:.2f}, %{z:.2f} m",
        )
        for label in by_frequency(mesh.face_labels)
    ]


def distance_mesh(mesh: LabelledMesh, truth: TrueSurface) -> go.Mesh3d:
    """The mesh in the colours of its signed distance to the truth."""
    return go.Mesh3d(
        **geometry(mesh),
        name=DISTANCE,
        intensity=(100 * truth.signed_distance(mesh.vertices)).round().astype(np.int16),
        colorscale=SIDES,
        cmin=-100 * FAR_OFF,
        cmax=100 * FAR_OFF,
        colorbar=dict(title=dict(text="cm too near (red)<br>or too far (blue)"), len=0.6),
        **LIGHT,
        hovertemplate="%{intensity} cm",
    )


def geometry(mesh: LabelledMesh) -> dict[str, np.ndarray]:
    """A mesh as plotly's x, y, z and i, j, k, in the fewest bytes."""
    return xyz(mesh.vertices) | corners(mesh.faces, len(mesh.vertices))


def corners(faces: Int[np.ndarray, "faces 3"], n_vertices: int) -> dict[str, np.ndarray]:
    return dict(zip("ijk", faces.astype(np.uint16 if n_vertices < 2**16 else np.int32).T, strict=True))


class LearntRoom:
    """The explorer's live half."""

    def __init__(self, learnt: Learnt):
        self.learnt = learnt
        self.figure = LiveFigure(layout=room_layout(learnt.box, "The learnt room", height=640))
        low, high = (np.log10(level) for level in learnt.surface.levels)
        span, start = high - low, np.log10(learnt.surface.default_level)
        has_truth = learnt.truth is not None
        self.show = widgets.ToggleButtons(
            options=[LABELS, DISTANCE] if has_truth else [LABELS], description="show", style={"button_width": "auto"}
        )
        self.level = widgets.FloatLogSlider(
            learnt.surface.default_level, min=max(low + 0.02 * span, start - 1.5),
            max=min(high - 0.02 * span, start + 1.5), step=0.05, readout_format=".3g",
            description="density (1/m)", style={"description_width": "initial"},
            continuous_update=False, layout=widgets.Layout(width="360px"),
        )  # fmt: skip
        self.kind = widgets.ToggleButtons(
            options=[ENDS, DENSITY], description="surface", style={"button_width": "auto"}
        )
        self.message = widgets.HTML()
        self.kind.observe(self.cut, "value")
        self.level.observe(self.cut, "value")
        self.show.observe(self.draw, "value")
        self.figure.layout.scene.on_change(self.turn, "camera")
        self.cut()
        hint = widgets.HTML("Drag to turn: walls between you and the room are left out. Click a class to hide it.")
        top = widgets.HBox([self.show, self.kind, self.level], layout=widgets.Layout(flex_flow="row wrap"))
        self.widget = widgets.VBox([top, self.message, self.figure, hint])

    def eye(self) -> Float[np.ndarray, "3"]:
        """Where the reader looks from, metres."""
        eye = self.figure.layout.scene.camera.eye
        units = np.array([v if v is not None else w for v, w in zip((eye.x, eye.y, eye.z), EYE, strict=True)])
        return self.learnt.box.mean(0) + units / plotly_units(self.learnt.box)

    def cut(self, _=None) -> None:
        """A surface of another density: its mesh and its scores."""
        start = time.perf_counter()
        self.message.value = "<i>looking for the surface ...</i>"
        self.level.disabled = self.kind.value == ENDS
        try:
            mesh = self.learnt.mesh(None if self.kind.value == ENDS else self.level.value)
        except SemnerfError as fault:
            self.message.value = f'<span style="color:#d55e00">{escape(str(fault))}</span>'
            return
        self.mesh = simplified(mesh, SIDE)
        self.draw()
        self.message.value = (
            self.scores(mesh) + f' <span style="color:#8a8a8a">({time.perf_counter() - start:.1f} s)</span>'
        )

    def scores(self, mesh: LabelledMesh) -> str:
        if self.learnt.truth is None:
            return f"{len(mesh.faces):,} triangles; the true surface is not known"
        scores = compare(mesh, self.learnt.truth)
        shares = ", ".join(
            f"{100 * t:g} cm: {p:.0%} of what was learnt and {r:.0%} of what is there (F {f:.2f})"
            for t, p, r, f in zip(scores.thresholds, scores.precision, scores.recall, scores.f_score, strict=True)
        )
        return (
            f"Off by <b>{100 * scores.accuracy:.1f} cm</b> from learnt to true and by "
            f"<b>{100 * scores.completeness:.1f} cm</b> from true to learnt, on average. Within {shares}."
        )

    def draw(self, _=None) -> None:
        """All traces anew, for another mesh or other colours."""
        self.parts = (
            [part_of(self.mesh, self.mesh.face_labels == label) for label in by_frequency(self.mesh.face_labels)]
            if self.show.value == LABELS
            else [self.mesh]
        )
        traces = class_meshes(self.mesh) if self.show.value == LABELS else [distance_mesh(self.mesh, self.learnt.truth)]
        for trace, part in zip(traces, self.parts, strict=True):
            trace.update(self.towards_reader(part))
        with self.figure.batch_update():
            self.figure.data = []
            self.figure.add_traces(traces)

    def turn(self, *_) -> None:
        """The reader looks from elsewhere: other walls are in the way."""
        with self.figure.batch_update():
            for trace, part in zip(self.figure.data, self.parts, strict=True):
                trace.update(self.towards_reader(part))

    def towards_reader(self, part: LabelledMesh) -> dict[str, np.ndarray]:
        return corners(part.faces[facing(part, self.eye())], len(part.vertices))
