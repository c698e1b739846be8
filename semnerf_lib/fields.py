"""The papers' MLP fields: P1's semantic-only NeRF and its baseline, P2's Semantic-NeRF."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from semnerf_lib.encoding import encoded_size, positional_encoding
from semnerf_lib.rendering import FieldOutput


class Trunk(nn.Module):
    """`depth` ReLU layers of `width`; the input comes in again after layer `depth / 2` [P2, code: 8 x 256, after 4]."""

    def __init__(self, n_in: int, depth: int, width: int):
        super().__init__()
        self.skip = depth // 2
        sizes = [n_in] + [width] * (depth - 1)
        self.layers = nn.ModuleList(
            nn.Linear(size + (n_in if i == self.skip + 1 else 0), width) for i, size in enumerate(sizes)
        )

    def forward(self, x: Float[Tensor, "*batch n_in"]) -> Float[Tensor, "*batch width"]:
        h = x
        for i, layer in enumerate(self.layers):
            if i == self.skip + 1:
                h = torch.cat([x.to(h.dtype), h], dim=-1)  # in bfloat16 where the layers are
            h = F.relu(layer(h), inplace=True)
        return h


class SemanticOnlyNeRF(nn.Module):
    """P1's field: a position becomes density and class logits. No colour, no viewing direction.

        h = trunk(gamma(x / position_scale)),   sigma = Linear(width, 1)(h),   s = Linear(width / 2, C)(relu(Linear(h)))

    Args:
        n_classes: C.
        depth, width: of the trunk (P2: 8, 256).
        n_octaves: of the positional encoding (P2: 10).
        position_scale: metres that become 1 before encoding (P2: 10).
        density_bias: added to the initial bias of sigma, 1/m (P2: none). A density that begins at 0 everywhere has no
            gradient behind its ReLU.
    """

    def __init__(
        self,
        n_classes: int,
        depth: int = 8,
        width: int = 256,
        n_octaves: int = 10,
        position_scale: float = 10,
        density_bias: float = 0,
    ):
        super().__init__()
        self.n_octaves, self.position_scale = n_octaves, position_scale
        self.trunk = Trunk(encoded_size(3, n_octaves), depth, width)
        self.density = nn.Linear(width, 1)
        self.density.bias.data += density_bias
        self.semantic = nn.Sequential(nn.Linear(width, width // 2), nn.ReLU(), nn.Linear(width // 2, n_classes))

    def features(self, points: Float[Tensor, "rays samples 3"]) -> Float[Tensor, "rays samples width"]:
        x = positional_encoding(points / self.position_scale, self.n_octaves)
        return self.trunk(x.flatten(0, 1)).view(*points.shape[:-1], -1)

    def forward(self, points: Float[Tensor, "rays samples 3"], viewdirs: Float[Tensor, "rays 3"]) -> FieldOutput:
        h = self.features(points)
        return FieldOutput(self.density(h)[..., 0], self.semantic(h))


class SemanticNeRF(SemanticOnlyNeRF):
    """P2's field: P1's with a colour head that also sees the viewing direction [P2 fig. 2 and code].

        c = sigmoid(Linear(width / 2, 3)(relu(Linear([Linear(width, width)(h), gamma(d)]))))

    Args as in `SemanticOnlyNeRF`; direction_octaves: of the direction's encoding (P2: 4).
    """

    def __init__(self, n_classes: int, depth: int = 8, width: int = 256, direction_octaves: int = 4, **trunk):
        super().__init__(n_classes, depth, width, **trunk)
        self.direction_octaves = direction_octaves
        self.feature = nn.Linear(width, width)
        self.view = nn.Linear(width + encoded_size(3, direction_octaves), width // 2)
        self.colour = nn.Linear(width // 2, 3)

    def forward(self, points: Float[Tensor, "rays samples 3"], viewdirs: Float[Tensor, "rays 3"]) -> FieldOutput:
        h = self.features(points)
        d = positional_encoding(viewdirs, self.direction_octaves)[:, None].expand(*h.shape[:-1], -1)
        view = F.relu(self.view(torch.cat([self.feature(h), d], dim=-1)))
        return FieldOutput(self.density(h)[..., 0], self.semantic(h), torch.sigmoid(self.colour(view)))
