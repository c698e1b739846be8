"""reference.py: scores from elsewhere, written and read back whole; a bad file is named with what is wrong in it."""

from __future__ import annotations

import json

import pytest
from made_runs import furnished_scene, make_run, make_runs

from semnerf_lib.errors import SemnerfError
from semnerf_lib.experiments import plan
from semnerf_lib.labels import Corruption
from semnerf_lib.runs.store import Store
from semnerf_lib.study.published import export_reference, find_references, read_published, read_reference


@pytest.fixture
def file(tmp_path):
    """Reference runs of label propagation, and the runs that they were made from."""
    scene = furnished_scene()
    planned = plan("label_propagation", scene, "smoke")
    runs = make_runs(Store(tmp_path), planned, lambda config: 0.123456789)
    path = tmp_path / "reference" / "tiny-label_propagation.json"
    export_reference(path, "label_propagation", runs, "20 of 200 steps")
    return path, runs


def test_what_is_written_is_read_back(file):
    path, runs = file
    found = read_reference(path)
    assert (found.scene, found.experiment, found.note) == ("tiny", "label_propagation", "20 of 200 steps")
    assert [(run.id, run.config) for run in found.runs] == [(run.id, run.config) for run in runs]
    assert found.runs[0].metrics["miou"] == found.runs[0].train_metrics["per_class_iou"]["chair"] == 0.12346
    assert found.runs[0].provenance["device"] == runs[0].provenance["device"]


def test_is_small_and_a_line_a_run(file):
    path, runs = file
    lines = path.read_text().splitlines()
    assert sum('"config"' in line for line in lines) == len(runs)
    assert path.stat().st_size < 2_000 * len(runs)


def test_a_reference_has_no_weights_to_load(file):
    path, _ = file
    with pytest.raises(SemnerfError, match="expected the weights"):
        read_reference(path).runs[0].load(furnished_scene())


def test_found_by_scene_and_experiment(file):
    path, _ = file
    assert len(find_references("tiny", "label_propagation", path.parent)) == 1
    assert not find_references("tiny", "label_noise", path.parent)
    assert not find_references("room", "label_propagation", path.parent)
    assert not find_references("tiny", "label_propagation", path.parent / "none")


def test_runs_of_two_scenes_are_refused(file, tmp_path):
    path, runs = file
    [planned] = plan("training", furnished_scene(40), "smoke")
    other = make_run(Store(tmp_path / "b"), planned, 0.5)
    object.__setattr__(other, "scene_name", "other")
    with pytest.raises(SemnerfError, match=r"runs on 2 scenes \['other', 'tiny'\], expected runs on one"):
        export_reference(path, "training", [runs[0], other], "")
    with pytest.raises(SemnerfError, match="runs on 0 scenes"):
        export_reference(path, "training", [], "")
    assert len(read_reference(path).runs) == len(runs)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda facts: facts.update(format="other"), "not in the format 'semnerf-reference-1'"),
        (lambda facts: facts.pop("note"), "note = None, expected a str"),
        (lambda facts: facts.update(runs={}), "runs = {}, expected a list"),
        (lambda facts: facts["runs"][1].pop("metrics"), "run 1: metrics is missing"),
        (
            lambda facts: facts["runs"][0]["metrics"].update(miou=61.0),
            "run 0: metrics: miou '61.0', expected a number from 0 to 1",
        ),
        (
            lambda facts: facts["runs"][0]["metrics"].update(seconds_evaluation=[1]),
            r"run 0: metrics: seconds_evaluation '\[1\]', expected a number",
        ),
        (
            lambda facts: facts["runs"][0]["metrics"].update(seconds_training="0.5"),
            "run 0: metrics: seconds_training is no number",
        ),
        (lambda facts: facts["runs"][0].update(provenance="here"), "run 0: provenance is no object"),
        (lambda facts: facts["runs"][0]["provenance"].update(precision=[[1]]), "run 0: provenance: precision is"),
        (lambda facts: facts["runs"][0]["config"].update(wings=2), "run 0: config: unknown key 'wings'"),
    ],
)
def test_a_bad_file_is_named(file, change, said):
    path, _ = file
    facts = json.loads(path.read_text())
    change(facts)
    path.write_text(json.dumps(facts))
    with pytest.raises(SemnerfError, match=said) as fault:
        read_reference(path)
    assert str(path) in str(fault.value) and "\n" not in str(fault.value)


def test_published_cells_are_those_of_the_protocol():
    published = read_published()
    assert "arXiv 2103.15875" in published.source and "Replica" in published.scenes and published.views == "train"
    assert {str(corruption): cells["miou"] for corruption, cells in published.scores.items()} == {
        "super-dense:8": 0.610,
        "super-dense:16": 0.433,
        "super-sparse:8": 0.887,
        "super-sparse:16": 0.800,
    }
    assert set(published.scores[Corruption("super-sparse", 16)]) == {"miou"}


def test_published_scores_stand_beside_labels_as_coarse_in_angle():
    published = read_published()
    assert published.at_width(320) == published
    halved = {str(corruption): cells["miou"] for corruption, cells in published.at_width(160).scores.items()}
    assert halved == {"super-dense:4": 0.610, "super-dense:8": 0.433, "super-sparse:4": 0.887, "super-sparse:8": 0.800}
    assert {str(corruption) for corruption in published.at_width(60).scores} == {"super-dense:3", "super-sparse:3"}


def test_a_published_score_that_cannot_be(tmp_path):
    facts = dict.fromkeys(("source", "model", "scenes", "views", "note"), "x") | {"format": "semnerf-published-1"}
    path = tmp_path / "published.json"
    path.write_text(json.dumps(facts | {"scores": [{"corruption": "none", "miou": 61.0}]}))
    with pytest.raises(SemnerfError, match="expected a corruption and scores between 0 and 1"):
        read_published(path)
