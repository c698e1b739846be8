"""Shapes of which furniture is made, and parts: a shape with a class and a look."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from semnerf_lib.scenes.textures import pattern_id

Number = float | int
Point = tuple[Number, Number, Number]
Shape = tuple[np.ndarray, np.ndarray]
"""Vertices (n, 3) in metres and faces (m, 3), counter-clockwise from outside."""


def _grid(rows: int, cols: int) -> np.ndarray:
    """Faces of a grid of rows x cols vertices."""
    i = np.arange(rows * cols).reshape(rows, cols)
    a, b, c, d = i[:-1, :-1], i[:-1, 1:], i[1:, 1:], i[1:, :-1]
    return np.stack([np.stack([a, b, c], -1), np.stack([a, c, d], -1)]).reshape(-1, 3)


def joined(*shapes: Shape) -> Shape:
    """Several shapes as one."""
    starts = np.cumsum([0] + [len(v) for v, _ in shapes])
    return np.concatenate([v for v, _ in shapes]), np.concatenate(
        [f + s for (_, f), s in zip(shapes, starts, strict=False)]
    )


def _block(coords: list[np.ndarray]) -> Shape:
    """The six sides of a box whose vertices lie at the given coordinates along x, y and z."""
    sides = []
    for axis in range(3):
        u, v = (axis + 1) % 3, (axis + 2) % 3
        for end in (0, -1):
            along_u, along_v = np.meshgrid(coords[u], coords[v])
            vertices = np.empty((along_u.size, 3))
            vertices[:, u], vertices[:, v] = along_u.ravel(), along_v.ravel()
            vertices[:, axis] = coords[axis][end]
            faces = _grid(len(coords[v]), len(coords[u]))
            sides.append((vertices, faces[:, ::-1] if end == 0 else faces))
    return joined(*sides)


def box(x: Number, y: Number, z: Number, cell: Number = 0.12) -> Shape:
    """A box of that size around the origin, its sides cut into cells no longer than `cell` so that light has detail."""
    return _block([np.linspace(-s / 2, s / 2, max(1, int(np.ceil(s / cell))) + 1) for s in (x, y, z)])


def rounded_box(x: Number, y: Number, z: Number, radius: Number, cell: Number = 0.12) -> Shape:
    """A box whose edges are rounded: each point moves to distance `radius` from the box shrunk by it."""
    half = np.array([x, y, z]) / 2
    radius = min(radius, *(half * 0.999))
    coords = []
    for h in half:
        inner = h - radius
        bend = inner + radius * np.tan(np.linspace(0, np.pi / 4, 4)[1:])
        middle = np.linspace(-inner, inner, max(1, int(np.ceil(2 * inner / cell))) + 1)
        coords.append(np.concatenate([-bend[::-1], middle, bend]))
    vertices, faces = _block(coords)
    core = np.clip(vertices, radius - half, half - radius)
    out = vertices - core
    return _merged(core + radius * out / np.linalg.norm(out, axis=-1, keepdims=True), faces)


def _merged(vertices: np.ndarray, faces: np.ndarray) -> Shape:
    """Vertices at one place made one, so that normals run smoothly across them."""
    _, first, inverse = np.unique(vertices.round(6), axis=0, return_index=True, return_inverse=True)
    faces = inverse.reshape(-1)[faces]
    keep = (faces != np.roll(faces, 1, axis=1)).all(1)
    return vertices[first], faces[keep]


def ellipsoid(x: Number, y: Number, z: Number, square: Number = 1.0, rings: int = 10, sections: int = 20) -> Shape:
    """A superellipsoid of that full size around the origin: `square` 1 is an ellipsoid, towards 0 a box."""

    def power(a):
        return np.sign(a) * np.abs(a) ** square

    v, u = np.meshgrid(np.linspace(-np.pi / 2, np.pi / 2, rings + 1), np.linspace(-np.pi, np.pi, sections + 1))
    p = np.stack([power(np.cos(v)) * power(np.cos(u)), np.sin(v) * 1.0, power(np.cos(v)) * power(np.sin(u))], -1)
    vertices = (p * np.array([x, y, z]) / 2).reshape(-1, 3)
    return _merged(vertices, _grid(sections + 1, rings + 1))


def lathe(profile: list[tuple[Number, Number]], sections: int = 24) -> Shape:
    """A profile of (radius, height) turned about z; the outside lies to the right when walking along the profile.

    Where the profile bends by more than 40 degrees an edge stays sharp.
    """
    points = np.array(profile, dtype=float)
    steps = np.diff(points, axis=0)
    heading = np.arctan2(steps[:, 1], steps[:, 0])
    bend = np.abs((np.diff(heading) + np.pi) % (2 * np.pi) - np.pi)
    cuts = [0, *(np.flatnonzero(bend > np.radians(40)) + 1), len(points) - 1]
    angle = np.linspace(0, 2 * np.pi, sections + 1)
    strips = []
    for start, stop in zip(cuts[:-1], cuts[1:], strict=True):
        r, z = points[start : stop + 1].T
        vertices = np.stack(
            [r[:, None] * np.cos(angle), r[:, None] * np.sin(angle), np.broadcast_to(z[:, None], (len(r), len(angle)))],
            axis=-1,
        )
        strips.append(_merged(vertices.reshape(-1, 3), _grid(len(r), len(angle))))
    return joined(*strips)


def cylinder(radius: Number, height: Number, sections: int = 16, cell: Number = 0.15) -> Shape:
    """An upright cylinder that stands on the origin."""
    rise = np.linspace(0, height, max(1, int(np.ceil(height / cell))) + 1)
    return lathe([(0, 0), *((radius, z) for z in rise), (0, height)], sections)


def wavy_sheet(width: Number, height: Number, waves: Number, depth: Number, thickness: Number = 0.02) -> Shape:
    """A hanging cloth across x, its folds towards y; its lower edge at z = 0."""
    x = np.linspace(-width / 2, width / 2, int(waves * 12) + 1)
    fold = depth * np.sin(2 * np.pi * waves * (x / width + 0.5))
    outline = np.concatenate([np.stack([x, fold], -1), np.stack([x, fold + thickness], -1)[::-1]])
    outline = np.concatenate([outline, outline[:1]])
    z = np.linspace(0, height, int(np.ceil(height / 0.12)) + 1)
    vertices = np.concatenate([np.tile(outline, (len(z), 1)), np.repeat(z, len(outline))[:, None]], axis=1)
    return vertices, _grid(len(z), len(outline))


@dataclass(frozen=True, eq=False)
class Part:
    """A shape with a class and a look.

    Attributes:
        vertices: (n, 3) metres. `local` are the same points in the shape's own axes, where its pattern lives.
        label: name of its class, or None: unlabelled.
        colour: sRGB, 0 ... 255. emission: radiance if it shines.
    """

    vertices: np.ndarray
    faces: np.ndarray
    local: np.ndarray
    label: str | None
    colour: tuple[int, int, int]
    pattern: int = 0
    emission: Number = 0.0

    def moved(self, at: Point, turn: Number = 0.0) -> Part:
        """Turned about z by `turn` degrees, then shifted."""
        return replace(self, vertices=self.vertices @ _turn(2, turn).T + np.asarray(at, dtype=float))


def _turn(axis: int, degrees: Number) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    matrix = np.eye(3)
    u, v = (axis + 1) % 3, (axis + 2) % 3
    matrix[u, u], matrix[u, v], matrix[v, u], matrix[v, v] = c, -s, s, c
    return matrix


def part(
    shape: Shape,
    label: str | None,
    colour: tuple[int, int, int],
    at: Point = (0, 0, 0),
    pattern: str = "plain",
    tilt: Number = 0.0,
    lean: Number = 0.0,
    turn: Number = 0.0,
    emission: Number = 0.0,
) -> Part:
    """A shape tilted about x, leant about y, turned about z (degrees, in that order), and shifted to `at`."""
    vertices, faces = shape
    made = Part(vertices, faces, vertices, label, tuple(map(int, colour)), pattern_id(pattern), emission)
    rotation = _turn(1, lean) @ _turn(0, tilt)
    return replace(made, vertices=vertices @ rotation.T).moved(at, turn)


def place(parts: list[Part], at: Point, turn: Number = 0.0) -> list[Part]:
    """All parts of an object turned about z by `turn` degrees, then shifted to `at`."""
    return [p.moved(at, turn) for p in parts]
