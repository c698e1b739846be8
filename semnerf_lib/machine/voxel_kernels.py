"""The loop of `voxel_tracing.trace`."""

from __future__ import annotations

from semnerf_lib.machine.kernels import compiled_loop


@compiled_loop()
def trace_rays(gap, rays_o, rays_d, far, z, cells, near):
    """Writes z and cells of every ray: see `voxel_tracing.trace`."""
    nx, ny, nz = gap.shape
    for r in range(len(rays_o)):
        ox, oy, oz = rays_o[r, 0], rays_o[r, 1], rays_o[r, 2]
        dx, dy, dz = rays_d[r, 0], rays_d[r, 1], rays_d[r, 2]
        length, here = (dx * dx + dy * dy + dz * dz) ** 0.5, near
        while True:
            i = min(max(int(ox + here * dx), 0), nx - 1)
            j = min(max(int(oy + here * dy), 0), ny - 1)
            k = min(max(int(oz + here * dz), 0), nz - 1)
            if gap[i, j, k] == 0 or here >= far[r]:
                break
            here = min(here + max(gap[i, j, k] - 1, 0.5) / length, far[r])
        z[r], cells[r] = here, (i * ny + j) * nz + k
