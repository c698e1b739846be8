"""Who leads and who pays, in tables and in words."""

import numpy as np
import pytest

from semnerf_lib.labels import Corruption
from semnerf_lib.study.contests import Contest, contest_rows, defeats, mean_losses, who_pays

LITTLE, LOT = Corruption("pixel-noise", 0.1), Corruption("pixel-noise", 0.9)
TITLES = {LITTLE: "a little", LOT: "a lot"}


def contest(level, model, scores, rival_scores):
    return Contest(level, model, "filter", scores, rival_scores)


AHEAD = contest(LITTLE, "grid", (0.5, 0.6), (0.4, 0.3))
MIXED = contest(LOT, "grid", (0.5, 0.3), (0.4, 0.4))
BEHIND = contest(LOT, "mlp", (0.3, 0.3), (0.4, 0.5))


def test_a_lead_is_taken_within_each_repeat():
    assert AHEAD.points == pytest.approx([10, 30])
    assert [c.result for c in (AHEAD, MIXED, BEHIND)] == ["ahead", "mixed", "behind"]


def test_a_tie_is_neither():
    assert contest(LITTLE, "grid", (0.5, 0.5), (0.5, 0.4)).result == "mixed"


def test_rows_carry_mean_spread_count_and_result():
    [row] = contest_rows([AHEAD], TITLES)
    assert row == {
        "labels": "a little",
        "model": "grid",
        "against": "filter",
        "lead (points)": "20.0 ± 14.1 (n = 2)",
        "in every repeat": "ahead",
    }


def test_defeats_name_who_is_behind_everywhere_and_where():
    also = contest(LITTLE, "mlp", (0.1,), (0.2,))
    assert defeats([AHEAD, MIXED, BEHIND, also], TITLES, "the filter") == (
        "behind the filter in every repeat:\n  mlp: a lot; a little"
    )
    assert defeats([AHEAD, MIXED], TITLES, "the filter").endswith("no model at any level")


def test_mean_losses_skip_what_a_repeat_does_not_know():
    losses = np.array([[0.1, np.nan, np.nan], [0.3, 0.2, np.nan]])
    assert mean_losses(losses)[:2] == pytest.approx([0.2, 0.2]) and np.isnan(mean_losses(losses)[2])


def test_who_pays_names_the_greatest_losses_and_whether_the_rare_pay():
    losses = np.array([[0.1, 0.5, 0.3, np.nan]])
    told = who_pays(losses, ["wall", "vase", "chair", "door"], np.array([0.7, 0.1, 0.2, 0.0]), most=2)
    assert told.startswith("greatest losses: vase (+0.50 of IoU; 10.00% of the pixels), chair (+0.30 of IoU")
    assert "3 classes: -1.00" in told and "wall" not in told


def test_who_pays_when_all_lose_alike():
    assert "2 classes: +0.00" in who_pays(np.array([[0.2, 0.2]]), ["wall", "vase"], np.array([0.7, 0.3]))
