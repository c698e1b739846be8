"""Checks of notebook 04: the loss of labelled rays, and why Adam does not hear how loud it is."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from semnerf_lib.losses import semantic_loss
from semnerf_lib.scene import VOID
from semnerf_lib.teaching.checking import Check, Mistake


def rays() -> list[tuple]:
    """Some labelled rays and some void ones; then none labelled."""
    sem_logits = 2 * torch.randn(12, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 3, VOID, 4, 1, VOID, VOID, 2, 2, 0, VOID, 3])
    return [(sem_logits, labels), (sem_logits, torch.full((12,), VOID))]


def _chosen(log_p, labels):
    return log_p.gather(-1, labels[:, None])[:, 0]


def _masked(score, divide=lambda valid: valid.sum().clamp_min(1)):
    """The loss with another score of the labelled rays, or divided by another number."""

    def loss(sem_logits, labels):
        valid = labels != VOID
        return score(sem_logits[valid], labels[valid]) / divide(valid)

    return loss


def _nll(sem_logits, labels, log_p=torch.log_softmax):
    return -_chosen(log_p(sem_logits, -1), labels).sum()


def _as_class(sem_logits, labels, put):
    labels = torch.where(labels == VOID, torch.tensor(put), labels)
    return -_chosen(torch.log_softmax(sem_logits, -1), labels).mean()


def _over_rays(sem_logits, labels):
    valid = labels != VOID
    return -_chosen(torch.log_softmax(sem_logits, 0)[valid], labels[valid]).sum() / valid.sum().clamp_min(1)


check_loss = Check(
    "labelled_loss",
    semantic_loss,
    rays,
    (
        Mistake("VOID counted in the mean: divide by the number of LABELLED rays", _masked(_nll, len)),
        Mistake("without one labelled ray your loss is NaN (0 / 0), and that ruins every weight: make it 0",
                lambda s, t: F.cross_entropy(s, t, ignore_index=VOID)),
        Mistake("VOID was learnt as class 0: leave those rays out", lambda s, t: _as_class(s, t, 0)),
        Mistake("VOID was learnt as the last class: leave those rays out",
                lambda s, t: _as_class(s, t, s.shape[-1] - 1)),
        Mistake("that is the sum; the loss is the mean over the labelled rays", _masked(_nll, lambda valid: 1)),
        Mistake("the sign: a loss falls as the true class becomes likelier, -log p", lambda s, t: -semantic_loss(s, t)),
        Mistake("softmax twice: cross_entropy and log_softmax want logits, not probabilities",
                lambda s, t: semantic_loss(torch.softmax(s, -1), t)),
        Mistake("the logarithm is missing: that is 1 - p, not -log p",
                _masked(lambda s, t: (1 - _chosen(torch.softmax(s, -1), t)).sum())),
        Mistake("the logarithm is missing: that is -p, not -log p",
                _masked(lambda s, t: -_chosen(torch.softmax(s, -1), t).sum())),
        Mistake("the softmax is missing: that is minus the true class's logit, which has no lower end",
                _masked(lambda s, t: -_chosen(s, t).sum())),
        Mistake("that logarithm is to base 2: the loss is in nats (torch.log)",
                lambda s, t: semantic_loss(s, t) / torch.log(torch.tensor(2.0))),
        Mistake("softmax went over the rays; it goes over the classes, the last axis",
                _over_rays),
    ),
    "A batch of void alone costs nothing and breaks nothing.",
)  # fmt: skip


def adam_steps(gradients: Tensor, lr: float, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> Tensor:
    """The right answer: by how much Adam moves a weight at each of a series of gradients [Kingma and Ba 2015]."""
    return _adam(gradients, lr, *betas, eps)


def _adam(gradients, lr, beta1=0.9, beta2=0.999, eps=1e-8, root=True, corrected=True, squared=True, sign=-1.0, first=1):
    m, v, moves = torch.zeros(()), torch.zeros(()), []
    for t, g in enumerate(gradients, start=first):
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * (g**2 if squared else g.abs())
        m_hat, v_hat = (m / (1 - beta1**t), v / (1 - beta2**t)) if corrected else (m, v)
        moves.append(sign * lr * m_hat / ((v_hat.sqrt() if root else v_hat) + eps))
    return torch.stack(moves)


def _wrong_adam(**changes):
    return lambda gradients, lr: _adam(gradients, lr, **changes)


def _first_moments(gradients):
    m, result = torch.zeros(()), []
    for t, g in enumerate(gradients, start=1):
        m = 0.9 * m + 0.1 * g
        result.append(m / (1 - 0.9**t))
    return torch.stack(result)


check_adam = Check(
    "adam_steps",
    lambda gradients, lr: adam_steps(gradients, lr),
    lambda: [(torch.tensor([0.5, -0.2, 0.9, 0.7, -1.5, 0.1]), 0.01), (torch.tensor([0.02, -0.008, 0.036]), 0.1)],
    (
        Mistake("the sign: a step goes against the gradient", _wrong_adam(sign=1.0)),
        Mistake("m and v are not corrected: divide by 1 - beta^t, else the first steps are wrong",
                _wrong_adam(corrected=False)),
        Mistake("the root of v is missing: v is a mean of squares", _wrong_adam(root=False)),
        Mistake("v is the mean of SQUARED gradients, not of their sizes", _wrong_adam(squared=False)),
        Mistake("the betas are swapped: 0.9 belongs to m, 0.999 to v", _wrong_adam(beta1=0.999, beta2=0.9)),
        Mistake("that is gradient descent: divide by the root of v", lambda g, lr: -lr * g),
        Mistake("that is the sign of each gradient: m and v also hold the earlier ones", lambda g, lr: -lr * g.sign()),
        Mistake("t starts at 0 in yours, and the correction with it: the first step is number 1",
                _wrong_adam(first=0)),
        Mistake("that is momentum alone: divide by the root of v", lambda g, lr: -lr * _first_moments(g)),
    ),
    "With all gradients 25 times as large the step stays the same: the weight of a single loss changes nothing.",
)  # fmt: skip
