"""training: rays, resuming to the bit, interruptions, and damaged checkpoints."""

from __future__ import annotations

import json
import signal
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny import make_tiny_scene, tiny_config
from torch.utils._python_dispatch import TorchDispatchMode

from semnerf_lib import grid, models
from semnerf_lib.errors import SemnerfError
from semnerf_lib.machine.checkpoints import Facts, read_checkpoint, read_step, write_checkpoint
from semnerf_lib.machine.interpolation import trilinear
from semnerf_lib.machine.processes import deferred_interrupt
from semnerf_lib.models import HierarchicalModel
from semnerf_lib.scene import VOID
from semnerf_lib.training import DeadField, Trainer, generators

CPU = torch.device("cpu")
FIELDS = ["grid", "mlp"]


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def one_line(caught) -> str:
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_training_frames_without_a_label_raise(tiny_scene):
    labels = tiny_scene.labels.copy()
    labels[list(tiny_scene.train_ids)] = VOID
    with pytest.raises(SemnerfError, match="scene tiny: no labelled pixel in its 9 training frames") as caught:
        Trainer(replace(tiny_scene, labels=labels), tiny_config(), CPU)
    one_line(caught)


@pytest.mark.parametrize("field", FIELDS)
def test_missing_rgb_raises(tiny_scene, field):
    with pytest.raises(SemnerfError, match=r"scene tiny has no RGB, expected some for supervision 'labels\+rgb'"):
        Trainer(replace(tiny_scene, rgb=None), tiny_config(field, supervision="labels+rgb"), CPU)
    Trainer(replace(tiny_scene, rgb=None, depth=None), tiny_config(field), CPU).step()


@pytest.mark.parametrize("known_bounds", [True, False])
@pytest.mark.parametrize("supervision", ["labels", "labels+rgb"])
@pytest.mark.parametrize("field", FIELDS)
def test_loss_falls(field, supervision, known_bounds):
    scene = make_tiny_scene(known_bounds=known_bounds)
    trainer = Trainer(scene, tiny_config(field, supervision=supervision, iterations=60, lr=1e-2), CPU)
    trainer.train()
    semantic = [entry["semantic"] for entry in trainer.history]
    assert semantic[-1] < 0.9 * semantic[0]
    assert [entry["step"] for entry in trainer.history] == [10, 20, 30, 40, 50, 60]


@pytest.mark.parametrize("supervision", ["labels", "labels+rgb"])
@pytest.mark.parametrize(("field", "sampler"), [("grid", "hierarchical"), ("mlp", "proposal")])
def test_either_field_learns_through_either_sampler(tiny_scene, field, sampler, supervision):
    own = {"width": 32, "position_scale": 2.0, "density_bias": 0.5, "lr": 3e-3} if field == "mlp" else {"lr": 1e-2}
    config = tiny_config(field, sampler=sampler, supervision=supervision, iterations=60, **own)
    trainer = Trainer(tiny_scene, config, CPU)
    assert hasattr(trainer.model, "proposal") == (sampler == "proposal")
    trainer.train()
    assert trainer.history[-1]["semantic"] < 0.9 * trainer.history[0]["semantic"]


def test_pixels_without_a_label_teach_colour_where_the_rays_come_from_any(tiny_scene):
    labels = tiny_scene.labels.copy()
    labels[:, :, 2:] = VOID
    config = tiny_config(supervision="labels+rgb", pixels="any")
    trainer = Trainer(replace(tiny_scene, labels=labels), config, CPU)
    batch = trainer.draw()
    assert 0 < (batch.labels != VOID).sum() < len(batch.labels) / 2 and len(batch.rgb) == config.n_rays
    loss, terms = trainer.step()
    assert loss.isfinite() and terms["photometric"] > 0 and terms["semantic"] > 0


def test_the_learning_rate_rises_over_the_warm_up_and_then_falls_as_without(tiny_scene):
    warm, plain = (Trainer(tiny_scene, tiny_config(warmup_steps=n, lr=0.1), CPU) for n in (4, 0))
    rates = []
    for step in range(6):
        warm.step_count = plain.step_count = step
        rates.append(warm.learning_rate() / plain.learning_rate())
    assert rates == pytest.approx([0.25, 0.5, 0.75, 1, 1, 1])


