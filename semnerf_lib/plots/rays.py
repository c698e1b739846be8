"""Pictures of cameras, of single rays and of the samples on them."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Line3DCollection

from semnerf_lib.cameras import Intrinsics
from semnerf_lib.plots.style import BLUE, GREEN, GREY, ORANGE, PINK, RED


def frusta(
    c2w: np.ndarray,
    intrinsics: Intrinsics,
    title: str = "",
    size: float = 0.35,
    points: np.ndarray | None = None,
    colours: np.ndarray | None = None,
    rays: tuple[np.ndarray, np.ndarray] | None = None,
    path: np.ndarray | None = None,
    view: tuple[float, float] = (58.0, -70.0),
) -> Figure:
    """Camera frusta in 3D, world axes in metres, from the first camera, dark violet, to the last one, orange.

    Args:
        c2w: (n, 4, 4) poses.
        intrinsics: the camera; it gives the frusta their shape.
        size: depth of a frustum, metres.
        points, colours: (p, 3) surface points and their (p, 3) uint8 colours, or None.
        rays: start and end points (r, 3) each of rays to draw, or None.
        path: (m, 3) points that the camera passed, in order, or None.
        view: elevation and azimuth of the look at it, degrees.
    """
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * [intrinsics.width, intrinsics.height] - 0.5
    image = np.c_[(corners - [intrinsics.cx, intrinsics.cy]) / [intrinsics.fx, intrinsics.fy], np.ones(4)] * size
    figure = plt.figure(figsize=(8.4, 6.2))
    ax = figure.add_subplot(projection="3d", computed_zorder=False)
    if points is not None:
        pale = 1 - 0.45 * (1 - colours / 255)
        ax.scatter(*points.T, c=pale, s=9, marker="s", linewidths=0, depthshade=False, antialiaseds=False, zorder=1)
    hues = plt.get_cmap("plasma")(np.linspace(0, 0.85, len(c2w)))
    for pose, hue in zip(c2w, hues, strict=True):
        world = image @ pose[:3, :3].T + pose[:3, 3]
        sides = [[pose[:3, 3], corner] for corner in world]
        rim = [[world[i], world[(i + 1) % 4]] for i in range(4)]
        ax.add_collection3d(Line3DCollection(sides + rim, colors=[hue], linewidths=1.2, zorder=3))
    if path is not None:
        ax.plot(*path.T, color="black", linewidth=0.8, label="camera path", zorder=2)
        ax.legend(loc="upper left")
    if rays is not None:
        ax.add_collection3d(Line3DCollection(np.stack(rays, axis=1), colors=ORANGE, linewidths=0.8, zorder=4))
    seen = np.concatenate([c2w[:, :3, 3], *([points] if points is not None else []), *(rays or ())])
    lower, upper = seen.min(0), seen.max(0)
    ax.set(xlim=(lower[0], upper[0]), ylim=(lower[1], upper[1]), zlim=(lower[2], upper[2]))
    ax.set_box_aspect(np.maximum(upper - lower, 0.3), zoom=1.12)
    ax.set(xlabel="x (m)", ylabel="y (m)", zlabel="z (m)")
    ax.locator_params(axis="z", nbins=3)
    ax.view_init(*view)
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def ray_profile(
    z_vals: np.ndarray,
    sigma: np.ndarray,
    alphas: np.ndarray,
    transmittance: np.ndarray,
    weights: np.ndarray,
    title: str = "",
    depths: dict[str, float] | None = None,
) -> Figure:
    """One ray in four steps, along z: density, alpha, transmittance, weights.

    Args:
        z_vals: (n,) metres.
        sigma: (n,) 1/m. alphas, weights: (n,). transmittance: (n,) before each sample.
        depths: named depths to mark, such as the true one, metres.
    """
    figure, axes = plt.subplots(4, 1, figsize=(8.4, 5.6), sharex=True)
    draw_profile(list(axes), z_vals, sigma, alphas, transmittance, weights)
    for ax in axes:
        mark_depths(ax, depths or {})
    if depths:
        axes[0].legend(loc="upper left")
    axes[-1].set_xlabel("z along the optical axis (m)")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def draw_profile(
    axes: Sequence[Axes],
    z_vals: np.ndarray,
    sigma: np.ndarray,
    alphas: np.ndarray,
    transmittance: np.ndarray,
    weights: np.ndarray,
) -> None:
    """Density, alpha, transmittance and weights into four axes; a sample is drawn over the interval it stands for."""
    rows = (
        (sigma, "σ (1/m)", "density: how much there is", BLUE),
        (alphas, "α", "alpha: the share of arriving light that the interval stops", ORANGE),
        (transmittance, "T", "transmittance: the share of light that gets this far", GREEN),
        (weights, "w = T α", "weight: the share of the pixel that comes from here", PINK),
    )
    for ax, (values, label, name, colour) in zip(axes, rows, strict=True):
        ax.fill_between(z_vals, values, step="post", alpha=0.25, color=colour, linewidth=0)
        ax.step(z_vals, values, where="post", color=colour)
        ax.set(ylabel=label, title=name)
        ax.set_ylim(bottom=0)


def mark_depths(ax: Axes, depths: dict[str, float]) -> None:
    """Vertical lines at named depths, metres."""
    for k, (what, depth) in enumerate(depths.items()):
        ax.axvline(depth, color=("black", RED, GREY)[k % 3], linewidth=1, linestyle=("--", ":", "-.")[k % 3],
                   label=f"{what}: {depth:.2f} m")  # fmt: skip


def draw_ticks(ax: Axes, rows: Sequence[tuple[str, np.ndarray]]) -> None:
    """A strip of ticks for each named set of z_vals, from top to bottom."""
    for k, (_, z_vals) in enumerate(rows):
        ax.vlines(z_vals, -k - 0.35, -k + 0.35, color=(BLUE, ORANGE, GREEN)[k % 3], linewidth=1)
    ax.set_yticks(-np.arange(len(rows)), [name for name, _ in rows])
    ax.spines["left"].set_visible(False)
    ax.tick_params(left=False)


def ray_samples(
    rows: Sequence[tuple[str, np.ndarray]],
    title: str = "",
    true_depth: float | None = None,
    weights: tuple[np.ndarray, np.ndarray] | None = None,
) -> Figure:
    """Where samples fall on a ray: a strip of ticks for each named set, under the weights that drew them.

    Args:
        rows: (name, z_vals) from top to bottom, metres.
        true_depth: marked in every strip, metres.
        weights: (z_vals, weights) of the first pass, drawn on top, or None.
    """
    extra = int(weights is not None)
    ratios = [1.6] * extra + [max(0.4, 0.28 * len(rows))]
    figure, axes = plt.subplots(
        1 + extra,
        1,
        figsize=(8.4, 1.5 * extra + 0.35 * len(rows) + 0.9),
        sharex=True,
        squeeze=False,
        height_ratios=ratios,
    )
    if weights is not None:
        axes[0, 0].fill_between(*weights, step="post", color=PINK, alpha=0.4, linewidth=0)
        axes[0, 0].set(ylabel="coarse w", ylim=(0, None))
    ax = axes[-1, 0]
    draw_ticks(ax, rows)
    if true_depth is not None:
        for axis in axes[:, 0]:
            axis.axvline(true_depth, color="black", linestyle="--", linewidth=1)
        ax.plot([], [], color="black", linestyle="--", linewidth=1, label=f"true depth: {true_depth:.2f} m")
        axes[0, 0].legend(handles=ax.lines[-1:], loc="upper right")
    ax.set_xlabel("z along the optical axis (m)")
    figure.suptitle(title, x=0.01, ha="left")
    return figure


def density_gradient(
    z_vals: np.ndarray,
    sigma: np.ndarray,
    gradient: np.ndarray,
    zones: Sequence[tuple[float, float, str]],
    title: str = "",
) -> Figure:
    """Density along a ray above the gradient of the loss with respect to it; a step follows minus the gradient.

    Args:
        z_vals, sigma, gradient: (n,) metres, 1/m, loss x m.
        zones: (start, end, name) stretches of the ray to shade.
    """
    figure, (top, bottom) = plt.subplots(2, 1, figsize=(8.4, 4.2), sharex=True)
    top.step(z_vals, sigma, where="post")
    top.set(ylabel="σ (1/m)", title="density before the step", ylim=(0, 1.3 * float(sigma.max())))
    width = np.diff(z_vals, append=2 * z_vals[-1] - z_vals[-2])
    bottom.bar(z_vals, -gradient, width, align="edge", color=np.where(gradient < 0, GREEN, RED), linewidth=0)
    bottom.axhline(0, color=GREY, linewidth=0.8)
    bottom.bar(z_vals[:1], 0, color=GREEN, label="asks for more density")
    bottom.bar(z_vals[:1], 0, color=RED, label="asks for less density")
    bottom.legend(loc="best")
    bottom.set(ylabel="−∂L/∂σ", title="what one labelled pixel asks of the density", xlabel="z (m)")
    for k, (start, end, name) in enumerate(zones):
        for ax in (top, bottom):
            ax.axvspan(start, end, color=(ORANGE, BLUE)[k % 2], alpha=0.12, linewidth=0)
        top.annotate(
            name, ((start + end) / 2, 1), xycoords=("data", "axes fraction"), ha="center", va="top", fontsize=8
        )
    figure.suptitle(title, x=0.01, ha="left")
    return figure
