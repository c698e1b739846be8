"""fields: the papers' networks, counted by hand from the protocol."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from semnerf_lib.encoding import positional_encoding
from semnerf_lib.fields import SemanticNeRF, SemanticOnlyNeRF, Trunk

N_CLASSES = 29  # room_0 [P1]


def n_parameters(module) -> int:
    return sum(p.numel() for p in module.parameters())


def linear(n_in: int, n_out: int) -> int:
    return n_in * n_out + n_out


TRUNK = linear(63, 256) + 4 * linear(256, 256) + linear(256 + 63, 256) + 2 * linear(256, 256)
SEMANTIC = linear(256, 128) + linear(128, N_CLASSES)


def test_semantic_only_nerf_counts():
    field = SemanticOnlyNeRF(N_CLASSES)
    assert n_parameters(field.trunk) == TRUNK
    assert n_parameters(field) == TRUNK + linear(256, 1) + SEMANTIC


def test_semantic_nerf_counts():
    colour = linear(256, 256) + linear(256 + 27, 128) + linear(128, 3)
    assert n_parameters(SemanticNeRF(N_CLASSES)) == TRUNK + linear(256, 1) + SEMANTIC + colour


def test_trunk_is_p2s_code_in_its_own_words():
    """skips = [4]: after the layer of index 4 the input is concatenated in front, so layer 5 reads 63 + 256 numbers."""
    trunk = Trunk(63, 8, 256)
    assert [layer.in_features for layer in trunk.layers] == [63, 256, 256, 256, 256, 319, 256, 256]
    assert {layer.out_features for layer in trunk.layers} == {256}
    x = torch.randn(4, 63)
    h = x
    for i, layer in enumerate(trunk.layers):
        h = F.relu(F.linear(h, layer.weight, layer.bias))
        if i in [4]:
            h = torch.cat([x, h], -1)
    assert torch.equal(trunk(x), h)


@pytest.mark.parametrize("depth", [1, 2, 3, 4, 6])
def test_trunk_of_other_depths_runs(depth):
    assert Trunk(9, depth, 16)(torch.randn(2, 5, 9)).shape == (2, 5, 16)


def test_heads_by_hand():
    field = SemanticNeRF(N_CLASSES)
    points, viewdirs = torch.randn(3, 4, 3), F.normalize(torch.randn(3, 3), dim=-1)
    out = field(points, viewdirs)
    assert out.sigma.shape == (3, 4) and out.sem_logits.shape == (3, 4, N_CLASSES) and out.rgb.shape == (3, 4, 3)
    h = field.trunk(positional_encoding(points / 10, 10))  # metres / 10 [P2, code]
    torch.testing.assert_close(out.sigma, h @ field.density.weight[0] + field.density.bias)
    first, _, second = field.semantic
    torch.testing.assert_close(out.sem_logits, second(first(h).relu()))
    d = positional_encoding(viewdirs, 4)[:, None].expand(3, 4, 27)
    hidden = field.view(torch.cat([field.feature(h), d], -1)).relu()
    torch.testing.assert_close(out.rgb, torch.sigmoid(field.colour(hidden)))


def test_raw_density_may_be_negative():
    field = SemanticOnlyNeRF(3, depth=2, width=8)
    with torch.no_grad():
        field.density.bias.fill_(-5.0)
    assert (field(torch.randn(2, 4, 3), torch.randn(2, 3)).sigma < 0).all()  # the ReLU comes with the noise, later


def test_semantic_only_nerf_has_neither_colour_nor_direction():
    field = SemanticOnlyNeRF(5, depth=4, width=32)
    points = torch.randn(6, 4, 3)
    a, b = (field(points, torch.randn(6, 3)) for _ in range(2))
    assert a.rgb is None and torch.equal(a.sigma, b.sigma) and torch.equal(a.sem_logits, b.sem_logits)


def test_direction_changes_colour_alone():
    field = SemanticNeRF(5, depth=4, width=32)
    points = torch.randn(6, 4, 3)
    a, b = (field(points, F.normalize(torch.randn(6, 3), dim=-1)) for _ in range(2))
    assert torch.equal(a.sigma, b.sigma) and torch.equal(a.sem_logits, b.sem_logits)
    assert not torch.equal(a.rgb, b.rgb)
    assert (a.rgb >= 0).all() and (a.rgb <= 1).all()


def test_baseline_without_its_colour_is_the_semantic_only_field():
    baseline, alone = SemanticNeRF(5, depth=4, width=32), SemanticOnlyNeRF(5, depth=4, width=32)
    alone.load_state_dict({k: v for k, v in baseline.state_dict().items() if k in alone.state_dict()})
    points, viewdirs = torch.randn(6, 4, 3), torch.randn(6, 3)
    a, b = baseline(points, viewdirs), alone(points, viewdirs)
    assert torch.equal(a.sigma, b.sigma) and torch.equal(a.sem_logits, b.sem_logits)