@pytest.mark.parametrize("field", FIELDS)
def test_every_step_draws_anew_and_a_step_always_the_same(tiny_scene, field):
    trainer = Trainer(tiny_scene, tiny_config(field), CPU)
    losses = []
    for step in (0, 1, 2, 0, 1):  # the weights stay: only the draws differ
        trainer.step_count = step
        losses.append(trainer.loss(trainer.terms(trainer.draw(), trainer.generator)).item())
    assert losses[:2] == losses[3:] and len(set(losses)) == 3


def test_same_seed_same_weights_other_seed_others(tiny_scene):
    a, b, c = (Trainer(tiny_scene, tiny_config(iterations=5, seed=s), CPU) for s in (0, 0, 1))
    torch.rand(7)  # the global generator does not matter
    for trainer in (a, b, c):
        trainer.train()
    assert same(weights(a), weights(b)) and not same(weights(a), weights(c))


@pytest.fixture
def in_micro_batches(monkeypatch):
    """Has the tiny MLP's steps computed 7 rays at a time: each has 32 samples in 3 layers of 16 numbers of 4 bytes."""
    monkeypatch.setitem(models.MICRO_BATCH_BYTES, "cpu", 7 * 3 * 16 * 32 * 4)


@pytest.mark.parametrize("supervision", ["labels", "labels+rgb"])
def test_a_step_in_micro_batches_is_the_step_in_one(tiny_scene, supervision, in_micro_batches, monkeypatch):
    labels = tiny_scene.labels.copy()
    labels[:, ::2] = VOID
    scene = replace(tiny_scene, labels=labels)
    config = tiny_config("mlp", supervision=supervision, colour_rays=30)
    monkeypatch.setattr(HierarchicalModel, "render", without_chance(HierarchicalModel.render))
    split, whole = Trainer(scene, config, CPU), Trainer(scene, config, CPU)
    assert len(split.draw().split(split.model.micro_batch_rays(CPU))) == (14 if supervision == "labels+rgb" else 10)
    got, got_terms = split.step()
    monkeypatch.setitem(models.MICRO_BATCH_BYTES, "cpu", 2**30)
    expected, expected_terms = whole.step()
    torch.testing.assert_close(got, expected, rtol=1e-5, atol=0)
    assert got_terms.keys() == expected_terms.keys()
    torch.testing.assert_close(got_terms, expected_terms, rtol=1e-5, atol=0)
    moments = [[s["exp_avg"] for s in t.optimiser.state_dict()["state"].values()] for t in (split, whole)]
    torch.testing.assert_close(*moments, rtol=1e-3, atol=1e-7)


def without_chance(render):
    return lambda model, rays_o, rays_d, near, far, generator: render(model, rays_o, rays_d, near, far)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_step_in_micro_batches_has_the_same_bits_on_any_number_of_cores(
    tiny_scene, in_micro_batches, cores, precision
):
    ends = []
    for n in (1, 2, 3):
        cores(n)
        trainer = Trainer(tiny_scene, tiny_config("mlp", iterations=3, precision=precision), CPU)
        trainer.train()
        assert torch.get_num_threads() == n
        ends.append(weights(trainer))
    assert same(ends[0], ends[1]) and same(ends[0], ends[2])


@pytest.mark.parametrize("split", [False, True])
def test_gradients_from_before_do_not_enter_a_step(tiny_scene, split, request):
    if split:
        request.getfixturevalue("in_micro_batches")
    clean, stale = (Trainer(tiny_scene, tiny_config("mlp"), CPU) for _ in range(2))
    for parameter in stale.model.parameters():
        parameter.grad = torch.full_like(parameter, 100.0)
    clean.step()
    stale.step()
    assert same(weights(clean), weights(stale))


def test_generators_differ_and_are_the_same_for_the_same_source():
    first, again = (generators(torch.Generator().manual_seed(4), 5) for _ in range(2))
    drawn = [torch.rand(3, generator=g).tolist() for g in first]
    assert drawn == [torch.rand(3, generator=g).tolist() for g in again]
    assert len({tuple(d) for d in drawn}) == 5


def test_micro_batches_draw_samples_of_their_own(tiny_scene, in_micro_batches):
    trainer = Trainer(tiny_scene, tiny_config("mlp"), CPU)
    seen = []
    original = trainer.model.render
    trainer.model.render = lambda *args: seen.append(original(*args)) or seen[-1]
    trainer.step()
    jitters = [first.z_vals[0] for first, _ in seen]
    assert len({tuple(j.tolist()) for j in jitters}) == len(jitters) == 10


