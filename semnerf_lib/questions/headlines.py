"""The answer to each question in short: a plain sentence or two for README.md. The long one is `Question.conclude`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median

from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.questions import (
    least_annotation,
    more_seeds,
    network_claims,
    privacy,
    scenes_and_classes,
    small_objects,
)
from semnerf_lib.questions.annotation_times import minutes
from semnerf_lib.questions.budget import TIMES
from semnerf_lib.questions.changed import ADDED, AT_STEPS, MOVED, REMOVED
from semnerf_lib.questions.claims_elsewhere import judged, judged_in
from semnerf_lib.questions.costs import LEVELS, SIZES, core_seconds
from semnerf_lib.questions.rows import Row, gap, mean_of, select, supervision_gap
from semnerf_lib.questions.thin_parts import LONGER
from semnerf_lib.questions.unlabelled import NEVER
from semnerf_lib.questions.wording import listed, span, told
from semnerf_lib.study.claims import BEST, INPUT, WITH_RGB
from semnerf_lib.study.verdicts import INCONCLUSIVE, NOT_SUPPORTED, SUPPORTED

AGAINST = {
    INPUT: "better than the labels that they learn from",
    BEST: "better than the best baseline",
    WITH_RGB: "as good as labels + RGB",
}
"""What the statements of claims 2 to 4 say, in the order in which they are told."""


def dials(rows: Sequence[Row]) -> str:
    """What each dial of a room does to mIoU."""
    named = {
        "classes": "{:g} classes instead of {:g}", "objects": "{:g} objects instead of {:g}",
        "size": "a floor of {:g} m² instead of {:g}", "clutter": "clutter {:g} instead of {:g}",
    }  # fmt: skip
    own, at = select(rows, steps=scenes_and_classes.STEPS), vars(scenes_and_classes.BASE)
    gaps = {
        named[dial].format(value, at[dial]): gap(select(own, **at | {dial: value}), select(own, **at), "miou")
        for dial, value in scenes_and_classes.FAR.items()
    }
    return told("mIoU is {word} with {names}", gaps, ("higher", "lower"))


def scenes(rows: Sequence[Row]) -> str:
    """Labels alone beside labels + RGB over scenes."""
    groups = [select(rows, scene=name) for name in dict.fromkeys(row["scene"] for row in rows)]
    words = {"miou": ("ahead of labels + RGB", "behind labels + RGB"), "depth_mae": ("larger", "smaller")}
    miou, depth = (supervision_gap(groups, key) for key in words)
    over = f"In {len(groups)} scenes labels alone are"
    return (
        f"{told(f'{over} {{word}} in {{names}}', {'mIoU': miou}, words['miou'], 'scenes')} "
        f"{told('Their {names} is {word}', {'depth error': depth}, words['depth_mae'], 'scenes', 'cm')}"
    )


def never_labelled(rows: Sequence[Row]) -> str:
    """How empty the place of a class is that was never labelled."""
    clean = select(rows, corruption=str(CLEAN), supervision="labels")
    gaps = {}
    for one in NEVER:
        own = select(rows, corruption=str(one), supervision="labels")
        gaps[f"the {one.class_name}"] = gap(own, clean, f"{one.class_name} behind")
    found = told("{word} of the opacity lies behind {names} than with labels", gaps, ("More", "Less"))
    return f"What is never labelled is rendered as its neighbours. {found}"


def changed(rows: Sequence[Row]) -> str:
    """How much of a change the labels of new frames find."""
    own = select(rows, supervision="labels")
    found = [100 * mean_of(own, f"{kind} detected") for kind in (MOVED, ADDED, REMOVED)]
    return (
        f"The labels of new frames find the change: they disagree with the field on {span(found)} % of what was moved, "
        f"added or removed, and on {100 * mean_of(own, 'false alarms'):.1f} % of what stayed."
    )


def repair(rows: Sequence[Row]) -> str:
    """What training on from the old field gains after the last step."""
    gaps = {}
    for key, title in {"miou": "mIoU", "right": "the changed pixels"}.items():
        ends = ([row | {"score": row[f"{start} {key} {AT_STEPS[-1]}"]} for row in rows] for start in ("warm", "cold"))
        gaps[title] = gap(*ends, "score")
    return told("Training on from the old field is {word} a new start in {names}", gaps, ("ahead of", "behind"))


def widths(rows: Sequence[Row]) -> str:
    """Recall of thin and of wide things, and what changes it for the thin ones."""
    cm = small_objects.WIDTHS_CM
    thin, wide = (f"recall {small_objects.group_name(cm, k, 'cm')}" for k in (1, len(cm) - 2))
    clean = select(rows, variant="rays drawn evenly", frames=180, factor=1)
    alone, both = (select(clean, supervision=one) for one in ("labels", "labels+rgb"))
    preset, without = (select(rows, variant=name) for name in ("the preset", "no boundary rays"))
    gaps = {
        "RGB": gap([row | {"supervision": "labels"} for row in both], alone, thin),
        "no rays at boundaries": gap(without, preset, thin),
    }
    return (
        f"Of things {cm[1]:g} to {cm[2]:g} cm wide {100 * mean_of(alone, thin):.0f} % of the pixels are right, of "
        f"wider ones than {cm[-2]:g} cm {100 * mean_of(alone, wide):.0f} %. "
        f"{told('Thin ones get {word} with {names}', gaps, ('better', 'worse'))}"
    )


def thin_parts(rows: Sequence[Row]) -> str:
    """What things of 1 to 3 cm need."""
    key, alone, base = "recall 1-3 cm", select(rows, supervision="labels"), {"width": 160, "frames": 180, "times": 1}
    changes = {
        "12 frames instead of 180": {"frames": 12}, "images 320 wide instead of 160": {"width": 320},
        f"{LONGER} times the steps": {"times": LONGER},
    }  # fmt: skip
    own = select(alone, **base)
    gaps = {name: gap(select(alone, **base | change), own, key) for name, change in changes.items()}
    return (
        f"Of things 1 to 3 cm wide {100 * mean_of(own, key):.0f} % of the pixels are right. "
        f"{told('It gets {word} with {names}', gaps, ('better', 'worse'))}"
    )


def annotation(rows: Sequence[Row]) -> str:
    """What the cheapest checked point costs at which every run reaches 90 % of the score of complete labels."""
    alone = select(rows, supervision="labels")
    whole = [row for row in select(alone, checks="") if row["pixels"] == 1]
    target, reached = 0.9 * mean_of(whole, "miou"), []
    for checked in least_annotation.CHECKED:
        runs = select(alone, checks=checked)
        if all(row["miou"] >= target for row in runs):
            reached.append((fmean(map(minutes, runs)), len(runs)))
    least = "No point that was checked gives 90 % of the mIoU of complete labels in all its runs"
    if reached:
        needed, n = min(reached)
        least = f"{needed:,.0f} minutes of a person's work give 90 % of the mIoU of complete labels in {n} of {n} runs"
    return f"{least}. Complete labels take {minutes(whole[0]):,.0f} minutes."


def given_away(rows: Sequence[Row]) -> str:
    """Whether colours can be guessed, and how often a camera is found by labels alone."""
    alone = select(rows, supervision="labels")
    guessed = "can" if max(row["explained"] for row in alone) > 0 else "cannot"
    parts = []
    for start in privacy.STARTS:
        ends = [end for row in alone for end in row["found by labels"] if tuple(end[:2]) == start]
        found = sum(metres < privacy.STARTS[0][0] and degrees < privacy.STARTS[0][1] for *_, metres, degrees in ends)
        parts.append(f"{found} of {len(ends)} cameras that are {100 * start[0]:.0f} cm and {start[1]:.0f} degrees off")
    return f"Colours {guessed} be guessed from a field of labels alone. Its labels find {listed(parts)}."


def longer(rows: Sequence[Row]) -> str:
    """With which labels the longest run of labels alone ends above the best baseline and behind labels + RGB."""
    last = select(rows, times=TIMES[-1], seed=0)
    alone, both = (
        {row["corruption"]: row for row in select(last, supervision=one)} for one in ("labels", "labels+rgb")
    )
    title = {text: Corruption.parse(text).title for text in alone}
    above = [title[text] for text, row in alone.items() if row["train_miou"] > row["baseline"]]
    ahead = [round(100 * (both[text]["train_miou"] - row["train_miou"])) for text, row in alone.items()]
    return (
        f"After {TIMES[-1]} times the steps labels alone are better than the best baseline with "
        f"{len(above)} of {len(alone)} kinds of labels{f' ({listed(above)})' if above else ''}. "
        f"Labels + RGB are ahead of labels alone by {span(ahead)} points (one seed)."
    )


def networks(rows: Sequence[Row]) -> str:
    """What the papers' networks reach at reference scale."""
    step = max(point[0] for row in rows for point in row["curve"])
    names = {"labels": "labels alone", "labels+rgb": "labels + RGB"}
    parts = [
        f"{names[row['supervision']]} reach mIoU {row['miou']:.3f} and a depth error of {row['depth_mae']:.2f} m"
        for row in rows
    ]
    return f"After {step:,} steps on clean labels, {'; '.join(parts)} (one seed)."


