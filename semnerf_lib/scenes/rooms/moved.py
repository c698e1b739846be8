"""The room of the series some days later: one object moved, one added, one removed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from semnerf_lib.scenes.rooms.living import ROOM as LIVING
from semnerf_lib.scenes.rooms.plan import Room
from semnerf_lib.scenes.rooms.shapes import Part, place

ARMCHAIR, PLANT = (4.30, -2.00, 0.0), (0.90, 0.0, 0.0)
"""Metres by which the armchair and its cushion move, and by which a second plant stands apart from the smaller one."""


def _objects(rng: np.random.Generator) -> list[list[Part]]:
    """The objects of the room in their order, the stool without a part; those that are added come last."""
    objects = LIVING.objects(rng)
    labels = [parts[0].label for parts in objects]
    armchair, stool, pot = labels.index("armchair"), labels.index("stool"), len(labels) - 1 - labels[::-1].index("pot")
    for i in (armchair, armchair + 1):
        objects[i] = place(objects[i], ARMCHAIR)
    objects[stool] = []
    return objects + [place(parts, PLANT) for parts in objects[pot : pot + 2]]


ROOM: Room = replace(LIVING, name="room-moved", objects=_objects)
