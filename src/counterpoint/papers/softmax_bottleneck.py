"""The softmax bottleneck: a head of less rank than the language has costs loss, and is said to collapse late."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from counterpoint.evaluation import fit_head, isotropy, spectrum_entropy
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.descend import descend

_RANK = 12
paper = Paper(
    short="SoftmaxBottleneck",
    title="Why do small language models underperform? Studying Language Model Saturation via the Softmax Bottleneck",
    authors="Godey, de la Clergerie and Sagot",
    year=2024,
    identifier="arXiv:2404.07647",
    wing=Wing.EVALUATION,
    implements="Loss against the rank of a head refitted on trained features, and the head's singular spectrum and the "
    "anisotropy of last states through training",
    deviates=f"A made language: logits of 128 words are a map of rank {_RANK} of a hidden state, which a perceptron "
    "sees through a random layer and learns from drawn words. Its least loss is known. Adam with a cosine to 0, one "
    "rate for all sizes, not tuned. Late is from a third of the steps to the end.",
)
claim = Claim(
    statement="Loss bends where a head's rank falls below that of the language, and only models below it see their "
    "heads collapse and their states line up late in training.",
    checks=(
        Better(
            measure="refit_excess",
            side="rank",
            than="full",
            by=-0.02,
            lower=True,
            statement="A refitted head of the language's rank is no worse than one of full rank, by 0.02 nats.",
        ),
        Better(
            measure="refit_excess",
            side="rank",
            than="two_thirds",
            by=0.1,
            lower=True,
            statement="Two thirds of that rank cost 0.1 nats or more.",
        ),
        Better(measure="excess", side="wide", than="narrow", by=0.1, lower=True, statement="As they do in training."),
        Within(measure="collapse", side="narrow", above=0.0, statement="A narrow model's head spectrum falls late."),
        Better(measure="collapse", side="wide", than="narrow", lower=True, statement="By more than a wide one's."),
        Better(
            measure="anisotropy", side="wide", than="narrow", lower=True, statement="Its states are more anisotropic."
        ),
    ),
    minutes=1,
)

_STEPS = {Setting.TINY: 3, Setting.SMALL: 3000, Setting.FULL: 500_000}
_ROWS = {Setting.TINY: 64, Setting.SMALL: 1500, Setting.FULL: 100_000}
_WORDS, _SEEN, _BATCH = 128, 48, 256
_WIDTHS = {"narrow": 6, "wide": 48}
_REFIT = {"full": 48, "rank": _RANK, "two_thirds": 8}


class _Language:
    """Hidden states of as many numbers as the language has rank, and the words that follow them."""

    def __init__(self) -> None:
        self.words_RK = torch.randn(_RANK, _WORDS)
        self.bias_K = torch.randn(_WORDS)
        self.eye_RS = torch.randn(_RANK, _SEEN) / _RANK**0.5

    def draw(self, rows: int) -> tuple[Tensor, Tensor]:
        """What is seen of each state `[N, S]`, and the log probabilities of the next word `[N, K]`."""
        state_NR = torch.randn(rows, _RANK)
        return torch.tanh(state_NR @ self.eye_RS), (state_NR @ self.words_RK + self.bias_K).log_softmax(1)


@dataclass(frozen=True)
class _Learnt:
    """A model after training, and the entropy of its head's spectrum on the way."""

    body: nn.Module
    head: nn.Linear
    entropies: list[float]


def trial(setting: Setting, seed: int) -> Figures:
    """A narrow and a wide model, and heads of three ranks on the wide one's features."""
    steps, rows = _STEPS[setting], _ROWS[setting]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        language = _Language()
        learnt = {name: _learn(language, width, steps) for name, width in _WIDTHS.items()}
        (seen, wanted), (new, expected) = language.draw(rows), language.draw(rows)
    least = float(-(expected.exp() * expected).sum(1).mean())
    found: dict[str, dict[str, float]] = {name: _judged(one, new, expected, least) for name, one in learnt.items()}
    body = learnt["wide"].body
    for name, rank in _REFIT.items():
        head = fit_head(_states(body, seen), _chances(wanted), rank=rank, seed=seed)
        found[name] = {"refit_excess": head.loss(_states(body, new), _chances(expected)) - least}
    return found


def _learn(language: _Language, width: int, steps: int) -> _Learnt:
    body = nn.Sequential(nn.Linear(_SEEN, 128), nn.GELU(), nn.Linear(128, 128), nn.GELU(), nn.Linear(128, width))
    head = nn.Linear(width, _WORDS)
    entropies: list[float] = []

    def step(number: int) -> Tensor:
        if number % max(1, steps // 30) == 0:
            entropies.append(spectrum_entropy(head.weight.detach().numpy()))
        seen, wanted = language.draw(_BATCH)
        words = torch.multinomial(wanted.exp(), 1)[:, 0]
        return nn.functional.cross_entropy(head(body(seen)), words)

    descend(nn.ModuleList([body, head]), step, steps=steps, learning_rate=3e-3)
    return _Learnt(body, head, [*entropies, spectrum_entropy(head.weight.detach().numpy())])


def _judged(learnt: _Learnt, seen: Tensor, expected: Tensor, least: float) -> dict[str, float]:
    """Loss above the least; late fall of the spectrum's entropy from its highest; one less isotropy of states."""
    with torch.no_grad():
        loss = float(-(expected.exp() * learnt.head(learnt.body(seen)).log_softmax(1)).sum(1).mean())
    late = learnt.entropies[len(learnt.entropies) // 3 :]
    return {
        "excess": loss - least,
        "collapse": max(late) - late[-1],
        "anisotropy": 1 - isotropy(_states(learnt.body, seen)).value,
    }


def _states(body: nn.Module, seen: Tensor) -> np.ndarray:
    with torch.no_grad():
        return body(seen).numpy()


def _chances(log_probability_NK: Tensor) -> np.ndarray:
    return log_probability_NK.exp().double().numpy()
