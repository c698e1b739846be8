"""One trainer for every field: rays from labelled pixels, a loss, Adam. A continued run has the same bits.

The draws of a step come from a generator seeded with (seed, step). So a checkpoint is weights, Adam's moments and a
step number, and a run that was stopped and continued ends with the same weights as one that was not.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from semnerf_lib.carving import carve
from semnerf_lib.config import Config
from semnerf_lib.errors import SemnerfError
from semnerf_lib.evaluation import autocast, evaluate
from semnerf_lib.labels import corrupt
from semnerf_lib.losses import photometric_loss, semantic_loss
from semnerf_lib.machine.checkpoints import Facts, read_checkpoint, read_step, write_checkpoint
from semnerf_lib.machine.files import Damaged
from semnerf_lib.machine.gradients import Terms, adam, descend, gradients
from semnerf_lib.machine.memory import keep_freed_memory
from semnerf_lib.machine.processes import deferred_interrupt
from semnerf_lib.machine.progress import Progress
from semnerf_lib.models import build_model
from semnerf_lib.rays import Batch, TrainingRays
from semnerf_lib.scene import Scene

HISTORY_EVERY = 10
"""Steps between entries of the history and looks at the weights (on a GPU at the loss too: a look waits for it)."""
DEAD_ENTRIES = 5
"""Entries of the history with the very same loss, one after the other, after which a field is dead."""
PREVIEW_FRAMES = 4
"""Test frames in a preview's score."""


class DeadField(SemnerfError):
    """No ray meets a density any more, so that nothing is left to learn from."""