@pytest.mark.parametrize("field, split", [("grid", False), ("mlp", False), ("mlp", True)])
@pytest.mark.parametrize("supervision", ["labels", "labels+rgb"])
def test_stopped_anywhere_and_restored_ends_in_the_same_bits(tiny_scene, field, split, supervision, tmp_path, request):
    if split:
        request.getfixturevalue("in_micro_batches")
    config = tiny_config(field, iterations=14, supervision=supervision)
    whole = Trainer(tiny_scene, config, CPU)
    whole.train()
    for stop in (1, 5, 10, 13):
        path = tmp_path / f"{stop}.safetensors"
        first = Trainer(tiny_scene, config, CPU)
        for _ in range(stop):
            first.step()
        first.save(path)
        assert read_step(path) == stop
        second = Trainer(tiny_scene, config, CPU)
        second.restore(path)
        assert same(weights(first), weights(second))
        second.train()
        assert second.step_count == 14 and same(weights(whole), weights(second))
        assert same(load_moments(whole, tmp_path), load_moments(second, tmp_path))


def load_moments(trainer: Trainer, folder) -> dict[str, torch.Tensor]:
    trainer.save(folder / "end.safetensors")
    moments = {k: v for k, v in load_file(folder / "end.safetensors").items() if k.startswith("adam")}
    assert any(k.endswith("exp_avg_sq") for k in moments)
    return moments


def test_history_goes_on_after_a_restart(tiny_scene, tmp_path):
    path = tmp_path / "c.safetensors"
    first = Trainer(tiny_scene, tiny_config(iterations=25), CPU)
    for _ in range(10):
        loss, parts = first.step()
    first._record(loss.item(), parts, None)
    first.save(path)
    second = Trainer(tiny_scene, tiny_config(iterations=25), CPU)
    second.restore(path)
    second.train()
    assert [entry["step"] for entry in second.history] == [10, 20, 25]
    assert second.history[0]["loss"] == loss.item()
    seconds = [entry["seconds"] for entry in second.history]
    assert seconds == sorted(seconds)


def interrupt_at(step: int):
    def step_then_signal(trainer, original=Trainer.step):
        result = original(trainer)
        if trainer.step_count == step:
            signal.raise_signal(signal.SIGINT)
        return result

    return step_then_signal


@pytest.mark.parametrize("field", FIELDS)
def test_ctrl_c_saves_after_the_step_and_the_rest_is_the_same(tiny_scene, field, tmp_path, monkeypatch):
    config, path = tiny_config(field, iterations=14), tmp_path / "c.safetensors"
    whole = Trainer(tiny_scene, config, CPU)
    whole.train()
    handler = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(Trainer, "step", interrupt_at(7))
        Trainer(tiny_scene, config, CPU).train(path)
    assert read_step(path) == 7 and signal.getsignal(signal.SIGINT) is handler
    second = Trainer(tiny_scene, config, CPU)
    second.restore(path)
    second.train(path)
    assert same(weights(whole), weights(second))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_deferred_interrupt_answers_once_it_came(number):
    before = signal.signal(number, signal.default_int_handler)
    try:
        with deferred_interrupt() as interrupted:
            assert not interrupted()
            signal.raise_signal(number)
            assert interrupted()
        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, before)


def poisoned(trainer: Trainer) -> None:
    with torch.no_grad():
        next(iter(trainer.model.parameters())).fill_(torch.nan)


@pytest.mark.parametrize("field", FIELDS)
def test_nan_loss_stops_and_names_the_step_and_the_checkpoint(tiny_scene, field, tmp_path):
    path = tmp_path / "c.safetensors"
    trainer = Trainer(tiny_scene, tiny_config(field), CPU)
    for _ in range(4):
        trainer.step()
    trainer.save(path)
    before = path.read_bytes()
    poisoned(trainer)
    with pytest.raises(
        SemnerfError, match=r"step 5: the loss is nan, .* last good checkpoint is .*, of step 4"
    ) as caught:
        trainer.train(path, checkpoint_seconds=0.0)
    assert str(path) in one_line(caught) and path.read_bytes() == before
    trainer = Trainer(tiny_scene, tiny_config(field), CPU)
    poisoned(trainer)
    with pytest.raises(SemnerfError, match="no checkpoint was written yet"):
        trainer.train(tmp_path / "none.safetensors", checkpoint_seconds=0.0)
    assert not (tmp_path / "none.safetensors").exists()