def without_rgb(rows: Sequence[Row]) -> str:
    """What a grid with RGB costs over one of labels alone; medians of seeds."""
    alone, both = (select(rows, field="grid", supervision=one) for one in ("labels", "labels+rgb"))
    ratio = {key: median(row[key] for row in both) / median(row[key] for row in alone) for key in SIZES}
    level = LEVELS["miou"][-1]
    times = [[core_seconds(row, "miou", level) for row in some] for some in (alone, both)]
    words = ["not all runs get there" if None in some else f"{median(some):.0f} s" for some in times]
    return (
        f"With RGB a step takes {ratio['step_seconds']:.2f} times as long and a view {ratio['view_seconds']:.2f} "
        f"times, and a run needs {ratio['megabytes']:.2f} times the storage. To mIoU {level:g} on one core: labels "
        f"alone {words[0]}, labels + RGB {words[1]}."
    )


def ten_seeds(rows: Sequence[Row]) -> str:
    """What becomes of the statements that three seeds left open, and which claims that refutes."""
    found = more_seeds.left_open(rows)
    said = [one.verdict for one in found]
    words = {SUPPORTED: "hold", NOT_SUPPORTED: "do not", INCONCLUSIVE: "stay open"}
    parts = [f"{said.count(verdict)} {word}" for verdict, word in words.items() if verdict in said]
    refuted = [
        f" Claim {one.claim.number} is not supported then: {one.corruption.title}, {one.found.in_points} points."
        for one in found
        if one.verdict == NOT_SUPPORTED and one.claim.number and one.claim.rests_on(one.statement, one.corruption)
    ]
    return f"Of {len(said)} statements that three seeds left open, with ten {listed(parts)}.{''.join(refuted)}"


