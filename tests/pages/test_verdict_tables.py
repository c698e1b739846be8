"""verdict_tables.py: the same rows as cells, CSV and LaTeX."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_runs import furnished_scene, make_run, make_runs

from semnerf_lib.experiments import plan
from semnerf_lib.pages.templating import badge_table
from semnerf_lib.pages.verdict_tables import (
    cost_lines,
    details,
    interval,
    overview,
    ratios,
    scene_lines,
    tally,
)
from semnerf_lib.runs.store import Store
from semnerf_lib.study.claims import CLAIMS, WITH_RGB
from semnerf_lib.study.judging import judge
from semnerf_lib.study.published import Reference, read_published
from semnerf_lib.study.verdicts import NOT_SUPPORTED, SUPPORTED, PairedComparison, compare_seeds

pytestmark = pytest.mark.usefixtures("nothing_learnt")


@pytest.fixture(scope="module")
def scene():
    return furnished_scene()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return Store(tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def rows(scene, store):
    """Claims 1 and 3 are run, with a lead of 0.1 points for RGB; the rest is not."""
    for name in ("view_synthesis", "super_resolution"):
        make_runs(store, plan(name, scene, "laptop"), lambda c: 0.9 + 0.001 * (c.supervision == WITH_RGB))
    return judge(scene, "laptop", store)


def test_overview_tells_each_claim_once(rows):
    lines = overview(rows)
    told = ["supported (n = 5)", *["not run"] * 2, *["supported (n = 3)"] * 2, *["not run"] * 3]
    assert [line["verdict"] for line in lines] == told
    assert lines[3]["it rests on"] == "better than the coarse labels as given: 4 of 4"
    assert lines[3]["beside it"] == "better than the best baseline: 4 of 4"
    assert lines[4]["it rests on"] == "as good as labels + RGB: 4 of 4"
    assert lines[4]["beside it"] == "hurt no more than labels + RGB: 4 of 4"
    assert lines[5]["it rests on"].startswith("better than the partial labels: 0 of 4, 4 not run")


def test_region_noise_stands_beside_with_its_class(rows):
    line = overview(rows)[2]
    assert line["it rests on"] == "as good as labels + RGB: 0 of 2, 2 not run"
    beside = "hurt no more than labels + RGB: 0 of 2, 2 not run"
    assert line["beside it"] == f"{beside}; chair, {beside}"


def test_tally_counts_what_held_among_all(rows):
    sparse = [row for row in rows if row.claim == CLAIMS[-1] and row.decides]
    # with all labels, the runs are those of claim 3's clean ones
    assert tally(sparse) == "1 of 5, 4 not run"


def test_what_is_refuted_alone_and_not_after_the_correction_is_told(rows):
    """One of four statements is barely refuted."""
    four = [row for row in rows if row.claim == CLAIMS[4] and row.decides]
    barely = replace(four[0], comparison=compare_seeds([-3.0, -3.4, -3.7], [0.0] * 3, 2.0), verdict=NOT_SUPPORTED)
    assert tally([barely, *four[1:]]) == "3 of 4, 1 not supported (0 after Holm's correction)"
    assert details([barely, *four[1:]])[0]["verdict"] == "not supported (not after Holm's correction)"
    assert tally([barely]) == "0 of 1, 1 not supported" and details([barely])[0]["verdict"] == NOT_SUPPORTED


def test_details_tell_both_sides_in_points(rows):
    [first, second] = details([row for row in rows if row.claim == CLAIMS[0]])
    assert first["scores"] == "90.0 ± 0.0 / 90.1 ± 0.0"
    assert second["labels alone are"] == "better than the best baseline (labels voted in 3D)"
    assert first["difference (95 %)"] == "−0.1 (−0.1 to −0.1)"
    assert (first["n"], first["verdict"], first["depth error (m)"]) == ("5 folds", SUPPORTED, "0.100 / 0.100")
    assert (first["could decide"], first["nothing learnt (m)"]) == ("100 %", "0.432")
    [missing, *_] = details([row for row in rows if row.claim == CLAIMS[1]])
    assert (missing["n"], missing["scores"], missing["verdict"]) == ("0 of 3 runs", "–", "not run")
    assert missing["could decide"] == "–"


def test_what_the_corruption_took_has_a_sign(rows):
    [row] = [row for row in rows if row.claim == CLAIMS[4] and row.statement.beyond_clean][:1]
    row = replace(row, a=replace(row.a, clean=(93.0, 92.0, 91.0)))
    assert details([row])[0]["scores"].startswith("−2.0 ± 1.0 / ")


def test_published_and_reference_scores_have_columns_of_their_own(rows, scene, store):
    own = [row for row in rows if row.claim in CLAIMS[3:5]]
    lines = details(own, published=read_published())
    [column] = set(lines[0]) - set(details(own)[0])
    assert "published" in column and "other scenes" in column
    cells = {(line["labels"], line["labels alone are"]): line[column] for line in lines}
    assert cells["labels at 1/8, dense", "as good as labels + RGB"] == "61.0"
    assert cells["labels at 1/8, dense", "better than the coarse labels as given"] == "–"
    assert set(details([row for row in rows if row.claim == CLAIMS[0]], published=read_published())[0]) == set(
        lines[0]
    ) - {column}
    runs = make_runs(Store(store.root / "far"), plan("super_resolution", scene, "laptop"), lambda c: 0.8)
    as_well = [row for row in own if row.claim == CLAIMS[4]]
    lines = details(as_well, [Reference(scene.name, "super_resolution", "", tuple(runs))])
    assert [line["reference runs"] for line in lines[:2]] == ["+0.0 (+0.0 to +0.0), supported"] * 2
    assert [line["reference runs"] for line in details(own, [Reference("x", "y", "", tuple(runs))])[:2]] == ["–", "–"]


def test_interval_has_true_minus_signs():
    assert interval(PairedComparison((), -0.52, -1.11, 0.12, 0.95, 2.0)) == "−0.5 (−1.1 to +0.1)"
    assert interval(None) == "–"


def test_scenes_and_costs(rows, scene, store):
    [line] = scene_lines([(scene, rows)])
    assert line == {"scene": "tiny", "classes": "7"} | {
        claim.short: o["verdict"].partition(" (")[0] for claim, o in zip(CLAIMS, overview(rows), strict=True)
    }
    *models, ratio = cost_lines(scene, "laptop", store)
    assert [m["model"] for m in models] == ["grid, labels only", "grid, labels + RGB"]
    assert models[0]["a step (ms)"] == "20.0 (20.0 to 20.0)" and ratio["a step (ms)"] == "1.00 (1.00 to 1.00)"
    assert cost_lines(scene, "smoke", store) == []


def costly_runs(store, scene, device_type="cpu"):
    """Five folds a supervision, 20 ms a step and twice that with RGB, there fold 4 on another device."""
    runs = {}
    for planned in plan("view_synthesis", scene, "laptop"):
        config = planned.config
        rgb = config.supervision == WITH_RGB
        facts = {"seconds_a_step": 0.02 * (1 + rgb) * (1 + config.fold / 10), "parameters": 1000 + rgb}
        device = "two" if rgb and config.fold == 4 else "one"
        run = make_run(store, planned, 0.9, device, device_type=device_type, peak_memory_gib=2.5, **facts)
        runs.setdefault(config.supervision, []).append(run)
    return runs.values()


def test_costs_are_medians_and_compared_fold_by_fold_on_one_device(scene, tmp_path):
    a, b = costly_runs(Store(tmp_path), scene)
    assert ratios(a, b, "seconds_a_step") == pytest.approx([0.5] * 4) and ratios(a, [], "seconds_a_step") == []
    own, rgb, ratio = cost_lines(scene, "laptop", Store(tmp_path))
    assert (own["runs"], own["parameters"], own["a step (ms)"]) == ("5", "1,000", "24.0 (20.0 to 28.0)")
    assert (own["device"], rgb["device"]) == ("one", "one, two")
    assert (ratio["parameters"], ratio["a step (ms)"]) == ("0.999", "0.50 (0.50 to 0.50)")


def test_peak_memory_counts_only_where_it_is_that_of_one_run(scene, tmp_path):
    costly_runs(Store(tmp_path / "cpu"), scene)
    assert {line["peak memory (GiB)"] for line in cost_lines(scene, "laptop", Store(tmp_path / "cpu"))} == {"–"}
    costly_runs(Store(tmp_path / "gpu"), scene, "cuda")
    own, _, ratio = cost_lines(scene, "laptop", Store(tmp_path / "gpu"))
    assert own["peak memory (GiB)"] == "2.50 (2.50 to 2.50)" and ratio["peak memory (GiB)"] == "1.00 (1.00 to 1.00)"


def test_a_badge_table_has_badges_as_html_and_words_as_text(rows):
    table = badge_table(overview(rows), "caption <1>")
    assert table.html.count("border-radius") == len(CLAIMS) and "caption &lt;1&gt;" in table.html
    assert "supported" in table.text and "<" not in table.text.replace("caption <1>", "")
