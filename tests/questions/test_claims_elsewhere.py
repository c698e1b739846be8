"""claims_elsewhere.py: the claims judged in each scene, counted over scenes."""

from __future__ import annotations

import pytest
from made_runs import furnished_scene

from semnerf_lib.experiments import plan
from semnerf_lib.questions import claims_elsewhere
from semnerf_lib.questions.claims_elsewhere import (
    CONDITIONS,
    asked,
    cases,
    conclude,
    grouped,
    in_how_many,
    judged,
    over_scenes,
)


def made_rows(leads: dict[str, float], seeds: int = 3) -> list[dict]:
    """Rows of scenes in which labels alone lead labels + RGB by so many points, the same with every labels."""
    rows = []
    for scene, lead in leads.items():
        for text in (text for texts in CONDITIONS.values() for text in texts):
            for seed in range(seeds):
                own = {"scene": scene, "corruption": text, "seed": seed, "depth": 0.1}
                score = 0.6 + 0.001 * seed
                ours = {"miou": score + lead / 100, "train_miou": score + lead / 100 + 0.0001 * seed}
                given = {} if text == "none" else {"input": 0.5, "baseline": 0.9}
                rows.append(own | ours | given | {"supervision": "labels"})
                rows.append(own | {"miou": score, "train_miou": score, "supervision": "labels+rgb"})
    return rows


def test_each_claim_is_asked_at_its_poses_and_none_about_clean_training_labels():
    questions = [(claim.number, statement.relation, str(corruption)) for claim, statement, corruption in asked()]
    assert questions[0] == ("1", "comparable", "none")
    assert {number for number, _, _ in questions} == {"1", "2a", "2b", "3a", "3b", "4a", "4b"}
    texts = {(claim.number, statement.text, str(corruption)) for claim, statement, corruption in asked()}
    assert len(questions) == len(texts) == 13


def test_the_runs_are_those_of_the_experiments(monkeypatch):
    scene = furnished_scene()
    monkeypatch.setattr(claims_elsewhere, "open_scene", lambda spec, scale: scene)
    monkeypatch.setattr(claims_elsewhere, "specs", lambda: {"room": "room"})
    found = {case.planned.id for case in cases()}
    for name in ("label_noise", "super_resolution", "label_propagation"):
        wanted = [
            one for one in plan(name, scene, "laptop") if str(one.config.corruption) in ("none", *CONDITIONS[name])
        ]
        assert {one.id for one in wanted} <= found


@pytest.mark.parametrize(
    ("lead", "as_good", "comparable"), [(5, "supported", "not supported"), (-5, "not supported", "not supported")]
)
def test_a_scene_is_judged_by_the_rules_of_the_verdict(lead, as_good, comparable):
    found = judged(made_rows({"room": lead}))
    by_relation = {(one.claim.number, one.statement.relation): one.verdict for one in found}
    assert by_relation["2b", "as_good"] == as_good and by_relation["1", "comparable"] == comparable
    assert by_relation["4a", "better"] == "not supported"  # than the best baseline, at 90 points
    better = [one for one in found if one.statement.against == "labels as given"]
    assert len(better) == 4 and all(one.found.mean == pytest.approx(10 + lead, abs=0.2) for one in better)


def test_scenes_are_counted_and_a_scene_with_one_seed_is_none():
    rows = made_rows({"room": 5, "bedroom": -5, "kitchen": 0}) + made_rows({"hall": 5}, seeds=1)
    some = grouped(judged(rows))["2b", "as good as labels + RGB", judged(rows)[3].corruption]
    assert [one.scene for one in some] == ["room", "bedroom", "kitchen"]
    assert in_how_many(some) == "in 2 of 3 scenes (not in 1)"
    assert over_scenes(some).mean == pytest.approx(0.01, abs=1e-3)
    assert in_how_many(some[:1]) == "in 1 of 1 scenes"


def test_a_scene_whose_seeds_differ_much_is_inconclusive():
    rows = made_rows({"room": -5, "attic": 0})
    for row in rows:
        if row["scene"] == "attic" and row["supervision"] == "labels":
            row["train_miou"] += 0.05 * (row["seed"] - 1)
    some = grouped(judged(rows))["2b", "as good as labels + RGB", judged(rows)[3].corruption]
    assert in_how_many(some) == "in 0 of 2 scenes (not in 1, 1 inconclusive)"


def test_the_conclusion_counts_every_statement():
    text = conclude(made_rows({"room": 5, "bedroom": -5}))
    assert "From clean labels: comparable to labels + RGB in 0 of 2 scenes (not in 2). From 50 %" in text
    assert text.count("as good as labels + RGB in 1 of 2 scenes (not in 1)") == 4
