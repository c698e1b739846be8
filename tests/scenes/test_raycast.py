"""Rays against triangles whose answer is known."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from semnerf_lib.cameras import Intrinsics, look_at, project
from semnerf_lib.errors import SemnerfError
from semnerf_lib.scene import VOID
from semnerf_lib.scenes.bvh import BoxTree
from semnerf_lib.scenes.raycast import RayCaster, raycast, raycast_frames
from semnerf_lib.scenes.rooms.room import make_room

CAMERA = Intrinsics.from_hfov(9, 7)


def looking(eye, target):
    return look_at(np.array(eye), np.array(target))


def test_depth_is_along_the_optical_axis(box_room):
    labels, _, depth, _ = raycast(RayCaster(box_room), CAMERA, looking((0.0, 0.0, 0.0), (-1.0, 0.0, 0.0)))
    assert (labels == 0).all()
    np.testing.assert_allclose(depth, 2.0, rtol=1e-5)


def test_the_nearer_surface_hides_the_farther(box_room):
    labels, _, depth, _ = raycast(RayCaster(box_room), CAMERA, looking((0.0, 0.0, 0.0), (1.0, 0.0, 0.0)))
    assert labels[3, 4] == 6 and labels[0, 0] == 1
    np.testing.assert_allclose([depth[3, 4], depth[0, 0]], [0.8, 2.0], rtol=1e-5)


def test_pixels_agree_with_project(box_room):
    """What `cameras.project` puts at a pixel is what the ray-caster hits there."""
    pose = looking((0.3, -0.2, 0.5), (-1.0, 0.7, 0.1))
    depth = raycast(RayCaster(box_room), CAMERA, pose).depth
    camera = np.array([(2 - CAMERA.cx) / CAMERA.fx, (5 - CAMERA.cy) / CAMERA.fy, 1.0]) * depth[5, 2]
    point = pose[:3, :3] @ camera + pose[:3, 3]
    assert np.isclose(np.abs(point).max(), 2, atol=1e-4)
    u, v, z = project(torch.tensor(point), CAMERA, torch.tensor(pose))
    np.testing.assert_allclose([u, v, z], [2, 5, depth[5, 2]], atol=1e-4)


def test_nothing_hit_is_void_at_depth_0(box_room):
    outside = looking((9.0, 9.0, 9.0), (20.0, 20.0, 19.0))
    labels, instances, depth, rgb = raycast(RayCaster(box_room), CAMERA, outside)
    assert (labels == VOID).all() and (instances == 0).all() and (depth == 0).all() and (rgb == 0).all()


def test_instances_are_objects_that_have_a_class(box_room):
    """Object 1 is the cube around, object 2 the box in it; ids below 1 are nobody's."""
    ahead = looking((0.0, 0.0, 0.0), (1.0, 0.0, 0.0))
    view = raycast(RayCaster(box_room), CAMERA, ahead)
    assert view.instances.dtype == np.uint16
    assert (view.instances == np.where(view.labels == 6, 2, 1)).all() and (view.instances == 2).any()
    nobody = replace(box_room, face_objects=np.repeat([-1, 65535], 12).astype(np.int32))
    assert np.unique(raycast(RayCaster(nobody), CAMERA, ahead).instances).tolist() == [0, 65535]
    unlabelled = replace(box_room, face_labels=np.where(box_room.face_labels == 6, VOID, 0).astype(np.uint8))
    assert np.unique(raycast(RayCaster(unlabelled), CAMERA, ahead).instances).tolist() == [0, 1]


def test_frames_are_stacked_in_order_and_rgb_is_optional(box_room):
    poses = np.stack([looking((0.0, 0.0, 0.0), t) for t in ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0), (0.0, 1.0, 0.0))])
    labels, instances, depth, rgb = raycast_frames(box_room, CAMERA, poses, rgb_samples=0)
    assert labels[:, 0, 0].tolist() == [0, 2, 3] and rgb is None
    assert labels.dtype == np.uint8 and depth.dtype == np.float32 and instances.shape == labels.shape
    assert raycast_frames(box_room, CAMERA, poses).rgb.shape == (3, 7, 9, 3)


def test_blocked_sees_what_lies_between(box_room):
    origin = np.zeros((2, 3))
    assert RayCaster(box_room).blocked(origin, np.array([[1.9, 0, 0], [0, 1.9, 0]])).tolist() == [True, False]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"faces": np.zeros((0, 3), dtype=np.int32)}, "no face"),
        ({"face_labels": np.zeros(3, dtype=np.uint8)}, "face_labels has shape"),
        ({"face_labels": np.full(24, 9, dtype=np.uint8)}, "label 9"),
        ({"faces": np.full((24, 3), 999, dtype=np.int32)}, "outside 0"),
        ({"face_objects": np.full(24, 65536, dtype=np.int32)}, "object id 65536, expected at most 65535"),
        ({"vertices": np.full((48, 3), np.nan, dtype=np.float32)}, "NaN"),
    ],
)
def test_a_mesh_that_is_none_is_refused(box_room, change, message):
    with pytest.raises(SemnerfError, match=message):
        replace(box_room, **change)


def test_without_embree_labels_and_depth_are_the_same(monkeypatch):
    mesh = make_room(lit=False)
    camera, pose = Intrinsics.from_hfov(64, 48), looking((3.0, 2.5, 1.4), (5.0, 3.5, 0.8))
    caster = RayCaster(mesh)
    by_embree = raycast(caster, camera, pose, 0)
    rng = np.random.default_rng(0)
    origins, steps = rng.uniform(0.5, 2.0, (500, 3)), rng.normal(size=(500, 3))
    blocked = caster.blocked(origins, steps)
    for name in ("embreex", "embreex.mesh_construction", "embreex.rtcore_scene"):
        monkeypatch.setitem(sys.modules, name, None)
    caster = RayCaster(mesh)
    assert isinstance(caster._caster, BoxTree)
    by_tree = raycast(caster, camera, pose, 0)
    assert (by_tree.labels == by_embree.labels).mean() > 0.999
    assert (by_tree.instances == by_embree.instances).mean() > 0.999
    assert np.mean(np.abs(by_tree.depth - by_embree.depth) < 1e-4) > 0.999
    assert (caster.blocked(origins, steps) == blocked).mean() > 0.99
