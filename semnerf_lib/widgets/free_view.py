"""Free view: orbit and fly through what a model has learnt, as labels, depth, entropy or error."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from semnerf_lib import plots
from semnerf_lib.cameras import camera_of_width
from semnerf_lib.evaluation import Render, View
from semnerf_lib.palette import colourise
from semnerf_lib.plots import renders
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import RayCaster, raycast
from semnerf_lib.scenes.rooms.room import MADE_SCENES, make_room
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.flying import FlyingCamera, Truth
from semnerf_lib.widgets.layers import TrueView, depth_text, error_text, layer_picture
from semnerf_lib.widgets.motion import middle_distance, orbited, roaming_box, upward


def made_truth(scene: Scene) -> Truth | None:
    """truth(c2w, width) by casting rays at the mesh of a made room; None for every other scene.

    A made room is known by its name, and by its mesh giving the labels of the scene's first frame.
    """
    name, _, seed = scene.name.partition("-")
    if name not in MADE_SCENES or not (seed or "0").isdigit():
        return None
    caster = RayCaster(make_room(int(seed or 0), lit=False, name=name))

    def truth(c2w, width):
        seen = raycast(caster, camera_of_width(scene.intrinsics, width), c2w, rgb_samples=0)
        return TrueView(seen.labels, seen.depth)

    same = np.array_equal(truth(scene.c2w[0], scene.intrinsics.width).labels, scene.labels[0])
    return truth if same else None


def free_view(render: Render, scene: Scene, truth: Truth | None = None) -> Explorer:
    """A camera in one's hand: drag to orbit or to look around, keys, buttons and wheel to fly, a slider to any frame.

    Pictures are coarse while the camera moves and full when it rests. It stays among the scene's own cameras.

    Args:
        render: a view of any pose (see `view_renderer`).
        scene: whose frames the slider leads to, first to the test frame that shows most; the truth of their labels.
        truth: true labels and depth of any pose (see `made_truth`); without it they are known at frames alone.
    """
    start = renders.telling_frames(scene, 1)[0]
    return Explorer(
        lambda: FlyingCamera(render, scene, truth, start).widget,
        lambda: static_view(render, scene, truth, start),
    )


def static_view(render: Render, scene: Scene, truth: Truth | None, frame: int) -> Figure:
    """A look at what a frame shows, from 30 degrees further round, in all layers beside the truth.

    Where the truth is known at frames alone, the frame beside its truth comes first.
    """
    c2w, width = scene.c2w[frame], scene.intrinsics.width
    first = render(c2w, width)
    turned = orbited(c2w, middle_distance(first.depth), np.radians(30), 0.0, upward(scene.c2w), roaming_box(scene))
    second = render(turned, width)
    panels = view_panels(second, None if truth is None else truth(turned, width), scene, "a free pose")
    seen, title = [second.labels], "a view that no frame has"
    if truth is None:
        at_frame = TrueView(scene.labels[frame], None if scene.depth is None else scene.depth[frame])
        panels = view_panels(first, at_frame, scene, f"frame {frame}") + panels
        seen, title = [first.labels, second.labels], f"a frame, and {title}"
    titles, images = zip(*panels, strict=True)
    title = f"{scene.name}: {title} (dark is near, is sure)"
    figure = plots.views(images, titles, title, columns=4 if scene.depth is None else 3)
    plots.class_legend(figure, np.stack(seen), scene.class_names)
    figure.set_figheight(figure.get_figheight() + 0.8)
    return figure


def view_panels(view: View, truth: TrueView | None, scene: Scene, place: str) -> list[tuple[str, np.ndarray]]:
    """Titles and pictures of a view: with true depth two rows of three, else as many as are known."""
    farthest, n = renders.farthest_of(scene), scene.n_classes
    titles = {"labels": f"{place}: labels"}
    if truth is not None:
        titles["error"] = f"error: {error_text(view, truth.labels)}"
    titles |= {"depth": f"depth, 0 to {farthest:g} m", "entropy": f"entropy, 0 to {np.log(n):.1f} nats"}
    labels = None if truth is None else truth.labels
    panels = [(title, layer_picture(layer, view, n, labels, farthest)) for layer, title in titles.items()]
    if truth is None or truth.depth is None:
        return panels
    panels.insert(1, ("true labels", colourise(truth.labels)))
    panels.insert(
        4, (f"true depth (learnt: {depth_text(view, truth.depth)})", renders.depth_picture(truth.depth, farthest))
    )
    return panels