def test_field_whose_rays_are_all_empty_stops_instead_of_training_on(tiny_scene):
    trainer = Trainer(tiny_scene, tiny_config("mlp", sampler="proposal", iterations=200), CPU)
    with torch.no_grad():
        trainer.model.field.density.bias.fill_(-100.0)
    with pytest.raises(DeadField, match=r"step 50: the field is dead: .* has been 1.946 since step 10") as caught:
        trainer.train()
    assert "density_bias" in one_line(caught)


def test_loss_that_stays_the_same_while_there_is_a_gradient_is_no_dead_field(tiny_scene):
    trainer = Trainer(tiny_scene, tiny_config(), CPU)
    trainer.history = [{"step": step, "semantic": 1.5} for step in range(10, 60, 10)]
    trainer._stop_if_dead()


def test_loss_that_is_0_at_every_step_is_no_dead_field(tiny_scene):
    labels = tiny_scene.labels.copy()
    labels[list(tiny_scene.train_ids)] = 0  # the other classes are in test frames
    trainer = Trainer(replace(tiny_scene, labels=labels), tiny_config("mlp", sampler="proposal", iterations=60), CPU)
    with torch.no_grad():
        trainer.model.field.density.bias.fill_(100.0)
        trainer.model.field.semantic[-1].bias[0] = 1000.0
    trainer.train()
    assert {entry["semantic"] for entry in trainer.history} == {0.0}


def test_ctrl_c_never_overwrites_a_good_checkpoint_with_nan(tiny_scene, tmp_path, monkeypatch):
    path = tmp_path / "c.safetensors"
    trainer = Trainer(tiny_scene, tiny_config(), CPU)
    trainer.save(path)
    before = path.read_bytes()
    interrupted_step = interrupt_at(3)

    def spoilt_step(trainer):
        result = interrupted_step(trainer)
        if trainer.step_count == 3:
            poisoned(trainer)
        return result

    monkeypatch.setattr(Trainer, "step", spoilt_step)
    with pytest.raises(SemnerfError, match="step 3: the loss is .*, a weight is NaN or infinite"):
        trainer.train(path)
    assert path.read_bytes() == before


def test_weights_that_the_last_step_spoilt_are_noticed(tiny_scene, tmp_path, monkeypatch):
    def step(trainer, original=Trainer.step):
        result = original(trainer)
        if trainer.step_count == 30:
            poisoned(trainer)  # as an infinite gradient of a finite loss would
        return result

    monkeypatch.setattr(Trainer, "step", step)
    with pytest.raises(SemnerfError, match="step 30: the loss is .*, a weight is NaN or infinite"):
        Trainer(tiny_scene, tiny_config(), CPU).train(tmp_path / "c.safetensors")


@pytest.fixture
def checkpoint(tiny_scene, tmp_path):
    trainer = Trainer(tiny_scene, tiny_config("mlp"), CPU)
    trainer.step()
    trainer.save(tmp_path / "checkpoint.safetensors")
    return tmp_path / "checkpoint.safetensors"


def cut(path):
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_the_header(path):
    path.write_bytes(path.read_bytes()[:40])


def empty(path):
    path.write_bytes(b"")


def flip_a_bit(path):
    data = bytearray(path.read_bytes())
    data[-50] ^= 64
    path.write_bytes(data)


def no_facts(path):
    save_file(load_file(path), path)


def other_facts(path):
    save_file(load_file(path), path, metadata={"semnerf": "[1, 2]"})


def no_json(path):
    save_file(load_file(path), path, metadata={"semnerf": "{"})


def a_folder(path):
    path.unlink()
    path.mkdir()


def other_fact(key, value):
    def damage(path):
        with safe_open(path, framework="pt") as file:
            facts = json.loads(file.metadata()["semnerf"]) | {key: value}
        save_file(load_file(path), path, metadata={"semnerf": json.dumps(facts)})

    damage.__name__ = f"{key} {value}"
    return damage


