"""A small language model that writes a text sentence by sentence and may be told a plan: a vector for each of them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from counterpoint.experiments.descend import descend


@dataclass(frozen=True, kw_only=True)
class WriterSettings:
    """What a run is made of besides its texts.

    Attributes:
        steps: Optimiser steps.
        batch_size: Sentences a step.
        width: Of the state.
        learning_rate: Of Adam, at its start.
    """

    steps: int
    batch_size: int = 128
    width: int = 64
    learning_rate: float = 1e-2


class Writer(nn.Module):
    """A recurrent network that sees the sentence before, what there is of this one, and the plan of both.

    Args:
        vocabulary: V, how many words there are; one more marks where a sentence begins.
        dim: D, of a plan's vectors.
        width: Of the state.
    """

    def __init__(self, vocabulary: int, dim: int, width: int) -> None:
        super().__init__()
        self.mark = vocabulary
        self.word = nn.Embedding(vocabulary + 1, width // 2)
        self.state = nn.GRU(width // 2 + dim, width, batch_first=True)
        self.next = nn.Linear(width, vocabulary)

    def forward(self, before_NW: Tensor, words_NW: Tensor, plan_N2D: Tensor) -> Tensor:
        """Scores `[N, W + 1, V]` of the first word of a sentence, of the word after each, and of one after the last.

        Args:
            before_NW: The sentence before, int64; marks where there is none.
            words_NW: The words that there are, int64; W may be 0.
            plan_N2D: Vectors of both sentences.
        """
        words = torch.cat([before_NW, torch.full_like(before_NW[:, :1], self.mark), words_NW], dim=1)
        here = (torch.arange(words.shape[1]) >= before_NW.shape[1]).long()
        states, _ = self.state(torch.cat([self.word(words), plan_N2D[:, here]], dim=2))
        return self.next(states[:, before_NW.shape[1] :])

    @torch.no_grad()
    def write(self, plans_NSD: Tensor, *, words: int) -> Tensor:
        """Texts int64 `[N, S, words]`, drawn word by word from torch's global random state.

        Args:
            plans_NSD: A vector for each sentence.
            words: Of each sentence.
        """
        texts = [torch.full((len(plans_NSD), words), self.mark)]
        for sentence in range(plans_NSD.shape[1]):
            plan, done = plans_NSD[:, [max(0, sentence - 1), sentence]], texts[0][:, :0]
            for _ in range(words):
                chance = self(texts[-1], done, plan)[:, -1].softmax(dim=1)
                done = torch.cat([done, torch.multinomial(chance, 1)], dim=1)
            texts.append(done)
        return torch.stack(texts[1:], dim=1)


def learn_to_write(
    words_NSW: Tensor, plans_NSD: Tensor, vocabulary: int, settings: WriterSettings, *, seed: int
) -> Writer:
    """The model after all steps; torch's global random state is left as it was found.

    Args:
        words_NSW: Texts of S sentences of W words, int64.
        plans_NSD: A vector for each sentence; zeros for a writer without a plan.
        vocabulary: How many words there are.
        settings: Sizes and steps.
        seed: Decides weights and batches.
    """
    texts, sentences, _ = words_NSW.shape
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        writer = Writer(vocabulary, plans_NSD.shape[2], settings.width)

        def step(_: int) -> Tensor:
            text, here = torch.randint(texts, (settings.batch_size,)), torch.randint(sentences, (settings.batch_size,))
            last = (here - 1).clamp(min=0)
            before = torch.where((here > 0)[:, None], words_NSW[text, last], writer.mark)
            plan = torch.stack([plans_NSD[text, last], plans_NSD[text, here]], dim=1)
            words = words_NSW[text, here]
            return cross_entropy(writer(before, words[:, :-1], plan).flatten(0, 1), words.flatten())

        descend(writer, step, steps=settings.steps, learning_rate=settings.learning_rate)
    return writer


def bridge_plans(first_ND: Tensor, last_ND: Tensor, *, count: int, points: int) -> Tensor:
    """Brownian bridges between drawn ends, `[count, points, D]`: the plans of Time Control.

    Wang et al., "Language modeling via stochastic processes" (2022), arXiv:2203.11370, Section 3.3. Each end is drawn
    from the Gaussian of the ends given; time runs from 0 to 1, as in the public code, so that the variance at t is
    ``t (1 - t)``. Draws from torch's global random state.

    Args:
        first_ND: Vectors of texts' first sentences.
        last_ND: Those of their last ones.
        count: How many plans.
        points: Of each, two or more.
    """
    start, end = (_like(ends, count) for ends in (first_ND, last_ND))
    plan = [start]
    for left in range(points - 1, 1, -1):  # steps to the end, before this one
        noise = ((left - 1) / (left * (points - 1))) ** 0.5 * torch.randn_like(start)
        plan.append(plan[-1] + (end - plan[-1]) / left + noise)
    return torch.stack([*plan, end], dim=1)


def _like(ends_ND: Tensor, count: int) -> Tensor:
    """As many from the Gaussian of these."""
    spread = torch.linalg.cholesky(torch.cov(ends_ND.T) + 1e-5 * torch.eye(ends_ND.shape[1]))
    return ends_ND.mean(dim=0) + torch.randn(count, ends_ND.shape[1]) @ spread.T
