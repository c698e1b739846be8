"""losses: by hand, by brute force, and where their gradients go."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from semnerf_lib.losses import distortion_loss, photometric_loss, proposal_loss, semantic_loss
from semnerf_lib.scene import VOID


def test_semantic_loss_is_the_mean_cross_entropy_of_labelled_rays():
    logits = torch.randn(20, 5, dtype=torch.float64)
    labels = torch.randint(5, (20,))
    labels[::3] = VOID
    terms = [
        -logits[i, labels[i]].item() + math.log(sum(math.exp(x) for x in logits[i].tolist()))
        for i in range(20)
        if labels[i] != VOID
    ]
    assert semantic_loss(logits, labels).item() == pytest.approx(sum(terms) / len(terms))
    known = labels != VOID
    torch.testing.assert_close(semantic_loss(logits, labels), F.cross_entropy(logits[known], labels[known]))


def test_void_rays_have_exactly_zero_gradient():
    logits = torch.randn(20, 5, requires_grad=True)
    labels = torch.randint(5, (20,))
    labels[4:9] = VOID
    semantic_loss(logits, labels).backward()
    assert (logits.grad[4:9] == 0).all()
    assert (logits.grad[labels != VOID].abs().sum(-1) > 0).all()


def test_all_void_is_zero_with_zero_gradient():
    logits = torch.randn(6, 5, requires_grad=True)
    loss = semantic_loss(logits, torch.full((6,), VOID))
    loss.backward()
    assert loss.item() == 0 and torch.equal(logits.grad, torch.zeros(6, 5))


def test_photometric_loss_by_hand():
    assert photometric_loss(torch.tensor([[0.5, 0.0, 1.0]]), torch.tensor([[0.0, 0.0, 0.5]])).item() == pytest.approx(
        0.5 / 3
    )


def brute_bound(z_coarse, w_coarse, start, end):
    """Sum of the coarse weights whose interval shares a point with [start, end)."""
    ends = [*z_coarse[1:], math.inf]
    return sum(w for z, e, w in zip(z_coarse, ends, w_coarse, strict=True) if z < end and e > start)


def test_proposal_loss_agrees_with_brute_force():
    rng = np.random.default_rng(0)
    z_coarse = np.sort(rng.uniform(0, 10, (5, 8)), -1)
    z_fine = np.sort(rng.uniform(0, 10, (5, 6)), -1)
    z_fine[:, 0] = np.maximum(z_fine[:, 0], z_coarse[:, 0])
    z_fine = np.sort(z_fine, -1)
    w_coarse, w_fine = rng.dirichlet(np.ones(8), 5) * 0.5, rng.dirichlet(np.ones(6), 5)
    total = 0.0
    for r in range(5):
        for i, w in enumerate(w_fine[r]):
            end = z_fine[r, i + 1] if i < 5 else math.inf
            over = max(0.0, w - brute_bound(z_coarse[r], w_coarse[r], z_fine[r, i], end))
            total += over**2 / (w + 1e-7)
    assert total > 0.1
    got = proposal_loss(*(torch.tensor(a) for a in (z_coarse, w_coarse, z_fine, w_fine)))
    assert got.item() == pytest.approx(total / 5, rel=1e-6)


def test_proposal_loss_is_zero_for_the_weights_themselves_and_positive_for_less():
    z_vals = torch.linspace(1, 5, 9).expand(3, 9)
    weights = torch.tensor([1, 2, 0, 16, 4, 0, 8, 1, 0.0]).expand(3, 9) / 32  # exact in binary
    assert proposal_loss(z_vals, weights, z_vals, weights).item() == 0
    assert proposal_loss(z_vals, torch.ones(3, 9), z_vals, weights).item() == 0
    assert proposal_loss(z_vals, 0.5 * weights, z_vals, weights).item() > 0.01


def test_proposal_loss_teaches_the_proposal_only():
    z_vals = torch.linspace(1, 5, 9).expand(3, 9)
    coarse, fine = torch.full((3, 9), 0.02, requires_grad=True), torch.full((3, 9), 0.1, requires_grad=True)
    proposal_loss(z_vals, coarse, z_vals + 0.1, fine).backward()
    assert fine.grad is None
    assert (coarse.grad < 0).all()


def test_distortion_loss_agrees_with_the_double_sum():
    rng = np.random.default_rng(1)
    z_vals, weights = np.sort(rng.uniform(0.1, 10, (4, 12)), -1), rng.dirichlet(np.ones(12), 4)
    total = 0.0
    for z, w in zip(z_vals / 10, weights, strict=True):
        total += sum(w[i] * w[j] * abs(z[i] - z[j]) for i in range(12) for j in range(12))
        total += sum(w[i] ** 2 * (z[i + 1] - z[i]) for i in range(11)) / 3
    got = distortion_loss(torch.tensor(z_vals), torch.tensor(weights), 10.0)
    assert got.item() == pytest.approx(total / 4, rel=1e-9)


def test_distortion_loss_prefers_one_surface():
    z_vals = torch.linspace(0.1, 10, 20)[None]
    one, two = torch.zeros(1, 20), torch.zeros(1, 20)
    one[0, 7] = 1.0
    two[0, [3, 15]] = 0.5
    assert distortion_loss(z_vals, one, 10.0) < distortion_loss(z_vals, two, 10.0)
