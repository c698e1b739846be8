"""Clicks: pixels of training views to which a person has given a class, and their file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.files import write_json
from semnerf_lib.machine.jsons import read_json
from semnerf_lib.scene import Scene


@dataclass(frozen=True)
class Click:
    """One pixel of a training view and its class.

    Attributes:
        frame: position in the scene.
        u, v: column and row.
        label: class id.
    """

    frame: int
    u: int
    v: int
    label: int


Clicks = tuple[Click, ...]
"""In the order in which they were made; of two on one pixel the later one counts."""


def check_click(click: Click, scene: Scene) -> None:
    """Raises SemnerfError unless the click lies in a training view of the scene and names one of its classes."""
    camera = scene.intrinsics
    if click.frame not in scene.train_ids:
        raise SemnerfError(f"click: frame {click.frame}, expected a training view of scene {scene.name}")
    if not (0 <= click.u < camera.width and 0 <= click.v < camera.height):
        raise SemnerfError(f"click: pixel ({click.u}, {click.v}), expected one of {camera.width}x{camera.height}")
    if not 0 <= click.label < scene.n_classes:
        raise SemnerfError(f"click: class {click.label}, expected 0 ... {scene.n_classes - 1}")


def save_clicks(path: Path, scene: Scene, clicks: Sequence[Click]) -> None:
    """Writes clicks as JSON, aside and renamed, with the scene's digest and the names of their classes.

    Raises:
        SemnerfError: the file cannot be written.
    """
    made = [asdict(click) | {"class": scene.class_names[click.label]} for click in clicks]
    write_json(path, {"scene": scene.name, "scene_digest": scene.digest, "clicks": made})


def load_clicks(path: Path, scene: Scene) -> Clicks:
    """Reads what `save_clicks` wrote.

    Raises:
        SemnerfError: missing or damaged; clicks of another scene; a click that this scene cannot have.
    """
    stored = read_json(path)
    try:
        digest, made = stored["scene_digest"], stored["clicks"]
        names = [field.name for field in fields(Click)]
        numbers = [[click[name] for name in names] for click in made]
    except (KeyError, TypeError) as fault:
        raise SemnerfError(f"{path}: {fault} is missing or misplaced, expected clicks kept by save_clicks") from fault
    if digest != scene.digest:
        raise SemnerfError(
            f"{path}: clicks on scene {stored.get('scene')} ({str(digest)[:12]}), expected {scene.name} as it is split "
            f"here ({scene.digest[:12]})"
        )
    if not all(type(number) is int for row in numbers for number in row):
        raise SemnerfError(f"{path}: a click that is not of whole numbers, expected frame, u, v and label")
    clicks = tuple(Click(*row) for row in numbers)
    for click in clicks:
        try:
            check_click(click, scene)
        except SemnerfError as fault:
            raise SemnerfError(f"{path}: {fault}") from fault
    return clicks
