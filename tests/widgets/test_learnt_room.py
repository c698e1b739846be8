"""The learnt room: whose surface it shows, in whose colours, and what it says of how far it is off."""

from __future__ import annotations

import base64

import numpy as np
import pytest
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.plots.learnt import facing
from semnerf_lib.plots.spatial import Shown3D
from semnerf_lib.surfaces.culling import simplified
from semnerf_lib.training import Trainer
from semnerf_lib.widgets import learnt_by, learnt_room
from semnerf_lib.widgets.learnt_room import DENSITY, DISTANCE, ENDS, LABELS, SIDE_STATIC, Learnt, LearntRoom
from semnerf_lib.widgets.space import plotly_units, room_layout


@pytest.fixture(scope="module")
def shown() -> Learnt:
    torch.set_num_threads(1)
    scene = make_tiny_scene(n_frames=24)
    trainer = Trainer(scene, tiny_config("grid", iterations=120, lr=0.05), torch.device("cpu"))
    trainer.train()
    return learnt_by(trainer.model.eval(), scene, cell=0.12)


class Counted:
    """A mesh callable that remembers the levels it was asked for."""

    def __init__(self, mesh):
        self.mesh, self.asked = mesh, []

    def __call__(self, level):
        self.asked.append(level)
        return self.mesh(level)


def test_it_opens_with_where_rays_end_a_trace_a_class(shown):
    counted = Counted(shown.mesh)
    room = LearntRoom(Learnt(counted, shown.surface, shown.box, shown.truth))
    assert counted.asked == [None] and room.level.disabled
    assert len(room.figure.data) == len(np.unique(room.mesh.face_labels)) > 2
    assert "Off by" in room.message.value


def test_another_density_is_asked_for_once_and_other_colours_not_at_all(shown):
    counted = Counted(shown.mesh)
    room = LearntRoom(Learnt(counted, shown.surface, shown.box, shown.truth))
    room.kind.value = DENSITY
    assert counted.asked == [None, room.level.value] and not room.level.disabled
    room.show.value = DISTANCE
    assert len(room.figure.data) == 1 and len(counted.asked) == 2
    room.show.value = LABELS
    room.kind.value = ENDS
    assert len(room.figure.data) > 2 and counted.asked[-1] is None


def test_a_room_is_in_sight_whole_at_first():
    box = np.array([[0.0, 0, 0], [6.2, 5.2, 2.8]])
    camera = room_layout(box, "A room").scene.camera
    eye, centre = (np.array([v.x, v.y, v.z]) for v in (camera.eye, camera.center))
    corners = (np.array(np.meshgrid(*box.T)).reshape(3, -1).T - box.mean(0)) * plotly_units(box) - eye
    ahead = (centre - eye) / np.linalg.norm(centre - eye)
    right = np.cross(ahead, [0, 0, 1]) / np.linalg.norm(np.cross(ahead, [0, 0, 1]))
    image = corners @ np.stack([right, np.cross(right, ahead)], axis=1) / (corners @ ahead)[:, None]
    assert (
        np.abs(image) < np.tan(np.radians(22.5)) * np.array([830 / 520, 1.02])
    ).all()  # plotly's view is 45 degrees high


def test_without_truth_there_is_no_distance(shown):
    room = LearntRoom(Learnt(shown.mesh, shown.surface, shown.box, None))
    assert tuple(room.show.options) == (LABELS,) and "true surface is not known" in room.message.value


def test_turning_leaves_other_walls_out(shown):
    room = LearntRoom(shown)

    def faces():
        return [len(trace.i) for trace in room.figure.data]

    before = faces()
    room.figure.layout.scene.camera.eye = dict(x=0.9, y=1.1, z=-1.3)
    room.turn()
    assert faces() != before


def test_static_figure_is_small_enough_for_a_notebook(shown):
    still = learnt_room(shown).static()
    assert isinstance(still, Shown3D) and len(still.png) < 250_000


def test_static_figure_has_the_triangles_of_both_sides(shown):
    whole = simplified(shown.mesh(None), SIDE_STATIC)
    traces = learnt_room(shown).static().figure["data"]
    back = sum(len(base64.b64decode(trace["meta"]["back"])) // 6 for trace in traces)
    front = facing(whole, shown.eye).sum()
    assert 0 < front < len(whole.faces) and back == len(whole.faces) - front


def test_live_figure_has_no_button_to_a_server(shown):
    assert LearntRoom(shown).figure._config["showSendToCloud"] is False
