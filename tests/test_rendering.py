"""rendering: the maths by independent loops, over extremes, and where gradients go."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation
from tiny import CENTRE, RADIUS

from semnerf_lib.cameras import Intrinsics, get_rays, look_at
from semnerf_lib.fields import SemanticNeRF, SemanticOnlyNeRF
from semnerf_lib.grid import Box, DensityGrid, GridField
from semnerf_lib.losses import semantic_loss
from semnerf_lib.rendering import (
    LAST_DELTA,
    FieldOutput,
    composite,
    compute_weights,
    first_samples,
    render_hierarchical,
    render_proposal,
    render_samples,
)
from semnerf_lib.scene import VOID


def looped_composite(raw, logits, rgb, z_vals, ray_d):
    """One ray in Python floats, light front to back, straight from NeRF eq. 3."""
    norm, light = math.sqrt(sum(x * x for x in ray_d)), 1.0
    weights = []
    for i, density in enumerate(raw):
        delta = (z_vals[i + 1] - z_vals[i] if i + 1 < len(z_vals) else 1e10) * norm
        alpha = 1 - math.exp(-max(density, 0.0) * delta)
        weights.append(light * alpha)
        light *= 1 - alpha
    seen = [sum(w * s[c] for w, s in zip(weights, logits, strict=True)) for c in range(len(logits[0]))]
    colour = [sum(w * s[c] for w, s in zip(weights, rgb, strict=True)) for c in range(3)]
    depth = sum(w * z for w, z in zip(weights, z_vals, strict=True))
    return weights, seen, colour, depth, sum(weights)


def some_rays(n: int = 6, seed: int = 0):
    g = torch.Generator().manual_seed(seed)
    rays_d = torch.randn(n, 3, generator=g)
    return torch.randn(n, 3, generator=g) * 0.2, rays_d / rays_d.norm(dim=-1, keepdim=True) * 1.3


def near_far(n: int, near: float = 0.1, far: float = 10.0):
    return torch.full((n, 1), near), torch.full((n, 1), far)


def test_composite_agrees_with_an_independent_loop():
    g = torch.Generator().manual_seed(0)
    _, rays_d = some_rays(5)
    z_vals = torch.rand(5, 24, generator=g).sort(-1).values * 9 + 0.1
    raw, logits = torch.randn(5, 24, generator=g) * 2, torch.randn(5, 24, 4, generator=g) * 3
    rgb = torch.rand(5, 24, 3, generator=g)
    raw[0], raw[1] = -1.0, 1e-13  # an empty ray, and one that only the endless last interval stops
    got = composite(FieldOutput(raw, logits, rgb), z_vals, rays_d)
    assert got.z_vals is z_vals
    for r in range(5):
        weights, seen, colour, depth, acc = looped_composite(
            *(a[r].tolist() for a in (raw, logits, rgb, z_vals, rays_d))
        )
        np.testing.assert_allclose(got.weights[r], weights, atol=2e-6)
        np.testing.assert_allclose(got.sem_logits[r], seen, atol=2e-5)
        np.testing.assert_allclose(got.rgb_map[r], colour, atol=5e-6)
        assert got.depth_map[r].item() == pytest.approx(depth, abs=5e-5)
        assert got.acc_map[r].item() == pytest.approx(acc, abs=5e-6)
    assert got.acc_map[0] == 0


def test_noise_is_added_before_the_relu():
    _, rays_d = some_rays(1)
    z_vals, raw = torch.tensor([[1.0, 2.0, 3.0]]), torch.tensor([[-0.5, 0.2, 1.0]])
    noise = torch.tensor([[1.0, -0.5, 0.3]])
    got = composite(FieldOutput(raw), z_vals, rays_d, noise)
    assert torch.equal(got.weights, composite(FieldOutput((raw + noise).relu()), z_vals, rays_d).weights)
    assert got.weights[0, 0] > 0 and got.weights[0, 1] == 0
    assert got.sem_logits is None and got.rgb_map is None


def test_density_spike_gives_exactly_one_weight():
    sigma = torch.zeros(2, 32)
    sigma[0, 11], sigma[1, 31] = 1e6, 1e-3
    deltas = torch.full((2, 32), 0.1)
    deltas[:, -1] = LAST_DELTA
    weights, transmittance = compute_weights(sigma, deltas)
    expected = torch.zeros(2, 32)
    expected[0, 11] = expected[1, 31] = 1.0
    assert torch.equal(weights, expected)
    assert torch.equal(transmittance[0, :12], torch.ones(12)) and (transmittance[0, 12:] == 0).all()


def test_weights_and_last_transmittance_sum_to_one():
    g = torch.Generator().manual_seed(1)
    sigma = 10 ** (torch.rand(500, 64, generator=g) * 6 - 6 + 3 * torch.rand(500, 1, generator=g))
    deltas = torch.rand(500, 64, generator=g) * 0.3
    weights, transmittance = compute_weights(sigma, deltas)
    torch.testing.assert_close(weights.sum(-1) + transmittance[:, -1], torch.ones(500), atol=2e-6, rtol=0)
    assert (weights >= 0).all() and (transmittance.diff(dim=-1) <= 0).all()
    assert ((transmittance[:, -1] > 0.01) & (transmittance[:, -1] < 0.99)).any()
    sigma, deltas = sigma.double(), deltas.double()
    weights, transmittance = compute_weights(sigma, deltas)
    torch.testing.assert_close(weights.sum(-1) + transmittance[:, -1], torch.ones(500).double(), atol=1e-13, rtol=0)


@pytest.mark.parametrize("delta", [1e-10, 1e-3, 1.0, 1e10])
@pytest.mark.parametrize("exponent", range(-20, 21, 4))
def test_value_and_gradient_are_finite_over_forty_orders_of_magnitude(exponent, delta):
    sigma = torch.full((1, 8), 10.0**exponent, requires_grad=True)
    deltas = torch.full((1, 8), delta)
    deltas[0, -1] = LAST_DELTA
    weights, transmittance = compute_weights(sigma, deltas)
    assert weights.isfinite().all() and transmittance.isfinite().all()
    for i in range(8):
        (gradient,) = torch.autograd.grad(weights[0, i], sigma, retain_graph=True)
        assert gradient.isfinite().all()


def test_mixed_extremes_are_finite():
    sigma = torch.tensor([[1e-20, 1e20, 0.0, 1e-5, 1e20, 1e10, 0.0, 1e20]], requires_grad=True)
    weights, _ = compute_weights(sigma, torch.tensor([[1e10, 1e-10, 0.0, 1.0, 1e10, 0.0, 1e10, 1e10]]))
    (weights * torch.arange(8)).sum().backward()
    assert weights.isfinite().all() and sigma.grad.isfinite().all()


def test_gradient_of_weights_is_the_numerical_one():
    sigma = torch.rand(2, 6, dtype=torch.float64, requires_grad=True)
    deltas = torch.rand(2, 6, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda s: compute_weights(s, deltas), sigma)


def test_logits_are_composited_before_the_softmax():
    """A near sample that is certain outvotes a far one with more weight: the mean of probabilities says otherwise."""
    sigma = torch.tensor([[-math.log(0.6), 10.0]])  # weights 0.4, 0.6
    logits = torch.tensor([[[8.0, 0.0], [0.0, 2.0]]])
    got = composite(FieldOutput(sigma, logits), torch.tensor([[1.0, 2.0]]), torch.tensor([[0.0, 0.0, 1.0]]))
    torch.testing.assert_close(got.weights, torch.tensor([[0.4, 0.6]]))
    torch.testing.assert_close(got.sem_logits, torch.tensor([[3.2, 1.2]]))
    mixed = (got.weights[..., None] * logits.softmax(-1)).sum(1)
    assert got.sem_logits.argmax() == 0 and mixed.argmax() == 1


def test_composite_of_half_precision_is_float32_also_in_autocast():
    _, rays_d = some_rays(2)
    z_vals = torch.linspace(1, 2, 8).expand(2, 8)
    out = FieldOutput(torch.randn(2, 8).bfloat16(), torch.randn(2, 8, 3).bfloat16(), torch.rand(2, 8, 3).bfloat16())

    def field(points, viewdirs):
        return out

    expected = composite(out, z_vals, rays_d)
    with torch.autocast("cpu", torch.bfloat16):
        got = render_samples(field, torch.zeros(2, 3), rays_d, z_vals)
    for name in ("sem_logits", "rgb_map", "depth_map", "acc_map", "weights"):
        assert getattr(got, name).dtype == torch.float32
        assert torch.equal(getattr(got, name), getattr(expected, name))


def sphere_field(motion):
    """A soft sphere beside a soft wall, with logits that vary in space; moved as a body."""
    rotation, shift = (torch.tensor(a, dtype=torch.float32) for a in (motion[:3, :3], motion[:3, 3]))

    def field(points, viewdirs):
        local = (points - shift) @ rotation
        radius = (local - torch.tensor(CENTRE, dtype=torch.float32)).norm(dim=-1)
        sigma = 20 * torch.sigmoid((RADIUS - radius) * 8) + 20 * torch.sigmoid((local[..., 0] - 2) * 8)
        logits = torch.stack([local.sin().sum(-1), -radius, local[..., 2]], -1)
        return FieldOutput(sigma, logits)

    return field


def test_scene_and_camera_moved_together_render_the_same():
    camera, c2w = Intrinsics.from_hfov(8, 6), look_at((-1.5, -0.5, 1.0), (1.0, 0.5, 0.8))
    motion = np.eye(4)
    motion[:3, :3], motion[:3, 3] = Rotation.random(random_state=4).as_matrix(), (3.0, -7.0, 0.5)
    seen = []
    for pose, field in ((c2w, sphere_field(np.eye(4))), (motion @ c2w, sphere_field(motion))):
        rays = [r.reshape(-1, 3) for r in get_rays(camera, torch.tensor(pose, dtype=torch.float32))]
        seen.append(render_hierarchical(field, field, *rays, *near_far(48), 32, 16)[1])
    assert seen[0].depth_map.std() > 0.1
    torch.testing.assert_close(seen[0].sem_logits, seen[1].sem_logits, atol=2e-4, rtol=0)
    torch.testing.assert_close(seen[0].depth_map, seen[1].depth_map, atol=2e-4, rtol=0)


def test_samples_lie_on_the_rays_and_directions_are_unit():
    rays_o, rays_d = some_rays(4)
    z_vals, asked = torch.rand(4, 7).sort(-1).values, {}

    def field(points, viewdirs):
        asked.update(points=points, viewdirs=viewdirs)
        return FieldOutput(torch.ones(points.shape[:-1]))

    render_samples(field, rays_o, rays_d, z_vals)
    for r in range(4):
        for i in range(7):
            torch.testing.assert_close(asked["points"][r, i], rays_o[r] + z_vals[r, i] * rays_d[r])
    torch.testing.assert_close(asked["viewdirs"], rays_d / 1.3)


class Asked:
    """A field that remembers how it was asked; dense at radius 3 around the origin."""

    def __init__(self):
        self.points = []

    def __call__(self, points, viewdirs):
        self.points.append(points)
        radius = points.norm(dim=-1)
        return FieldOutput(50 * torch.exp(-((radius - 3) ** 2) * 100), torch.stack([radius, -radius], -1))


@pytest.mark.parametrize("seed", [None, 0])
def test_hierarchical_asks_coarse_at_64_and_fine_at_all_192_samples(seed):
    coarse, fine = Asked(), Asked()
    rays_o, rays_d = torch.zeros(5, 3), some_rays(5)[1]
    g = None if seed is None else torch.Generator().manual_seed(seed)
    first, last = render_hierarchical(coarse, fine, rays_o, rays_d, *near_far(5), 64, 128, g)
    assert [p.shape for p in coarse.points] == [(5, 64, 3)] and [p.shape for p in fine.points] == [(5, 192, 3)]
    torch.testing.assert_close(coarse.points[0], first.z_vals[..., None] * rays_d[:, None])
    torch.testing.assert_close(fine.points[0], last.z_vals[..., None] * rays_d[:, None])
    assert (last.z_vals.diff(dim=-1) >= 0).all()
    for r in range(5):
        assert set(first.z_vals[r].tolist()) <= set(last.z_vals[r].tolist())
    close = ((last.z_vals * 1.3 - 3).abs() < 0.5).sum(-1)
    assert (close > 100).all()  # of 192; evenly spread there would be 15
    assert (last.z_vals >= 0.1).all() and (last.z_vals <= 10).all()


@pytest.mark.parametrize("seed", [None, 0])
def test_proposal_asks_the_field_at_importance_samples_only(seed):
    proposal, field = Asked(), Asked()
    g = None if seed is None else torch.Generator().manual_seed(seed)
    first, last = render_proposal(proposal, field, torch.zeros(5, 3), some_rays(5)[1], *near_far(5), 64, 24, g)
    assert [p.shape for p in proposal.points] == [(5, 64, 3)] and [p.shape for p in field.points] == [(5, 24, 3)]
    assert last.z_vals.shape == (5, 24) and (last.z_vals.diff(dim=-1) >= 0).all()
    assert ((last.z_vals * 1.3 - 3).abs() < 0.5).float().mean() > 0.9
    assert first.weights.shape == (5, 64)


def test_noise_and_jitter_only_with_a_generator():
    rays_o, rays_d = some_rays(3)

    def rendered(generator, noise_std):
        return render_hierarchical(Asked(), Asked(), rays_o, rays_d, *near_far(3), 16, 8, generator, noise_std)

    def seeded():
        return torch.Generator().manual_seed(3)

    state = torch.get_rng_state()
    a, b = rendered(None, 1.0), rendered(None, 0.0)
    assert all(torch.equal(x.weights, y.weights) and torch.equal(x.z_vals, y.z_vals) for x, y in zip(a, b, strict=True))
    assert torch.equal(a[0].z_vals, first_samples(*near_far(3), 16, None))
    noisy, again, quiet = rendered(seeded(), 1.0), rendered(seeded(), 1.0), rendered(seeded(), 0.0)
    assert torch.equal(noisy[1].weights, again[1].weights) and torch.equal(noisy[1].z_vals, again[1].z_vals)
    assert torch.equal(noisy[0].z_vals, quiet[0].z_vals) and not torch.equal(noisy[0].weights, quiet[0].weights)
    assert not torch.equal(a[0].z_vals, quiet[0].z_vals)
    assert torch.equal(state, torch.get_rng_state())  # nobody draws from the global generator


def test_one_sample_is_rendered_too():
    got = composite(FieldOutput(torch.ones(2, 1)), torch.full((2, 1), 3.0), some_rays(2)[1])
    assert torch.equal(got.acc_map, torch.ones(2)) and torch.equal(got.depth_map, torch.full((2,), 3.0))


def box() -> Box:
    return Box(torch.tensor([[-3.0, -3, -3], [3, 3, 3]]), 0.0)


FIELDS = {
    "SemanticOnlyNeRF": lambda: SemanticOnlyNeRF(5, depth=4, width=32),
    "SemanticNeRF": lambda: SemanticNeRF(5, depth=4, width=32),
    "GridField": lambda: GridField(5, box(), 30, 200, 2, width=16),
}


class Tapped:
    """A field whose densities can be asked for their gradient."""

    def __init__(self, field):
        self.field = field

    def __call__(self, points, viewdirs):
        out = self.field(points, viewdirs)
        self.sigma = out.sigma
        self.sigma.retain_grad()
        return out


@pytest.mark.parametrize("name", FIELDS)
def test_gradient_of_the_label_loss_reaches_density(name):
    """The method itself: labels alone shape geometry."""
    torch.manual_seed(0)
    field = FIELDS[name]()
    tapped = Tapped(field)
    rays_o, rays_d = some_rays(8)
    z_vals = first_samples(*near_far(8, 0.1, 2.0), 16, torch.Generator().manual_seed(0))
    with torch.no_grad():
        field.density.bias.fill_(0.5)  # so that the ReLU is open
    out = render_samples(tapped, rays_o, rays_d, z_vals)
    semantic_loss(out.sem_logits, torch.arange(8) % 5).backward()
    assert (tapped.sigma.grad.abs().sum(-1) > 0).all()
    assert field.density.weight.grad.abs().sum() > 0 and field.density.bias.grad.abs().sum() > 0
    space = field.grid.table if name == "GridField" else field.trunk.layers[0].weight
    with_density = space.grad.to_dense().clone()

    def cut(points, viewdirs):
        answer = field(points, viewdirs)
        return answer._replace(sigma=answer.sigma.detach())

    space.grad = None
    semantic_loss(render_samples(cut, rays_o, rays_d, z_vals).sem_logits, torch.arange(8) % 5).backward()
    assert not torch.allclose(
        with_density, space.grad.to_dense()
    )  # the shared features feel it through density as well


@pytest.mark.parametrize("name", FIELDS)
def test_void_pixels_have_exactly_zero_gradient(name):
    torch.manual_seed(0)
    field = FIELDS[name]()
    tapped = Tapped(field)
    rays_o, rays_d = some_rays(8)
    z_vals = first_samples(*near_far(8, 0.1, 2.0), 16, None)
    with torch.no_grad():
        field.density.bias.fill_(0.5)
    labels = torch.arange(8) % 5
    labels[[1, 5]] = VOID
    semantic_loss(render_samples(tapped, rays_o, rays_d, z_vals).sem_logits, labels).backward()
    assert (tapped.sigma.grad[[1, 5]] == 0).all() and (tapped.sigma.grad[[0, 2, 3, 4, 6, 7]] != 0).any(-1).all()
    field.zero_grad()
    loss = semantic_loss(render_samples(tapped, rays_o, rays_d, z_vals).sem_logits, torch.full((8,), VOID))
    loss.backward()
    assert loss.item() == 0
    assert all(p.grad is None or (p.grad.to_dense() == 0).all() for p in field.parameters())


def test_label_loss_moves_no_proposal_but_the_density_field():
    torch.manual_seed(0)
    proposal, field = DensityGrid(box(), 100), FIELDS["GridField"]()
    rays_o, rays_d = some_rays(8)
    _, last = render_proposal(proposal, field, rays_o, rays_d, *near_far(8, 0.1, 2.0), 16, 8)
    semantic_loss(last.sem_logits, torch.arange(8) % 5).backward()
    assert proposal.grid.table.grad is None
    assert field.density.weight.grad.abs().sum() > 0
