"""carving: views agree on surfaces and not in the air; a proposal starts from that."""

from __future__ import annotations

import numpy as np
import torch
from tiny import make_tiny_scene, tiny_config

from semnerf_lib.carving import FEWEST, agreement, carve, evenly
from semnerf_lib.models import build_model
from semnerf_lib.scene import VOID
from semnerf_lib.training import Trainer


def surface_and_air(scene):
    """Points on the middles of the walls of the tiny room, and points in its air."""
    surface = torch.tensor([[2.0, 0.3, 1.1], [-2.0, 0.2, 1.0], [0.1, 1.5, 1.1], [0.3, -1.5, 1.1]])
    air = torch.tensor([[0.0, 0.0, 1.0], [0.4, -0.6, 1.3], [-0.9, 0.7, 0.9], [0.2, 0.9, 1.2]])
    return surface, air


def test_views_agree_on_surfaces_and_not_in_the_air():
    scene = make_tiny_scene(n_frames=32)
    (on_walls, seen), (in_air, seen_too) = (agreement(scene, scene.labels, p) for p in surface_and_air(scene))
    assert seen.all() and seen_too.all()
    assert on_walls.min() > 0.6 and on_walls.mean() > in_air.mean() + 0.15


def test_points_behind_the_cameras_and_void_pixels_do_not_vote():
    scene = make_tiny_scene()
    _, seen = agreement(scene, scene.labels, torch.tensor([[0.0, 0.0, 500.0]]))
    assert not seen.any()
    share, seen = agreement(scene, np.full_like(scene.labels, VOID), torch.tensor([[2.0, 0.3, 1.1]]))
    assert not seen.any() and (share == 0).all() and FEWEST > 1


def test_a_proposal_starts_denser_where_views_agree():
    scene = make_tiny_scene(n_frames=32)
    proposal = build_model(tiny_config("grid"), scene).proposal
    surface, air = surface_and_air(scene)
    carve(proposal, scene, scene.labels, 4.0)
    sigma = [proposal(p[None], torch.zeros(1, 3)).sigma.mean() for p in (surface, air)]
    assert sigma[0] > 1.5 * sigma[1]


def test_carving_is_the_trainers_and_takes_the_labels_that_are_learnt_from():
    scene, cpu = make_tiny_scene(), torch.device("cpu")
    plain = Trainer(scene, tiny_config("grid", carving=0.0), cpu)
    carved = Trainer(scene, tiny_config("grid", carving=4.0), cpu)
    noisy = Trainer(scene, tiny_config("grid", carving=4.0, corruption="pixel-noise:0.9"), cpu)
    tables = [t.model.proposal.grid.table.detach() for t in (plain, carved, noisy)]
    assert not torch.equal(tables[0], tables[1]) and not torch.equal(tables[1], tables[2])
    assert torch.equal(plain.model.field.grid.table, carved.model.field.grid.table)


def test_a_scene_of_unknown_bounds_is_carved_too():
    scene = make_tiny_scene(known_bounds=False)
    trainer = Trainer(scene, tiny_config("grid", carving=4.0), torch.device("cpu"))
    assert trainer.model.box.shell > 0 and trainer.model.proposal.grid.table.isfinite().all()


def test_views_are_spread_from_the_first_to_the_last():
    assert evenly(range(10), 4) == [0, 3, 6, 9] and evenly([5, 7], 4) == [5, 7]
