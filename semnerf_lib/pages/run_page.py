"""A finished run as one page that works offline: its learnt room in 3D, views of it beside the truth, its scores.

The room is drawn by three.js, which trimesh brings along inside its own viewer's page; that page is a frame of this
one. `templates/room.js` gives it a light from above, switches for the classes, and the cameras of the views.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, UInt8
from matplotlib import colormaps
from matplotlib.colors import to_hex
from PIL import Image
from trimesh.viewer.notebook import scene_to_html

from semnerf_lib.evaluation import View
from semnerf_lib.pages.templating import TEMPLATES
from semnerf_lib.palette import colourise
from semnerf_lib.plots.images import RIGHT, WRONG, error_picture
from semnerf_lib.plots.learnt import seen_from
from semnerf_lib.plots.renders import depth_picture, farthest_of
from semnerf_lib.runs.store import Run, title_of
from semnerf_lib.scene import VOID, Scene
from semnerf_lib.scenes.mesh_export import class_scene, y_up
from semnerf_lib.scenes.raycast import LabelledMesh

PAGE = "view.html"
"""Name of the page in the folder of its run."""
OUTSIDE = (-0.58, -0.93, 1.0)
"""Where one looks from at first: from the room's middle, in units of its longest side."""


def run_page(
    run: Run, scene: Scene, mesh: LabelledMesh, views: Mapping[int, View], scores: Sequence[Mapping[str, object]]
) -> str:
    """The page as HTML; it loads nothing from the network.

    Args:
        scene: that the run was trained on.
        mesh: what the run has learnt (see `tsdf.where_rays_end`), metres.
        views: frame of the scene -> what the run renders there.
        scores: rows with "score" and "value".
    """
    low, high = mesh.bounds
    eye = (low + high) / 2 + np.array(OUTSIDE) * (high - low).max()
    farthest = farthest_of(scene)
    panels = [view_panels(scene, frame, view, farthest) for frame, view in views.items()]
    cameras = [standing(scene, frame, view) for frame, view in views.items()]
    return TEMPLATES.get_template("run.html.j2").render(
        title=f"{title_of(run.config)}, {scene.name}",
        run=run,
        scene=scene,
        scores=scores,
        room=scene_to_html(class_scene(mesh)),
        still=png_url(seen_from(mesh, colourise(mesh.face_labels), eye, width=800)),
        classes=classes_of(mesh),
        views=panels,
        cameras=json.dumps({"outside": looking(eye, (low + high) / 2, 43.0), "views": cameras}),
        farthest=farthest,
        depth_stops=", ".join(to_hex(colour) for colour in colormaps["viridis"](np.linspace(0, 1, 9))),
        right=to_hex(np.array(RIGHT) / 255),
        wrong=to_hex(np.array(WRONG) / 255),
    )


def view_panels(scene: Scene, frame: int, view: View, farthest: float) -> dict[str, object]:
    """A view's pictures beside the truth: number of its frame, and what each is called to its PNG and its score."""
    truth = scene.labels[frame]
    labelled = truth != VOID
    wrong = np.mean(view.labels[labelled] != truth[labelled]) if labelled.any() else 0.0
    pictures = [
        ("labels, learnt", png_url(colourise(view.labels)), ""),
        ("labels, true", png_url(colourise(truth)), ""),
        ("wrong labels", png_url(error_picture(truth, view.labels)), f"{wrong:.1%} of the pixels"),
        ("depth, learnt", png_url(depth_picture(view.depth, farthest)), ""),
    ]
    if scene.depth is not None:
        true = scene.depth[frame]
        off = np.abs(view.depth - true)[true > 0]
        error = f"learnt depth is off by {off.mean():.2f} m" if len(off) else ""
        pictures.append(("depth, true", png_url(depth_picture(true, farthest)), error))
    return {"frame": frame, "pictures": pictures}


def standing(scene: Scene, frame: int, view: View) -> dict[str, object]:
    """The camera of a frame for three.js; what it turns around lies in the middle of its image."""
    c2w, camera = scene.c2w[frame], scene.intrinsics
    ahead = float(np.median(view.depth[camera.height // 3 : -(camera.height // 3)]))
    fov = float(np.degrees(2 * np.arctan(camera.height / (2 * camera.fy))))
    return looking(c2w[:3, 3], c2w[:3, 3] + ahead * c2w[:3, 2], fov)


def looking(eye: Float[np.ndarray, "3"], target: Float[np.ndarray, "3"], fov: float) -> dict[str, object]:
    """A camera for three.js: two points in the axes of `mesh_export.y_up`, metres, and degrees from top to bottom."""
    return {"eye": y_up(eye).round(3).tolist(), "target": y_up(target).round(3).tolist(), "fov": round(fov, 2)}


def classes_of(mesh: LabelledMesh) -> list[tuple[str, str]]:
    """Names and colours of a mesh's classes, that of the most triangles first, void last."""
    counts = np.bincount(mesh.face_labels, minlength=VOID + 1)
    present = sorted(np.flatnonzero(counts), key=lambda label: (label == VOID, -counts[label]))
    return [
        ("void" if label == VOID else mesh.class_names[label], to_hex(colourise(np.array(label)) / 255))
        for label in present
    ]


def png_url(image: UInt8[np.ndarray, "height width 3"]) -> str:
    """An image as a data URL."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()
