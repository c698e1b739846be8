"""Checks of notebook 02: the positional encoding, and a grid that is interpolated."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from semnerf_lib.encoding import positional_encoding
from semnerf_lib.teaching.checking import Check, Mistake


def _waves(
    x: Tensor, n_octaves: int, frequency=lambda k: 2.0**k, keep=True, first=torch.sin, second=torch.cos
) -> Tensor:
    """The encoding with other frequencies, without its input, or with its waves the other way round."""
    parts = [x] if keep else [x[..., :0]]
    for k in range(n_octaves):
        parts += [first(frequency(k) * x), second(frequency(k) * x)]
    return torch.cat(parts, dim=-1)


def _sines_first(x, n_octaves):
    octaves = range(n_octaves)
    return torch.cat([x, *(torch.sin(2.0**k * x) for k in octaves), *(torch.cos(2.0**k * x) for k in octaves)], -1)


def _by_coordinate(x, n_octaves):
    return torch.cat([_waves(x[..., i : i + 1], n_octaves) for i in range(x.shape[-1])], -1)


check_encoding = Check(
    "encode",
    positional_encoding,
    lambda: [(torch.randn(20, 3, generator=torch.Generator().manual_seed(0)), n) for n in (4, 10)],
    (
        Mistake("there is a pi in your waves; P2's code has none: sin(2^k x)",
                lambda x, n: _waves(x, n, lambda k: torch.pi * 2.0**k)),
        Mistake("there is a 2 pi in your waves; P2's code has none: sin(2^k x)",
                lambda x, n: _waves(x, n, lambda k: 2 * torch.pi * 2.0**k)),
        Mistake("your frequencies grow by steps (k); they must double: 2^k", lambda x, n: _waves(x, n, float)),
        Mistake("your frequencies grow by steps (k + 1); they must double: 2^k",
                lambda x, n: _waves(x, n, lambda k: k + 1.0)),
        Mistake("your octaves begin at 2^1; the first is 2^0", lambda x, n: _waves(x, n, lambda k: 2.0 ** (k + 1))),
        Mistake("your waves get longer: 2^k, not 2^-k", lambda x, n: _waves(x, n, lambda k: 2.0**-k)),
        Mistake("the input itself is missing: P2 keeps x in front of the waves", lambda x, n: _waves(x, n, keep=False)),
        Mistake("cosine comes before sine in yours; the order is sin, cos in each octave",
                lambda x, n: _waves(x, n, first=torch.cos, second=torch.sin)),
        Mistake("all sines, then all cosines: the right numbers in another order; octave by octave, sin then cos",
                _sines_first),
        Mistake("coordinate by coordinate: the right numbers in another order; octave by octave, all coordinates",
                _by_coordinate),
        Mistake("the last octave is missing: there are n_octaves of them, 2^0 to 2^(n_octaves - 1)",
                lambda x, n: _waves(x, n - 1)),
        Mistake("one octave too many: there are n_octaves of them, 2^0 to 2^(n_octaves - 1)",
                lambda x, n: _waves(x, n + 1)),
    ),
    "3 numbers become 63 at ten octaves.",
)  # fmt: skip


def octaves_for(detail: float, position_scale: float) -> int:
    """The right answer: octaves until half of the shortest wave is no longer than a detail (metres)."""
    return max(1, math.ceil(math.log2(math.pi * position_scale / detail)) + 1)


def _octaves(wave=1.0, scale=True, extra=1, log=math.log2, whole=math.ceil):
    def count(detail, position_scale):
        return max(1, whole(log(wave * math.pi * (position_scale if scale else 1.0) / detail)) + extra)

    return count


check_octaves = Check(
    "octaves_for",
    octaves_for,
    lambda: [(0.1, 10.0), (0.05, 10.0), (1.0, 10.0), (0.03, 4.0), (0.5, 1.0)],
    (
        Mistake("one too few: octaves are counted from 0, so L of them end at 2^(L-1); and a part of one is rounded up",
                _octaves(extra=0)),
        Mistake("you asked for a whole wave of that length; a detail is drawn by half a wave", _octaves(wave=2.0)),
        Mistake("positions are divided by position_scale before encoding: its waves are that much longer",
                _octaves(scale=False)),
        Mistake("rounded to the nearest: the last octave may then be too long; round up", _octaves(whole=round)),
        Mistake("that is a natural logarithm: frequencies double, so take log2", _octaves(log=math.log)),
        Mistake("without pi: sin(2^k x) has the wave length 2 pi / 2^k", _octaves(wave=1 / math.pi)),
        Mistake("the logarithm is not yet a whole number of octaves: round up",
                lambda d, s: math.log2(math.pi * s / d) + 1),
    ),
    "Ten octaves draw 6 cm in a world divided by 10.",
)  # fmt: skip


def corner_shares(place: Tensor) -> Tensor:
    """The right answer: what each corner of a unit square contributes to points (n, 2) in it: (n, 2, 2), [i, x, y]."""
    x, y = torch.stack([1 - place, place], -1).unbind(1)
    return x[:, :, None] * y[:, None]


def _nearest(place):
    return torch.nn.functional.one_hot(place.round().long(), 2).float().unbind(1)


def _by_distance(place):
    corners = torch.cartesian_prod(torch.arange(2.0), torch.arange(2.0))
    near = 1 / (torch.cdist(place, corners) + 1e-9)
    return (near / near.sum(-1, keepdim=True)).view(-1, 2, 2)


def _added(place):
    shares = corner_shares(place)
    return (shares.sum(2)[:, :, None] + shares.sum(1)[:, None]) / 4


check_corners = Check(
    "corner_shares",
    corner_shares,
    lambda: [(torch.tensor([[0.25, 0.6], [0.1, 0.0], [0.9, 0.45]]),)],
    (
        Mistake("the far corner gets the near one's share: a point at x = 0.25 belongs 0.75 to the corner at 0",
                lambda p: corner_shares(1 - p)),
        Mistake("your corners are indexed [y, x]; the task asks for [x, y]",
                lambda p: corner_shares(p).transpose(1, 2)),
        Mistake("that takes the nearest corner alone: features would jump from cell to cell",
                lambda p: _nearest(p)[0][:, :, None] * _nearest(p)[1][:, None]),
        Mistake("those shares fall with the distance to a corner; bilinear ones are (1 - |dx|) (1 - |dy|)",
                _by_distance),
        Mistake("x and y were added; the shares along x and y are multiplied",
                _added),
    ),
    "In three dimensions there are eight corners; a grid field does the same with them.",
)  # fmt: skip
