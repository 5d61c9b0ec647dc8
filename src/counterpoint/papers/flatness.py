"""Flatness at equal loss: of models that predict alike, the flatter ones are said to have the better features."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call

from counterpoint.evaluation import hessian_trace, probe_accuracy, rank_correlation, sampled_label_trace
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend

paper = Paper(
    short="FlatAtEqualLoss",
    title="Same Pre-training Loss, Better Downstream: Implicit Bias Matters for Language Models",
    authors="Liu, Xie, Li and Ma",
    year=2022,
    identifier="arXiv:2210.14199",
    wing=Wing.EVALUATION,
    implements="The trace of the Hessian by gradients at sampled labels, of masked models of equal loss, and how a "
    "linear probe reads their frozen features",
    deviates="A made grammar: a hidden class emits 4 tokens of 8 kinds, of which the last is masked; its 512 contexts "
    "and the least loss are known. Perceptrons instead of transformers; Adam with a cosine to 0, where noisy training "
    "draws 256 sequences a step and quiet training sees all contexts with their probabilities. The probe tells the "
    "likeliest class from 60 sequences. Nothing is tuned.",
)
claim = Claim(
    statement="Where masked models have the same loss, a lower trace of the Hessian goes with better probes, and "
    "longer, wider and noisier training reaches flatter models.",
    checks=(
        Within(measure="estimator_error", below=0.1, statement="Sampled labels give the exact trace, within a tenth."),
        Within(measure="largest_excess", below=0.02, statement="All models are within 0.02 nats of the least loss."),
        Within(measure="rank_correlation", below=-0.3, statement="A lower trace goes with a better probe."),
        Better(measure="trace", side="longer", lower=True, statement="Longer training is flatter."),
        Better(measure="trace", side="wider", lower=True, statement="A wider model is flatter."),
        Better(measure="trace", side="noisy", lower=True, statement="Noisier gradients are flatter."),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 2, Setting.SMALL: 1000, Setting.FULL: 200_000}
_CLASSES, _TOKENS, _PLACES = 6, 8, 3
_DRAWS = {Setting.TINY: 1, Setting.SMALL: 5, Setting.FULL: 20}
_PROBED, _JUDGED = 60, 400


@dataclass(frozen=True)
class _Training:
    """What differs between models of equal loss.

    Attributes:
        width: Of both hidden layers.
        longer: How many times as many steps.
        noisy: Steps see drawn sequences, not probabilities.
        learning_rate: Of Adam, at its start.
    """

    width: int = 32
    longer: int = 1
    noisy: bool = False
    learning_rate: float = 3e-3


_SIDES = {
    "baseline": _Training(),
    "longer": _Training(longer=4),
    "wider": _Training(width=128),
    "noisy": _Training(noisy=True),
}
_MORE = tuple(replace(one, learning_rate=1e-2) for one in _SIDES.values())


class _Grammar:
    """All contexts of the masked token with their probabilities, that of every token, and the likeliest class."""

    def __init__(self) -> None:
        emit_HT = (1.5 * torch.randn(_CLASSES, _TOKENS)).softmax(1)
        context_CP = torch.cartesian_prod(*[torch.arange(_TOKENS)] * _PLACES)
        joint_HC = emit_HT[:, context_CP].prod(2) / _CLASSES
        self.probability_C = joint_HC.sum(0)
        posterior_CH = (joint_HC / self.probability_C).T
        self.next_CT = posterior_CH @ emit_HT
        self.class_C = posterior_CH.argmax(1)
        self.inputs_CI = nn.functional.one_hot(context_CP, _TOKENS).flatten(1).float()

    def excess(self, model: nn.Module) -> Tensor:
        """How far the expected loss of a model is above the least."""
        gap_CT = self.next_CT.log() - model(self.inputs_CI).log_softmax(1)
        return self.probability_C @ (self.next_CT * gap_CT).sum(1)

    def draw(self, count: int) -> Tensor:
        """Numbers of contexts."""
        return torch.multinomial(self.probability_C, count, replacement=True)


def trial(setting: Setting, seed: int) -> Figures:
    """Models of equal loss: their traces and what a probe reads off them."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        grammar = _Grammar()
        drawn = [(grammar.draw(_PROBED), grammar.draw(_JUDGED)) for _ in range(_DRAWS[setting])]
        models = [_learn(grammar, one, _STEPS[setting]) for one in (*_SIDES.values(), *_MORE)]
        measured = [_measured(grammar, model, drawn, seed) for model in models]
    traces, probes = ([one[name] for one in measured] for name in ("trace", "probe"))
    method = {
        "estimator_error": _estimator_error(grammar, seed),
        "largest_excess": max(one["excess"] for one in measured),
        "rank_correlation": rank_correlation(traces, probes),
    }
    return {"method": method, **dict(zip(_SIDES, measured, strict=False))}


