"""voxel_tracing: where rays meet the first solid cell."""

from __future__ import annotations

import pytest
import torch

from semnerf_lib.machine.voxel_tracing import trace
from semnerf_lib.study.voting import gaps

SIZE = (8, 6, 4)


@pytest.mark.parametrize("speed", [1.0, 0.25])
def test_a_ray_stops_in_the_first_solid_cell_and_others_at_their_end(speed):
    solid = torch.zeros(SIZE, dtype=torch.bool)
    solid[5] = True
    solid[7, 2, 2] = True
    rays_o = torch.tensor([[0.5, 2.5, 2.5], [0.5, 2.5, 2.5], [0.5, 2.5, 2.5], [6.5, 2.5, 2.5]])
    rays_d = speed * torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [1.0, 0, 0], [1.0, 0, 0]])
    far = torch.tensor([9.0, 3.0, 2.0, 9.0]) / speed
    z, cells = trace(gaps(solid.reshape(-1), SIZE).reshape(SIZE), rays_o, rays_d, 0.0, far)
    assert 4.5 <= speed * z[0] < 5.5 and speed * z[1:3] == pytest.approx([3.0, 2.0]) and 0.5 <= speed * z[3] < 1.5
    assert cells.tolist() == [(i * 6 + j) * 4 + 2 for i, j in ((5, 2), (0, 5), (2, 2), (7, 2))]


def test_it_begins_at_near_and_an_empty_grid_is_left():
    gap = gaps(torch.zeros(192, dtype=torch.bool), SIZE).reshape(SIZE)
    ray = torch.tensor([[0.5, 0.5, 0.5]]), torch.tensor([[0.0, 0.0, 1.0]])
    assert trace(gap, *ray, 0.1, torch.tensor([9.0]))[0].tolist() == [9.0]
    assert trace(torch.zeros(SIZE), *ray, 2.0, torch.tensor([9.0]))[0].tolist() == [2.0]
