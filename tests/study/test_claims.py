"""claims.py: what is measured for each claim is data that the rest can act on."""

from __future__ import annotations

from made_runs import furnished_scene

from semnerf_lib.experiments import plan
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.study.baselines import baseline_for
from semnerf_lib.study.claims import BEST, CLAIMS, INPUT, MARGIN, WITH_RGB, measured
from semnerf_lib.study.verdicts import PairedComparison


def test_p1s_four_claims_and_its_experiment_without_one():
    assert [claim.number for claim in CLAIMS] == ["1", "2", "3", "4", ""]
    experiments = [claim.experiment for claim in CLAIMS]
    assert experiments == ["view_synthesis", "label_noise", "super_resolution", "label_propagation", "sparse_labels"]
    assert CLAIMS[0].title.startswith("Claim 1: ") and CLAIMS[-1].title.startswith("Sparse labels: ")


def test_every_claim_rests_on_a_comparison_with_the_model_with_rgb_and_none_on_a_simple_baseline():
    for claim in CLAIMS:
        assert [s.against for s in claim.statements if s.claimed].count(WITH_RGB) == 1
        assert [s.claimed for s in claim.statements if s.against == BEST] == [False]
        assert {s.against for s in claim.statements if s.claimed} <= {WITH_RGB, INPUT}


def test_every_statement_can_be_judged():
    found = PairedComparison((1.0, 1.0), 1.0, 1.0, 1.0, 0.95, MARGIN)
    scene = furnished_scene()
    for claim in CLAIMS:
        assert all(getattr(found, statement.relation) == "supported" for statement in claim.statements)
        kinds = {one.config.corruption for one in plan(claim.experiment, scene, "laptop")}
        assert all(baseline_for(corruption) for corruption in kinds - {CLEAN})


def test_region_noise_is_judged_by_the_class_that_it_strikes():
    denoises = CLAIMS[1]
    assert measured(denoises, Corruption("pixel-noise", 0.5)) == "mIoU at training poses"
    assert measured(denoises, Corruption("region-even", 0.5, "chair")) == "IoU of chair at training poses"
    assert measured(CLAIMS[0], CLEAN) == "mIoU at test poses"
