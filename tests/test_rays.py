"""rays: where a training step's rays come from."""

from __future__ import annotations

import numpy as np
import torch
from tiny import cast

from semnerf_lib.rays import Batch, TrainingRays
from semnerf_lib.scene import VOID

CPU = torch.device("cpu")


def test_micro_batches_of_a_batch_are_the_batch_in_order_and_their_shares_add_up_to_one():
    batch = Batch(torch.rand(10, 3), torch.rand(10, 3), torch.tensor([1, 2, VOID, 4, 5, VOID, 7, 8, VOID, VOID]), None)
    split = batch.split(4)
    assert [len(part.labels) for part in split] == [4, 4, 2] and all(part.rgb is None for part in split)
    for whole, *parts in zip(batch[:3], *(part[:3] for part in split), strict=True):
        assert torch.equal(torch.cat(parts), whole)
    shares = [part.shares(batch) for part in split]
    assert [share["photometric"] for share in shares] == [0.4, 0.4, 0.2] == [s["regularisation"] for s in shares]
    assert [share["semantic"].item() for share in shares] == [0.5, 0.5, 0.0]
    assert batch.split(10) == [batch] and batch.split(99)[0] is batch


def test_labels_drawn_are_never_void_and_are_those_of_their_rays(tiny_scene):
    rays = TrainingRays(tiny_scene, tiny_scene.labels, CPU, True, "labelled")
    rays_o, rays_d, labels, rgb = rays.draw(20_000, torch.Generator().manual_seed(0))
    assert (tiny_scene.labels == VOID).any() and (labels != VOID).all()
    _, expected = cast(rays_o.double().numpy(), rays_d.double().numpy())
    assert (expected == labels.numpy()).mean() > 0.999  # float32 rays may fall beside an edge
    assert rgb.min() >= 0 and 0.5 < rgb.max() <= 1
    assert torch.equal(rays.pool, torch.tensor(np.flatnonzero(tiny_scene.labels[list(tiny_scene.train_ids)] != VOID)))


def test_boundary_rays_come_from_beside_another_class(tiny_scene):
    rays = TrainingRays(tiny_scene, tiny_scene.labels, CPU, False, "labelled")
    boundary = set(rays.boundary.tolist())
    labels = tiny_scene.labels[list(tiny_scene.train_ids)]
    n, height, width = labels.shape
    expected = set()
    for frame, row, column in np.ndindex(labels.shape):
        here = labels[frame, row, column]
        for i, j in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= i < height and 0 <= j < width and len({here, labels[frame, i, j]} - {VOID}) == 2:
                expected.add((frame * height + row) * width + column)
    assert boundary == expected and 0 < len(boundary) < len(rays.pool)
    *_, drawn, _ = rays.draw(64, torch.Generator().manual_seed(0), n_boundary=64)
    every = rays.labels[rays.boundary].unique()
    assert len(drawn) == 64 and set(drawn.tolist()) <= set(every.tolist())


def test_labels_without_a_boundary_are_drawn_evenly(tiny_scene):
    labels = np.full_like(tiny_scene.labels, VOID)
    labels[1, 5, 6] = 3
    *_, drawn, _ = TrainingRays(tiny_scene, labels, CPU, False, "labelled").draw(16, torch.Generator(), n_boundary=8)
    assert drawn.tolist() == [3] * 16


def test_rays_come_from_training_frames_only_and_from_all_of_them(tiny_scene):
    rays_o, *_ = TrainingRays(tiny_scene, tiny_scene.labels, CPU, False, "labelled").draw(
        5_000, torch.Generator().manual_seed(0)
    )
    seen = {tuple(o) for o in rays_o.numpy().round(4).tolist()}
    centres = tiny_scene.c2w[list(tiny_scene.train_ids), :3, 3].astype(np.float32).round(4)
    assert seen == {tuple(c) for c in centres.tolist()}


def test_one_labelled_pixel_is_drawn_in_every_batch(tiny_scene):
    labels = np.full_like(tiny_scene.labels, VOID)
    labels[1, 5, 6], labels[0, 0, 0] = 3, 2  # the second lies in a test frame
    *_, drawn, _ = TrainingRays(tiny_scene, labels, CPU, False, "labelled").draw(64, torch.Generator())
    assert (drawn == 3).all()


def test_colour_rays_come_from_any_pixel_each_with_its_label(tiny_scene):
    labels = np.full_like(tiny_scene.labels, VOID)
    labels[:, :2] = 3
    rays = TrainingRays(tiny_scene, labels, CPU, True, "labelled")
    rays_o, _, drawn, rgb = rays.draw(8, torch.Generator().manual_seed(0), n_colour=400)
    assert len(rays_o) == len(drawn) == len(rgb) == 408
    assert (drawn[:8] == 3).all() and set(drawn[8:].tolist()) == {3, VOID}
    centres = {tuple(c) for c in rays.c2w[:, :3, 3].tolist()}
    assert {tuple(o) for o in rays_o[8:].tolist()} == centres and len(centres) > 2
    alone = TrainingRays(tiny_scene, labels, CPU, False, "labelled")
    assert torch.equal(alone.draw(8, torch.Generator().manual_seed(0), n_colour=400)[0], rays_o[:8])


def test_rays_of_any_pixel_bring_a_label_where_there_is_one(tiny_scene):
    labels = np.full_like(tiny_scene.labels, VOID)
    labels[:, :, :4] = 2
    rays = TrainingRays(tiny_scene, labels, CPU, True, "any")
    *_, drawn, rgb = rays.draw(4000, torch.Generator().manual_seed(0))
    assert set(drawn.tolist()) == {2, VOID} and len(rgb) == 4000
    assert 0.2 < (drawn == 2).float().mean() < 0.3
