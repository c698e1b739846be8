"""corruption_lab: what it shows is, pixel for pixel, what a run of the string that it shows trains on."""

from __future__ import annotations

import io
import re
import shlex
from dataclasses import replace
from html import unescape

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from tiny import tiny_config

from semnerf_lib.corruptions.kinds import KINDS
from semnerf_lib.errors import SemnerfError
from semnerf_lib.labels import Corruption, corrupt
from semnerf_lib.palette import colourise
from semnerf_lib.plots.images import label_picture
from semnerf_lib.scene import Scene
from semnerf_lib.training import Trainer
from semnerf_lib.widgets.corruption_lab import corruption_lab


@pytest.fixture
def scene(tiny_scene) -> Scene:
    """The tiny room with its classes as instances 1 ... 7."""
    instances = np.where(tiny_scene.labels == 255, 0, tiny_scene.labels + 1).astype(np.uint16)
    return replace(tiny_scene, instances=instances)


def lab_of(*arguments, **named):
    return corruption_lab(*arguments, **named).static.__self__


def picture(lab, name):
    return np.asarray(Image.open(io.BytesIO(lab.pictures[name].png)))


def typed(lab) -> dict[str, str]:
    """The options of the command that is there to be copied."""
    command = unescape(re.search(r"<code[^>]*>(.*)</code>", lab.command.value).group(1))
    words = shlex.split(command)
    assert words[:2] == ["semnerf", "train"]
    return dict(zip(words[2::2], words[3::2], strict=True))


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.lab])
def test_what_is_shown_is_what_a_run_of_the_shown_string_learns_from(scene, kind):
    lab = lab_of(scene, frame=5)
    lab.kind.value = kind
    lab.seed.value = 3
    options = typed(lab)
    config = tiny_config(corruption=options["--corruption"], seed=int(options["--seed"]))
    learnt = Trainer(scene, config, torch.device("cpu")).rays.labels.reshape(-1, 12, 16).numpy()
    for frame in (5, 1, 11):
        lab.frame.value = frame
        given = learnt[scene.train_ids.index(frame)]
        assert np.array_equal(picture(lab, "corrupted"), label_picture(given, scene.labels[frame]))
        assert np.array_equal(picture(lab, "clean"), colourise(scene.labels[frame]))


def test_each_change_corrupts_once_and_another_frame_not_at_all(scene):
    asked = []

    def dummy(*arguments):
        asked.append(arguments[1:])
        return corrupt(*arguments)

    lab = lab_of(scene, dummy)
    lab.amount.value = 0.9
    lab.frame.value = scene.train_ids[-1]
    lab.kind.value = "sparse"
    lab.seed.value = 2
    assert asked == [
        (Corruption("pixel-noise", 0.5), 0),
        (Corruption("pixel-noise", 0.9), 0),
        (Corruption("sparse", 0.9), 0),
        (Corruption("sparse", 0.9), 2),
    ]


def test_the_numbers_are_of_the_frame_and_of_all(scene):
    lab = lab_of(scene, kind="sparse", frame=scene.train_ids[0])
    lab.amount.value = 0.5
    assert "5 of 9" in lab.numbers.value and "no</td>" in lab.numbers.value
    lab.frame.value = scene.train_ids[1]
    assert "yes</td>" in lab.numbers.value


def test_the_class_bars_count_pixels(scene):
    lab = lab_of(scene, kind="super-sparse", frame=5)
    had = np.sum(scene.labels[5] == 4)
    left = np.sum(scene.labels[5, ::8, ::8] == 4)
    assert f"{had} → {left}" in lab.classes.value and "floor" in lab.classes.value


def test_objects_are_chosen_only_where_objects_are_struck(scene):
    lab = lab_of(scene)
    assert lab.of.layout.display == "none"
    lab.kind.value = "region-even"
    lab.of.value = "wall x-"
    assert lab.of.layout.display == "" and typed(lab)["--corruption"] == "region-even:0.5:wall x-"


def test_without_instances_no_region_noise_is_offered(tiny_scene):
    lab = lab_of(tiny_scene)
    assert not [kind for kind in lab.kind.options.values() if "region" in kind]
    with pytest.raises(SemnerfError, match="kind 'region-sort'"):
        corruption_lab(tiny_scene, kind="region-sort")


def test_what_cannot_be_done_is_told(scene):
    def broken(*_):
        raise SemnerfError("corruption sparse: 1 of 1 dropped, expected one left")

    lab = lab_of(scene)
    lab.corrupt = broken
    lab.seed.value = 5
    assert "expected one left" in lab.command.value


def test_amounts_fit_the_image(scene):
    lab = lab_of(scene, kind="super-dense")
    assert max(dict(lab.amount.options).values()) == 8


def test_a_test_frame_is_refused(scene):
    with pytest.raises(SemnerfError, match="frame 0, expected a training frame"):
        corruption_lab(scene, frame=scene.test_ids[0])


def test_the_figure_shows_several_kinds(scene):
    figure = lab_of(scene).figure()
    titles = [ax.get_title("left") + ax.get_title() for ax in figure.axes]
    assert sum("labelled" in title for title in titles) == 5 and any("clean" in title for title in titles)
    plt.close(figure)