class Trainer:
    """A model on its way from the first step to the last.

    Args:
        scene: whose training frames are learnt.
        config: of the run.
        device: where.

    Raises:
        SemnerfError: RGB asked for and not there, no labelled pixel, or a corruption that this scene cannot have.
    """

    def __init__(self, scene: Scene, config: Config, device: torch.device):
        keep_freed_memory()
        self.scene, self.config, self.device = scene, config, device
        self.model = build_model(config, scene).to(device)
        labels = corrupt(scene, config.corruption, config.seed)
        self.rays = TrainingRays(scene, labels, device, config.supervision == "labels+rgb", config.pixels)
        if config.carving:
            carve(self.model.proposal, scene, labels, config.carving)
        self.optimiser = adam(self.model, config.lr)
        self.generator = torch.Generator(device)
        self.step_count, self.seconds, self.history = 0, 0.0, []

    def draw(self) -> Batch:
        """The next step's rays; the generator goes on to the samples along them."""
        c = self.config
        self.generator.manual_seed(c.seed * 1_000_003 + self.step_count)
        return self.rays.draw(c.n_rays, self.generator, round(c.boundary_share * c.n_rays), c.colour_rays)

    def terms(self, rays: Batch, generator: torch.Generator) -> Terms:
        """The terms of the loss of some rays: means over the rays, `semantic` over the labelled ones.

        `photometric` is there with RGB alone; `regularisation` is the model's own (0 for the papers' MLP).
        """
        with autocast(self.device, self.config.precision):
            renderings = self.model.render(rays.rays_o, rays.rays_d, self.scene.near, self.scene.far, generator)
        seen = [r for r in renderings if r.sem_logits is not None]
        terms = {"semantic": sum(semantic_loss(r.sem_logits, rays.labels) for r in seen)}
        if rays.rgb is not None:
            terms["photometric"] = sum(photometric_loss(r.rgb_map, rays.rgb) for r in seen)
        return terms | {"regularisation": self.model.regularisation(renderings, self.scene.far)}

    def loss(self, terms: Terms) -> torch.Tensor:
        """The loss of a step, from its terms.

            L = CE (coarse + fine)                             labels alone [P1]
            L = MSE (coarse + fine) + 0.04 CE (coarse + fine)  with RGB [P2, code]

        plus the model's own regularisation.
        """
        data = terms["semantic"]
        if "photometric" in terms:
            data = terms["photometric"] + self.config.semantic_weight * terms["semantic"]
        return data + terms["regularisation"]

    def gradient(self) -> tuple[torch.Tensor, Terms, Sequence[torch.Tensor]]:
        """The next step's loss, its terms and its gradient; a large step in micro-batches (see `gradients`)."""
        batch = self.draw()
        parts = batch.split(self.model.micro_batch_rays(self.device))
        own = [self.generator] if len(parts) == 1 else generators(self.generator, len(parts))
        micro_batches = [
            (partial(self.terms, rays, generator), rays.shares(batch))
            for rays, generator in zip(parts, own, strict=True)
        ]
        return gradients(self.loss, micro_batches, list(self.model.parameters()))

    def learning_rate(self) -> float:
        """Of the next step: lr * 0.1^(step / lr_decay_steps) [P2, code]; in a warm-up the share of it that was done."""
        c = self.config
        rate = c.lr * 0.1 ** (self.step_count / c.lr_decay_steps)
        return rate * (self.step_count + 1) / c.warmup_steps if self.step_count < c.warmup_steps else rate

    def step(self) -> tuple[torch.Tensor, Terms]:
        """One step of Adam; returns the loss before it and its terms."""
        loss, terms, gradient = self.gradient()
        descend(self.optimiser, gradient, self.learning_rate())
        self.step_count += 1
        return loss, terms

    def train(
        self,
        checkpoint: Path | None = None,
        checkpoint_seconds: float = 30.0,
        on_step: Callable[[Trainer], None] | None = None,
    ) -> None:
        """Steps until the configured number is done.

        Args:
            checkpoint: file that is written every `checkpoint_seconds`, on an interrupt, and after the last step.
            on_step: called after each entry of the history (every 10 steps), for live pictures. It may raise
                KeyboardInterrupt, as a person does with Ctrl-C.

        Raises:
            SemnerfError: the loss or a weight became NaN or infinite; names the step and the last good checkpoint.
            DeadField: every ray is empty, and no gradient is left.
            KeyboardInterrupt: Ctrl-C or `on_step`, after the step under way and a checkpoint.
        """
        start, saved, last = time.perf_counter() - self.seconds, time.monotonic(), self.config.iterations
        title = f"training {self.config.model_name}" + (
            "" if self.config.fold is None else f", fold {self.config.fold}"
        )
        with Progress(title, last, self.step_count) as bar, deferred_interrupt() as interrupted:
            while self.step_count < last:
                loss, terms = self.step()
                if self.device.type == "cpu" and not loss.isfinite():
                    self._stop_unless_finite(loss.item(), checkpoint)
                if self.step_count % HISTORY_EVERY == 0 or self.step_count == last:
                    value = loss.item()  # waits for the device, so that the seconds hold its work
                    self.seconds = time.perf_counter() - start
                    self._record(value, terms, checkpoint)
                    if on_step is not None:
                        try:
                            on_step(self)
                        except KeyboardInterrupt:
                            if checkpoint:
                                self.save(checkpoint)
                            raise
                    bar.update(self.step_count - bar.count, loss=self.history[-1]["loss"])
                    if checkpoint and self.step_count < last and time.monotonic() - saved >= checkpoint_seconds:
                        self.save(checkpoint)
                        saved = time.monotonic()
                    start = time.perf_counter() - self.seconds
                if interrupted():
                    if checkpoint:
                        self._stop_unless_finite(loss.item(), checkpoint)
                        self.save(checkpoint)
                    raise KeyboardInterrupt
        if checkpoint:
            self.save(checkpoint)

    def _stop_unless_finite(self, loss: float, checkpoint: Path | None) -> None:
        # a finite loss can have a gradient that is not, so the weights are looked at too
        if math.isfinite(loss) and all(p.isfinite().all() for p in self.model.parameters()):
            return
        good = "no checkpoint was written yet"
        if checkpoint and checkpoint.exists():
            good = f"the last good checkpoint is {checkpoint}, of step {read_step(checkpoint)}"
        fault = f"the loss is {loss}" + (", a weight is NaN or infinite" if math.isfinite(loss) else "")
        raise SemnerfError(f"step {self.step_count}: {fault}, expected finite numbers; {good}")

    def _stop_if_dead(self) -> None:
        # new rays and yet the same loss: they are empty, and where the next ones have no gradient either it stays so
        last = [entry["semantic"] for entry in self.history[-DEAD_ENTRIES:]]
        if len(last) < DEAD_ENTRIES or len(set(last)) > 1 or last[0] == 0:
            return
        if not any(gradient.any() for gradient in self.gradient()[2]):
            raise DeadField(
                f"step {self.step_count}: the field is dead: each ray is empty, so that the cross-entropy has been "
                f"{last[0]:.4g} since step {self.history[-DEAD_ENTRIES]['step']} and no gradient is left; expected "
                "another seed, or a larger density_bias"
            )

    def _record(self, loss: float, terms: Terms, checkpoint: Path | None) -> None:
        self._stop_unless_finite(loss, checkpoint)
        entry = {"step": self.step_count, "seconds": self.seconds, "loss": loss}
        entry |= {name: term.item() for name, term in terms.items() if name != "regularisation"}
        every = self.config.preview_every
        if every and (self.step_count % every == 0 or self.step_count == self.config.iterations):
            test = self.scene.test_ids
            scores = evaluate(self.model, self.scene, test[:: max(1, len(test) // PREVIEW_FRAMES)][:PREVIEW_FRAMES])
            entry |= {"miou": scores["miou"], "depth_mae": scores["depth_mae"]}
        self.history.append(entry)
        self._stop_if_dead()

    def save(self, path: Path) -> None:
        """Writes weights, Adam's moments, step and history as one safetensors file, aside and renamed."""
        tensors = {f"model.{name}": value for name, value in self.model.state_dict().items()}
        for i, moments in self.optimiser.state_dict()["state"].items():
            tensors |= {f"adam.{i}.{name}": value for name, value in moments.items()}
        tensors = {name: value.detach().cpu().clone() for name, value in tensors.items()}
        write_checkpoint(path, tensors, Facts(self.step_count, self.seconds, self.history))

    def restore(self, path: Path) -> None:
        """Continues from a checkpoint of the same config.

        Raises:
            Damaged: the file is damaged or belongs to another model.
            SemnerfError: the system does not let it be read.
        """
        tensors, facts = read_checkpoint(path, self.config.iterations)
        model, state, parameters = {}, {}, list(self.model.parameters())
        try:
            for name, value in tensors.items():
                kind, rest = name.split(".", 1)
                if kind == "model":
                    model[rest] = value
                elif kind == "adam":
                    i, key = rest.split(".", 1)
                    state.setdefault(int(i), {})[key] = value
                else:
                    raise ValueError(f"{name!r}, expected model.* or adam.*")
            self.model.load_state_dict(model)
            for i, moments in state.items():
                shape = parameters[i].shape
                if any(value.numel() > 1 and value.shape != shape for value in moments.values()):
                    raise ValueError(f"adam.{i} is not of shape {list(shape)}")
            groups = self.optimiser.state_dict()["param_groups"]
            self.optimiser.load_state_dict({"state": state, "param_groups": groups})
        except (RuntimeError, ValueError, KeyError, IndexError) as fault:
            raise Damaged(f"{path}: its tensors are not this model's ({str(fault).splitlines()[0]})") from fault
        self.step_count, self.seconds, self.history = facts


def generators(source: torch.Generator, n: int) -> list[torch.Generator]:
    """`n` generators, each seeded with a number that `source` draws."""
    seeds = torch.randint(2**31, (n,), generator=source, device=source.device)
    return [torch.Generator(source.device).manual_seed(seed) for seed in seeds.tolist()]