FACTS = [("step", x) for x in (0, 3, -1, 31, 1.0, True, "1", None, 10**20, float("nan"))]
FACTS += [("seconds", "1"), ("history", 3), ("history", [{"step": 2}]), ("history", [3]), ("sha256", 5)]


@pytest.mark.parametrize(
    "damage",
    [
        *(other_fact(*fact) for fact in FACTS),
        cut,
        cut_in_the_header,
        empty,
        flip_a_bit,
        no_facts,
        other_facts,
        no_json,
        a_folder,
    ],
    ids=lambda f: f.__name__,
)
def test_damaged_checkpoints_raise_one_line(tiny_scene, checkpoint, damage):
    damage(checkpoint)
    trainer = Trainer(tiny_scene, tiny_config("mlp"), CPU)
    before = weights(trainer)
    with pytest.raises(SemnerfError, match="damaged or cut short") as caught:
        trainer.restore(checkpoint)
    assert one_line(caught).startswith(str(checkpoint))
    assert same(before, weights(trainer)) and trainer.step_count == 0


def test_checkpoint_of_another_model_raises_one_line(tiny_scene, checkpoint):
    for config in (tiny_config("grid"), tiny_config("mlp", width=20)):
        with pytest.raises(SemnerfError, match="its tensors are not this model's") as caught:
            Trainer(tiny_scene, config, CPU).restore(checkpoint)
        one_line(caught)


def test_checkpoint_with_moments_of_another_optimiser_raises_one_line(tiny_scene, checkpoint):
    with safe_open(checkpoint, framework="pt") as file:
        facts = json.loads(file.metadata()["semnerf"])
        tensors = {name.replace("adam.", "adam0."): file.get_tensor(name) for name in file.keys()}
    write_checkpoint(checkpoint, tensors, Facts(*(facts[key] for key in Facts._fields)))
    with pytest.raises(SemnerfError, match="'adam0.*expected model.* or adam") as caught:
        Trainer(tiny_scene, tiny_config("mlp"), CPU).restore(checkpoint)
    one_line(caught)


def test_checkpoint_with_moments_of_another_shape_raises_one_line(tiny_scene, checkpoint):
    tensors, facts = read_checkpoint(checkpoint)
    name = next(name for name in tensors if name.endswith("exp_avg"))
    write_checkpoint(checkpoint, tensors | {name: tensors[name].new_zeros(3, 3)}, facts)
    with pytest.raises(SemnerfError, match="is not of shape") as caught:
        Trainer(tiny_scene, tiny_config("mlp"), CPU).restore(checkpoint)
    one_line(caught)


def test_previews_score_test_frames_and_change_no_weight(tiny_scene):
    plain, previewed = (Trainer(tiny_scene, tiny_config(iterations=20, preview_every=n), CPU) for n in (0, 10))
    plain.train()
    previewed.train()
    assert same(weights(plain), weights(previewed))
    assert [("miou" in e, "depth_mae" in e) for e in previewed.history] == [(True, True)] * 2
    assert "miou" not in plain.history[0]
    calls = []
    Trainer(tiny_scene, tiny_config(iterations=25), CPU).train(on_step=lambda t: calls.append(t.step_count))
    assert calls == [10, 20, 25]


class Waits(TorchDispatchMode):
    """Collects the operations for which the processor would wait for a GPU: those whose result it must look at."""

    def __init__(self):
        super().__init__()
        self.found = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        looks = name in {"_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero"} or "unique" in name
        if looks or (name == "index" and any(i is not None and i.dtype == torch.bool for i in args[1])):
            self.found.append(name)
        return function(*args, **(kwargs or {}))


def test_the_watch_for_waits_sees_one():
    with Waits() as waits:
        x = torch.arange(4.0)
        x[x > 1].sum().item()
    assert waits.found == ["index", "_local_scalar_dense"]


@pytest.mark.parametrize("supervision", ["labels", "labels+rgb"])
@pytest.mark.parametrize("field", FIELDS)
def test_a_gpu_is_never_waited_for_in_a_step(tiny_scene, field, supervision, monkeypatch):
    monkeypatch.setattr(grid, "interpolate", trilinear)  # as on a GPU
    config = tiny_config(field, supervision=supervision, boundary_share=0.5, colour_rays=16, precision="bfloat16")
    trainer = Trainer(tiny_scene, config, CPU)
    trainer.step()
    with Waits() as waits:
        trainer.step()
    assert waits.found == []