def elsewhere(rows: Sequence[Row]) -> str:
    """In how many scenes the statements hold: the least and the most over the kinds of labels."""
    found = judged(rows)
    n_scenes = len({one.scene for one in found})
    held: dict[str, dict[str, int]] = {}
    for one in found:
        relation = AGAINST[one.statement.against] if one.statement.relation != "comparable" else "comparable"
        of_kind = held.setdefault(relation, {})
        of_kind[one.corruption.title] = of_kind.get(one.corruption.title, 0) + (one.verdict == SUPPORTED)
    parts = [f"{text} in {span(list(held[text].values()))}" for text in AGAINST.values()]
    return (
        f"Of {n_scenes} scenes: on clean labels, labels alone are comparable to labels + RGB in "
        f"{span(list(held['comparable'].values()))}. On poor labels they are {listed(parts)}: it depends on the "
        "kind of labels."
    )


def poor_labels(rows: Sequence[Row]) -> str:
    """With how many kinds of labels each statement of claims 2 to 4 has which verdict, for the papers' networks."""
    verdicts: dict[str, dict[str, int]] = {}
    for one in judged_in(network_claims.SCENE, rows):
        counts = verdicts.setdefault(AGAINST[one.statement.against], {})
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    parts = [
        f"{text}: {listed([f'{verdict} with {n}' for verdict, n in verdicts[text].items()])}"
        for text in AGAINST.values()
    ]
    n = sum(verdicts[AGAINST[INPUT]].values())
    return f"With the papers' networks and {n} kinds of poor labels, labels alone are {'; '.join(parts)}."


HEADLINES: dict[str, Callable[[Sequence[Row]], str]] = {
    "scenes_and_classes": dials,
    "different_scenes": scenes,
    "unlabelled": never_labelled,
    "changed": changed,
    "repair": repair,
    "small_objects": widths,
    "thin_parts": thin_parts,
    "least_annotation": annotation,
    "privacy": given_away,
    "budget": longer,
    "network_budget": networks,
    "costs": without_rgb,
    "more_seeds": ten_seeds,
    "claims_elsewhere": elsewhere,
    "network_claims": poor_labels,
}
"""By the name of the question."""
