"""encoding: P2's formula, by a loop."""

from __future__ import annotations

import math

import pytest
import torch

from semnerf_lib.encoding import encoded_size, positional_encoding


def looped(x: list[float], n_octaves: int) -> list[float]:
    out = list(x)
    for k in range(n_octaves):
        out += [math.sin(2**k * value) for value in x]
        out += [math.cos(2**k * value) for value in x]
    return out


@pytest.mark.parametrize(("dims", "n_octaves"), [(3, 10), (3, 4), (1, 2), (5, 0)])
def test_formula(dims, n_octaves):
    x = torch.randn(7, dims, dtype=torch.float64)
    encoded = positional_encoding(x, n_octaves)
    assert encoded.shape == (7, encoded_size(dims, n_octaves))
    expected = torch.tensor([looped(row, n_octaves) for row in x.tolist()], dtype=torch.float64)
    torch.testing.assert_close(encoded, expected, rtol=0, atol=1e-12)


def test_the_papers_sizes():
    assert encoded_size(3, 10) == 63 and encoded_size(3, 4) == 27
    assert positional_encoding(torch.zeros(2, 5, 3), 10).shape == (2, 5, 63)


def test_input_is_kept_and_there_is_no_pi():
    x = torch.tensor([[1.0, 0.5, -2.0]])
    encoded = positional_encoding(x, 1)
    assert torch.equal(encoded[:, :3], x)
    assert encoded[0, 3].item() == pytest.approx(math.sin(1.0))  # with pi it would be 0


def test_highest_octave_is_two_to_the_nine():
    period = 2 * math.pi / 2**9
    x = torch.full((1, 1), 0.3, dtype=torch.float64)
    a, b = positional_encoding(x, 10), positional_encoding(x + period, 10)
    torch.testing.assert_close(a[:, -2:], b[:, -2:])
    assert (a[:, -4:-2] - b[:, -4:-2]).abs().max() > 0.1
