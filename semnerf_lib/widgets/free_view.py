"""Free view: orbit and fly through what a model has learnt, as labels, depth, entropy or error."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure

from semnerf_lib import plots
from semnerf_lib.cameras import camera_of_width
from semnerf_lib.evaluation import Render
from semnerf_lib.plots import renders
from semnerf_lib.scene import Scene
from semnerf_lib.scenes.raycast import RayCaster, raycast
from semnerf_lib.scenes.rooms.room import MADE_SCENES, make_room
from semnerf_lib.widgets.explorer import Explorer
from semnerf_lib.widgets.flying import FlyingCamera, Truth
from semnerf_lib.widgets.layers import LAYERS, error_text, layer_picture
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
        return raycast(caster, camera_of_width(scene.intrinsics, width), c2w, rgb_samples=0).labels

    same = np.array_equal(truth(scene.c2w[0], scene.intrinsics.width), scene.labels[0])
    return truth if same else None


def free_view(render: Render, scene: Scene, truth: Truth | None = None) -> Explorer:
    """A camera in one's hand: drag to orbit or to look around, keys, buttons and wheel to fly, a slider to any frame.

    Pictures are coarse while the camera moves and full when it rests. It stays among the scene's own cameras.

    Args:
        render: a view of any pose (see `view_renderer`).
        scene: whose frames the slider leads to, first to the test frame that shows most; the truth of their labels.
        truth: true labels of any pose (see `made_truth`); without it the error is known at frames alone.
    """
    start = renders.telling_frames(scene, 1)[0]
    return Explorer(
        lambda: FlyingCamera(render, scene, truth, start).widget,
        lambda: static_view(render, scene, truth, start),
    )


def static_view(render: Render, scene: Scene, truth: Truth | None, frame: int) -> Figure:
    """A frame, and the look at the same thing from 30 degrees further round, in all layers."""
    c2w, width, n = scene.c2w[frame], scene.intrinsics.width, scene.n_classes
    first = render(c2w, width)
    beside = orbited(c2w, middle_distance(first.depth), np.radians(30), 0.0, upward(scene.c2w), roaming_box(scene))
    second = render(beside, width)
    truths = (scene.labels[frame], None if truth is None else truth(beside, width))
    images, titles, farthest = [], [], renders.farthest_of(scene)
    for view, truth_here, place in zip((first, second), truths, (f"frame {frame}", "a free pose"), strict=True):
        layers = LAYERS if truth_here is not None else LAYERS[:-1]
        images += [layer_picture(layer, view, n, truth_here, farthest) for layer in layers]
        wrong = [] if truth_here is None else [f"error: {error_text(view, truth_here)}"]
        depth, entropy = f"depth, 0 to {farthest:g} m", f"entropy, 0 to {np.log(n):.1f} nats"
        titles += [f"{place}: labels", depth, entropy, *wrong]
    figure = plots.views(images, titles, f"{scene.name}: a frame, and a view that no frame has (dark is near, is sure)")
    plots.class_legend(figure, np.stack([first.labels, second.labels]), scene.class_names)
    figure.set_figheight(figure.get_figheight() + 0.8)
    return figure
