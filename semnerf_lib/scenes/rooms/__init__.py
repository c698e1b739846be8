"""The made rooms as data: what is in them and where. Rendering is elsewhere."""

from semnerf_lib.scenes.rooms.bedroom import ROOM as BEDROOM
from semnerf_lib.scenes.rooms.kitchen import ROOM as KITCHEN
from semnerf_lib.scenes.rooms.living import ROOM as LIVING
from semnerf_lib.scenes.rooms.moved import ROOM as MOVED
from semnerf_lib.scenes.rooms.plan import Room

ROOMS: dict[str, Room] = {room.name: room for room in (LIVING, BEDROOM, KITCHEN)}
"""Every made room by its name, the room of the series first."""
CHANGED: dict[str, Room] = {MOVED.name: MOVED}
"""Made rooms after a change, called ROOM-CHANGE: their frames have the poses of ROOM's."""