def _learn(grammar: _Grammar, how: _Training, steps: int) -> nn.Sequential:
    inputs = _TOKENS * _PLACES
    model = nn.Sequential(
        *(nn.Linear(inputs, how.width), nn.ReLU(), nn.Linear(how.width, how.width), nn.ReLU()),
        nn.Linear(how.width, _TOKENS),
    )

    def step(_: int) -> Tensor:
        if not how.noisy:
            return grammar.excess(model)
        contexts = grammar.draw(256)
        tokens = torch.multinomial(grammar.next_CT[contexts], 1)[:, 0]
        return nn.functional.cross_entropy(model(grammar.inputs_CI[contexts]), tokens)

    descend(model, step, steps=how.longer * steps, learning_rate=how.learning_rate)
    return model


def _measured(
    grammar: _Grammar, model: nn.Sequential, drawn: list[tuple[Tensor, Tensor]], seed: int
) -> dict[str, float]:
    """Loss above the least, both estimates of the trace over likely contexts, and mean accuracy of the probe."""
    with torch.no_grad():
        features, classes = model[:-1](grammar.inputs_CI).numpy(), grammar.class_C.numpy()
        excess = float(grammar.excess(model))
    sampled = sampled_label_trace(model, grammar.inputs_CI[drawn[0][1]], samples=4, seed=seed)
    found = [
        probe_accuracy(features[few], classes[few], features[new], classes[new]).value
        for few, new in ((few.numpy(), new.numpy()) for few, new in drawn)
    ]
    return {
        "excess": excess,
        "trace": sampled.value,
        "hutchinson": hessian_trace(grammar.excess(model), list(model.parameters()), seed=seed).value,
        "probe": float(np.mean(found)),
    }


def _estimator_error(grammar: _Grammar, seed: int) -> float:
    """Of the sampled trace against the whole Hessian of a tiny model at its own probabilities, as a share of it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = nn.Sequential(nn.Linear(_TOKENS * _PLACES, 3), nn.Tanh(), nn.Linear(3, _TOKENS)).eval()
    names, parts = zip(*((name, one.detach()) for name, one in model.named_parameters()), strict=True)
    sizes = [one.numel() for one in parts]
    own_CT = model(grammar.inputs_CI).detach().softmax(1)

    def loss(flat: Tensor) -> Tensor:
        moved = {n: one.view_as(like) for n, one, like in zip(names, flat.split(sizes), parts, strict=True)}
        logits_CT = functional_call(model, moved, (grammar.inputs_CI,))
        return -(own_CT * logits_CT.log_softmax(1)).sum(1).mean()

    whole = torch.autograd.functional.hessian(loss, torch.cat([one.flatten() for one in parts]))
    assert isinstance(whole, Tensor)  # one input, one matrix
    exact = float(whole.trace())
    return abs(sampled_label_trace(model, grammar.inputs_CI, samples=8, seed=seed).value - exact) / exact
