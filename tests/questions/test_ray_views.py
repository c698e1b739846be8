"""ray_views.py: opacity before, at and behind a surface; a rendered frame with it; which frames and pixels are told."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import make_tiny_scene

from semnerf_lib.experiments.presets import preset
from semnerf_lib.models import Model, build_model
from semnerf_lib.questions.ray_views import auroc, frames_that_show, opacity_by_depth, ray_view
from semnerf_lib.rendering import Rendered
from semnerf_lib.scene import VOID

SCENE = make_tiny_scene()


class Fog(Model):
    """Every ray has half its weight 1 m away and half 2 m away, all of one class but for one logit."""

    def __init__(self):
        torch.nn.Module.__init__(self)
        self.config = preset("smoke")
        self.nothing = torch.nn.Parameter(torch.zeros(1))

    def render(self, rays_o, rays_d, near, far, generator=None):
        n = len(rays_o)
        weights, z_vals = torch.full((n, 2), 0.5), torch.tensor([[1.0, 2.0]]).expand(n, 2)
        sem_logits = torch.zeros(n, SCENE.n_classes)
        sem_logits[:, 3] = np.log(6.0)  # p = 1/2, the six others 1/12
        out = Rendered(sem_logits, torch.full((n,), 1.5), torch.ones(n), None, weights, z_vals)
        return out, out


def test_the_three_shares_of_a_ray():
    weights, z_vals = torch.tensor([[0.2, 0.5, 0.1]]).expand(3, 3), torch.tensor([[1.0, 2.0, 3.0]]).expand(3, 3)
    shares = opacity_by_depth(weights, z_vals, torch.tensor([2.05, 0.5, 5.0]))
    assert torch.allclose(shares, torch.tensor([[0.2, 0.5, 0.3], [0.0, 0.0, 1.0], [0.8, 0.0, 0.2]]))
    assert torch.allclose(shares.sum(-1), torch.ones(3))


def test_the_tolerance_belongs_to_the_surface():
    weights, z_vals = torch.full((1, 3), 1 / 3), torch.tensor([[1.0, 1.5, 2.0]])
    assert opacity_by_depth(weights, z_vals, torch.tensor([1.5]), tolerance=0.5)[0, 1] == 1


def test_a_frame_of_fog():
    view, frame = ray_view(Fog(), SCENE, 3), 3
    assert (view.labels == 3).all() and np.allclose(view.depth, 1.5) and np.allclose(view.spread, 0.5)
    assert np.allclose(view.entropy, 0.5 * np.log(2) + 0.5 * np.log(12))
    truth, labels = SCENE.depth[frame], SCENE.labels[frame]
    expected = np.stack([(1.0 < truth - 0.1) / 2 + (2.0 < truth - 0.1) / 2,
                         (abs(1.0 - truth) <= 0.1) / 2 + (abs(2.0 - truth) <= 0.1) / 2], axis=-1)  # fmt: skip
    assert np.allclose(view.opacity[..., :2], expected)
    assert np.isnan(view.given[labels == VOID]).all()
    assert np.allclose(view.given[labels == 3], 0.5) and np.allclose(view.given[labels == 4], 1 / 12)


def test_labels_and_depth_are_those_of_the_other_renderer():
    from semnerf_lib.evaluation import render_view

    model = build_model(preset("smoke"), SCENE)
    view, other = ray_view(model, SCENE, 5), render_view(model, SCENE.intrinsics, SCENE.c2w[5], SCENE.near, SCENE.far)
    assert np.array_equal(view.labels, other.labels) and np.allclose(view.depth, other.depth, atol=1e-5)
    assert np.allclose(view.entropy, other.entropy, atol=1e-5)


@pytest.mark.parametrize(
    ("score", "expected"), [([0, 1, 2, 3], 1.0), ([3, 2, 1, 0], 0.0), ([1, 1, 1, 1], 0.5), ([0, 1, 1, 1], 0.75)]
)
def test_auroc_is_the_chance_of_a_higher_score(score, expected):
    assert auroc(np.array(score, float), np.array([False, False, True, True])) == expected


def test_auroc_needs_both():
    assert auroc(np.ones(3), np.ones(3, bool)) is None and auroc(np.ones(3), np.zeros(3, bool)) is None


def test_frames_that_show_enough():
    mask = np.zeros((6, 10, 10), bool)
    mask[[1, 2, 4, 5], 0, 0] = True
    mask[3, 0, :] = True
    assert frames_that_show(mask, [0, 1, 2, 3, 5], 3) == [1, 3, 5]
    assert frames_that_show(mask, [0], 3) == []
    mask[1, 0, 0] = False
    assert frames_that_show(mask, [0, 1, 2], 3) == [2]
