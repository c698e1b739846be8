"""claims.py: what is measured for each claim is data that the rest can act on."""

from __future__ import annotations

from made_runs import furnished_scene

from semnerf_lib.experiments import plan
from semnerf_lib.labels import CLEAN, Corruption
from semnerf_lib.study.baselines import baseline_for
from semnerf_lib.study.claims import BEST, CLAIMS, INPUT, MARGIN, WITH_RGB, measured
from semnerf_lib.study.verdicts import PairedComparison


def test_p1s_four_claims_in_two_parts_and_its_experiment_without_one():
    assert [claim.number for claim in CLAIMS] == ["1", "2a", "2b", "3a", "3b", "4a", "4b", ""]
    experiments = list(dict.fromkeys(claim.experiment for claim in CLAIMS))
    assert experiments == ["view_synthesis", "label_noise", "super_resolution", "label_propagation", "sparse_labels"]
    assert CLAIMS[1].title == "Claim 2a: Labels alone denoise" and CLAIMS[-1].title.startswith("Sparse labels: ")
    assert (CLAIMS[2].short, CLAIMS[-1].short) == ("2b denoises as well", "sparse labels")


def test_part_a_rests_on_what_was_given_and_part_b_on_the_model_with_rgb():
    for claim in CLAIMS:
        against = {"a": INPUT, "b": WITH_RGB}.get(claim.number[-1:], WITH_RGB)
        assert [s.against for s in claim.statements if s.claimed] == [against]
        assert not any(s.claimed for s in claim.statements if s.against == BEST or s.beyond_clean)
    assert [claim.number for claim in CLAIMS if claim.ours] == ["2b", "4b", ""]  # P1: super-resolves as well


def test_clean_labels_took_nothing_and_region_noise_is_compared_by_what_it_took():
    by_number = {claim.number: claim for claim in CLAIMS}
    chair = Corruption("region-even", 0.5, "chair")
    assert by_number["2b"].statements_under(CLEAN) == by_number["2a"].statements_under(CLEAN) == []
    assert not any(s.beyond_clean for s in by_number[""].statements_under(CLEAN))
    assert [s.beyond_clean for s in by_number["2b"].statements_under(Corruption("pixel-noise", 0.5))] == [False, True]
    assert [s.beyond_clean for s in by_number["2b"].statements_under(chair)] == [True]
    assert [s.against for s in by_number["2a"].statements_under(chair)] == [INPUT, BEST]
    first = by_number["2a"].statements[0]
    assert by_number["2a"].rests_on(first, Corruption("pixel-noise", 0.5))
    assert not by_number["2a"].rests_on(first, chair)


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
