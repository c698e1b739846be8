"""As many classes as one wants for the same objects: classes are merged up a tree, and split down to single objects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from semnerf_lib.errors import SemnerfError

GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "wall": {"wall": ("wall",), "opening": ("window", "door"), "fitting": ("plug", "radiator")},
    "floor": {"floor": ("floor",), "rug": ("rug",)},
    "ceiling": {"ceiling": ("ceiling",), "ceiling-lamp": ("ceiling-lamp",)},
    "furniture": {
        "seat": ("sofa", "armchair", "chair", "stool", "bench", "desk-chair"),
        "table": ("table", "coffee-table", "desk", "nightstand", "island"),
        "storage": ("shelf", "cabinet", "wardrobe", "chest-of-drawers", "tv-stand", "refrigerator", "stove"),
        "bed": ("bed",),
        "container": ("basket", "bin", "crate"),
        "screen": ("screen",),
    },
    "thing": {
        "ware": ("vase", "bowl", "jug", "jar", "bottle", "plate", "cooking-pot"),
        "cloth": ("cushion", "pillow", "towel"),
        "device": ("monitor", "tv-screen", "microwave", "coffee-machine", "speaker", "lamp"),
        "ornament": ("picture", "clock", "mirror", "plant", "book"),
    },
}
"""The tree: 5 classes, their groups, and the usual names of objects. Below a name are the single objects."""
FEWEST = len(GROUPS)
ANCESTORS = {
    name: (root, group) for root, groups in GROUPS.items() for group, names in groups.items() for name in names
}
Path = tuple[str, ...]
"""From one of the 5 classes down to one object."""


def paths_of(names: Sequence[str]) -> list[Path]:
    """The path of each object in the tree, from the usual names of all objects."""
    numbers: Counter[str] = Counter()
    paths = []
    for name in names:
        numbers[name] += 1
        paths.append((*ANCESTORS[name], name, f"{name} {numbers[name]}"))
    return paths


def grouped(names: Sequence[str], n: int) -> tuple[tuple[str, ...], list[int]]:
    """n classes of objects. n + 1 classes are n classes of which one is split in two.

    The class that is split is one of those that reach highest up the tree, and of these the one with most children.
    Its first child leaves it. So rooms with the same kinds of objects have the same classes, however many objects.

    Args:
        names: the usual name of each object.
        n: classes; at least the 5 at the tree's top, at most one an object.

    Returns:
        The names of the classes, and the class of each object.

    Raises:
        SemnerfError: another number of classes.
    """
    paths, order = paths_of(names), list(ANCESTORS)
    sorted_ids = sorted(range(len(paths)), key=lambda i: (order.index(names[i]), i))
    classes = [[i for i in sorted_ids if paths[i][0] == root] for root in GROUPS]
    classes = [members for members in classes if members]
    if not len(classes) <= n <= len(paths):
        raise SemnerfError(f"classes = {n}, expected {len(classes)} to {len(paths)}, the number of labelled objects")
    while len(classes) < n:
        depth, _, which = min(
            (depth, -len({paths[i][depth] for i in members}), position)
            for position, members in enumerate(classes)
            if (depth := _depth(paths, members)) < len(paths[members[0]])
        )
        first = paths[classes[which][0]][depth]
        classes.append([i for i in classes[which] if paths[i][depth] == first])
        classes[which] = [i for i in classes[which] if paths[i][depth] != first]
    of_object = [0] * len(paths)
    for c, members in enumerate(classes):
        for i in members:
            of_object[i] = c
    return tuple(_name(paths, members) for members in classes), of_object


def _depth(paths: list[Path], members: list[int]) -> int:
    """How far the paths of some objects are the same."""
    levels = zip(*(paths[i] for i in members), strict=True)
    return next((depth for depth, level in enumerate(levels) if len(set(level)) > 1), len(paths[0]))


def _name(paths: list[Path], members: list[int]) -> str:
    """The lowest name that all have in common, with "other" before it if not all objects of that name are here."""
    common = paths[members[0]][: _depth(paths, members)]
    if len(common) == len(paths[0]) and sum(path[:-1] == common[:-1] for path in paths) == 1:
        common = common[:-1]
    whole = sum(path[: len(common)] == common for path in paths) == len(members)
    return common[-1] if whole else f"other {common[-1]}"
