"""The headlines follow the rows: another answer gives another sentence."""

import pytest

from semnerf_lib.machine.jsons import read_json
from semnerf_lib.questions.headlines import HEADLINES
from semnerf_lib.questions.question import ANSWERS
from semnerf_lib.questions.registry import QUESTIONS


def rows_of(name):
    return read_json(ANSWERS / f"{name}.json")["rows"]


def test_every_question_has_one():
    assert list(HEADLINES) == [one.name for one in QUESTIONS]


def raised(rows, key, by, **wanted):
    """The rows with a number raised where it is, in those with the wanted values."""
    hit = [key in row and all(row[k] == v for k, v in wanted.items()) for row in rows]
    assert any(hit)
    return [row | {key: row[key] + by} if hits else row for row, hits in zip(rows, hit, strict=True)]


ALONE, BOTH = {"supervision": "labels"}, {"supervision": "labels+rgb"}
CASES = {
    "scenes_and_classes": ("miou", 0.5, {"classes": 80}, "higher with 80 classes instead of 10 (+34.2 points)"),
    "different_scenes": ("miou", -0.5, ALONE, "labels alone are behind labels + RGB in mIoU"),
    "unlabelled": (
        "chair behind",
        -1,
        {"corruption": "unlabelled:1:chair"},
        "Less of the opacity lies behind the chair",
    ),
    "changed": ("moved detected", -0.5, ALONE, "on 49 to 90 % of what was moved"),
    "repair": ("warm miou 60", -0.5, {}, "behind a new start in mIoU"),
    "small_objects": ("recall 2-4 cm", 0.5, {"variant": "no boundary rays"}, "better with no rays at boundaries"),
    "thin_parts": ("recall 1-3 cm", 0.5, {"frames": 12}, "better with 12 frames instead of 180"),
    "least_annotation": ("miou", -0.5, {"checks": "surely"}, "No point that was checked gives 90 %"),
    "privacy": ("explained", 3, ALONE, "Colours can be guessed"),
    "budget": ("baseline", 1, ALONE | {"times": 8}, "better than the best baseline with 0 of 4 kinds of labels."),
    "network_budget": ("miou", -0.5, ALONE, "labels alone reach mIoU 0.439"),
    "costs": ("megabytes", 1000, BOTH, "times the storage"),
    "claims_elsewhere": ("train_miou", -1, ALONE, "better than the labels that they learn from in 0,"),
    "network_claims": ("train_miou", 1, ALONE, "better than the best baseline: supported with"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_headline_follows_the_rows(name):
    key, by, wanted, then = CASES[name]
    rows = rows_of(name)
    before, after = HEADLINES[name](rows), HEADLINES[name](raised(rows, key, by, **wanted))
    assert then in after and after != before


def test_a_larger_depth_error_is_in_centimetres():
    rows = rows_of("different_scenes")
    worse = [row | {"depth_mae": 9.0 + row["seed"] / 9} if row["supervision"] == "labels" else row for row in rows]
    assert "Their depth error (+857.5 cm) is larger." in HEADLINES["different_scenes"](worse)
