"""one_ray: a click traces the ray of the very pixel, a slider asks as it says, and what is told is what was traced."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny import tiny_config

from semnerf_lib import plots
from semnerf_lib.cameras import get_rays
from semnerf_lib.errors import SemnerfError
from semnerf_lib.lessons.tracing import trace_field, trace_model
from semnerf_lib.models import build_model
from semnerf_lib.plots.steps import STEPS
from semnerf_lib.rendering import FieldOutput
from semnerf_lib.widgets.marks import mark_pixel
from semnerf_lib.widgets.one_ray import one_ray, telling_pixel


class Dummy:
    """A trace that keeps what it was asked: a wall 2 m from the origin of the world, of class 1."""

    def __init__(self, n_classes):
        self.asked, self.n_classes = [], n_classes

    def __call__(self, rays_o, rays_d, n_samples, n_importance, density):
        self.asked.append((rays_o, rays_d, n_samples, n_importance, density))

        def field(points, viewdirs):
            sigma = density * torch.where(points.norm(dim=-1) > 2, 30.0, 0.0)
            return FieldOutput(sigma, 9 * torch.eye(self.n_classes)[torch.ones_like(sigma).long()])

        return trace_field(field, 0.1, 6.0)(rays_o, rays_d, n_samples, n_importance)


@pytest.fixture
def dummy(tiny_scene):
    return Dummy(tiny_scene.n_classes)


@pytest.fixture
def lens(tiny_scene, dummy):
    plots.style()
    return one_ray(dummy, tiny_scene, (16, 32), frame=3, pixel=(4, 5)).static.__self__


def test_it_opens_on_the_pixel_asked_for(tiny_scene, dummy, lens):
    rays_o, rays_d = get_rays(tiny_scene.intrinsics, torch.tensor(tiny_scene.c2w[3]).float())
    (o, d, *numbers) = dummy.asked[0]
    assert torch.allclose(o[0], rays_o[5, 4]) and torch.allclose(d[0], rays_d[5, 4])
    assert numbers == [16, 32, 1.0] and len(dummy.asked) == 1


def test_a_click_traces_once_and_shows_another_picture(tiny_scene, dummy, lens):
    before, view = lens.profile.png, lens.view.png
    times = lens.view.size[1] // tiny_scene.intrinsics.width
    lens.view._receive(None, {"kind": "click", "x": (9.5 * times) / (16 * times), "y": 7.5 / 12}, None)
    rays_d = get_rays(tiny_scene.intrinsics, torch.tensor(tiny_scene.c2w[3]).float())[1]
    assert len(dummy.asked) == 2 and torch.allclose(dummy.asked[1][1][0], rays_d[7, 9])
    assert lens.profile.png != before and lens.view.png != view
    assert "pixel (9, 7)" in lens.message.value


def test_a_picture_drawn_again_is_the_one_drawn_first(tiny_scene, dummy, lens):
    lens.width.value, lens.density.value, lens.frame.value = 0.2, 1e-3, 5
    lens.choose(0, 0)
    lens.pick(300, 100)
    lens.first.value, lens.second.value, lens.density.value, lens.width.value, lens.frame.value = 8, 64, 1.0, None, 2
    lens.choose(9, 7)
    fresh = one_ray(dummy, tiny_scene, (8, 64), frame=2, pixel=lens.pixel).static.__self__
    assert lens.profile.png == fresh.profile.png


def test_sliders_change_what_is_asked(dummy, lens):
    lens.first.value, lens.second.value, lens.density.value, lens.frame.value = 64, 8, 0.1, 5
    assert [numbers[2:] for numbers in dummy.asked[1:]] == [(64, 32, 1), (64, 8, 1), (64, 8, 0.1), (64, 8, 0.1)]
    assert not torch.equal(dummy.asked[-1][1], dummy.asked[-2][1])


def test_what_is_told_is_what_was_traced(tiny_scene, lens):
    second, i = lens.passes[1], int(lens.passes[1].weights.argmax())
    assert f"= {second.weights[i]:.4f}" in lens.sum.value and f"sample {i + 1} of 48" in lens.sum.value
    assert f"true: {tiny_scene.depth[3, 5, 4]:.2f} m" in lens.message.value
    assert f"rendered {tiny_scene.class_names[1]}" in lens.message.value


def test_a_click_on_the_ray_picks_the_sample_there(lens):
    z = lens.passes[1].z_vals[10] + 1e-4
    column = lens.panels.axes[-1].transData.transform([[z, 0]])[0, 0]
    lens.pick(int(np.ceil(column)), 100)
    assert abs(lens.picked - 10) <= 1
    lens.pick(0, 0)
    assert lens.picked == 0


def test_a_stretch_of_20_cm_lies_around_where_light_ends(lens):
    lens.width.value = 0.2
    low, high = lens.panels.axes[-1].get_xlim()
    second = lens.passes[1]
    assert high - low == pytest.approx(0.2)
    assert second.weights[(second.z_vals >= low) & (second.z_vals <= high)].sum() > 0.4


def test_the_figure_has_what_a_reader_needs(lens):
    figure = lens.figure()
    titles = [ax.get_title(loc="left") for part in figure.subfigs for ax in part.axes]
    for word in ("first pass", "second pass", "interval", "density", "alpha", "transmittance", "weight", "classes"):
        assert any(title.startswith(word) for title in titles), word
    legends = [text.get_text() for part in figure.subfigs for legend in part.legends for text in legend.get_texts()]
    assert any("true depth" in text and "m" in text for text in legends) and "all other classes" in legends


def test_its_steps_are_rays_of_one_row_with_the_chosen_pixel_among_them(tiny_scene, dummy, lens):
    steps = lens.steps()._repr_mimebundle_()[0][STEPS]
    columns = [int(step["value"]) for step in steps["steps"]]
    assert columns == sorted(set(columns)) and columns[steps["start"]] == 4 and len(columns) > 8
    rays_d = get_rays(tiny_scene.intrinsics, torch.tensor(tiny_scene.c2w[3]).float())[1]
    for u, asked in zip(columns, dummy.asked[1:], strict=True):
        assert torch.allclose(asked[1][0], rays_d[5, u])
    assert steps["control"] == "column of the pixel, in row 5"


def test_the_drawn_samples_are_counted_whether_or_not_the_first_are_among_them(tiny_scene, lens):
    proposed = one_ray(trace_model(build_model(tiny_config(), tiny_scene), tiny_scene), tiny_scene, (12, 8))
    for some, count in ((lens, 32), (proposed.static.__self__, 8)):
        assert some.panels.axes[1].get_title(loc="left").startswith(f"second pass: {count} samples")


def test_a_fault_is_told_and_not_swallowed(tiny_scene, lens):
    def broken(*_):
        raise SemnerfError("weights: gone, expected some")

    lens.trace = broken
    lens.choose(3, 3)
    assert "weights: gone" in lens.message.value


def test_bad_places_are_refused(tiny_scene, dummy):
    with pytest.raises(SemnerfError, match="frame 99"):
        one_ray(dummy, tiny_scene, frame=99)
    with pytest.raises(SemnerfError, match=r"pixel \(16, 0\)"):
        one_ray(dummy, tiny_scene, pixel=(16, 0))


def test_the_first_pixel_has_something_behind_it(tiny_scene):
    u, v = telling_pixel(tiny_scene, 3)
    jumps = np.diff(tiny_scene.depth[3], axis=1)
    assert jumps[v, u] == jumps[2:-2, 2:-2].max()


def test_the_cross_leaves_its_pixel_in_sight():
    image, times = mark_pixel(np.zeros((12, 16), np.uint8), (4, 5), 320)
    assert times == 20 and image.shape == (240, 320, 3)
    assert (image[5 * times + times // 2, 4 * times + times // 2] == (0, 114, 178)).all()
    assert (image == 255).all(-1).any()
