"""GRACE: a policy writes a rationale for a text, and contrast between embeddings is its reward, not a loss."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from counterpoint.data.sets import banking77
from counterpoint.evaluation import fit_tfidf, knn_accuracy_leave_one_out
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.methods.policy import policy_loss

paper = Paper(
    short="GRACE-contrastive-policy",
    title="GRACE: Generative Representation Learning via Contrastive Policy Optimization",
    authors="Sun and others",
    year=2025,
    identifier="arXiv:2510.04506",
    wing=Wing.TEXT,
    implements="embeddings pooled over a text and a sampled rationale, the similarity to a positive less that to "
    "negatives as the reward, and group-relative policy gradients with a cost of leaving the first policy",
    deviates="A toy in place of a language model: the rationale is 4 of the 300 most frequent words, drawn from a "
    "softmax that is linear in the text's vector of latent semantic analysis; at first it names words like the text. "
    "Vectors of words are frozen. Questions to a bank (Banking77), the positive has the same intent and 31 others are "
    "negatives. Consistency and hard negatives in the reward are left out; that generation stays intact is not asked.",
)
claim = Claim(
    statement="A contrastive reward makes rationales whose embeddings retrieve better.",
    checks=(
        Better(measure="accuracy", statement="Unseen questions find more of their own intent than at first."),
        Better(measure="reward", statement="Their mean reward rises."),
        Better(measure="accuracy", than="shuffled", statement="Rewards of other samples of the group teach less."),
    ),
    minutes=4,
    seeds=10,
)

_SIZES = {Setting.TINY: (120, 80, 2), Setting.SMALL: (3000, 1000, 400), Setting.FULL: (10_003, 3080, 5000)}
DIM, WORDS, LENGTH, GROUP, STAY = 64, 300, 4, 8, 0.01


@dataclass(frozen=True, eq=False)
class Texts:
    """Unit vectors `[N, D]` and intents int64 `[N]`."""

    vectors: Tensor
    intents: Tensor


class Policy(nn.Module):
    """Words of a rationale are drawn independently: ``softmax(W x . e_k / 0.1)`` over words k; W is learnt from 1."""

    def __init__(self, words_KD: Tensor) -> None:
        super().__init__()
        self.words = words_KD
        self.turn = nn.Parameter(torch.eye(words_KD.shape[1]))

    def log_shares(self, vectors_ND: Tensor) -> Tensor:
        """Of every word, `[N, K]`."""
        return (vectors_ND @ self.turn.T @ self.words.T / 0.1).log_softmax(1)

    def embedded(self, vectors: Tensor, chosen: Tensor) -> Tensor:
        """Text and rationale pooled: unit rows `[..., D]` of texts `[..., D]` and words `[..., LENGTH]`."""
        return normalize(vectors + self.words[chosen].mean(-2), dim=-1)

    def best(self, vectors_ND: Tensor) -> Tensor:
        """With each text's likeliest words, `[N, D]`."""
        return self.embedded(vectors_ND, self.log_shares(vectors_ND).topk(LENGTH, dim=1).indices)


def trial(setting: Setting, seed: int) -> Figures:
    """The policy at first, after learning from rewards, and from rewards that are shuffled within each group."""
    count, tests, steps = _SIZES[setting]
    train, test, words = questions(count, tests, seed)
    first = Policy(words)
    figures = {"baseline": _judged(first, test, seed)}
    for side, shuffle in (("method", False), ("shuffled", True)):
        figures[side] = _judged(_learnt(train, words, steps, seed, shuffle=shuffle), test, seed)
    return figures


def questions(count: int, tests: int, seed: int) -> tuple[Texts, Texts, Tensor]:
    """Questions to learn from and to judge by, and vectors `[WORDS, D]` of words."""
    found, rng = banking77(), np.random.default_rng(seed)
    parts = [part.head(20_000, ["text", "category"]) for part in (found.train, found.test)]
    names = sorted(set(map(str, parts[0]["category"])))
    texts = [str(text) for text in parts[0]["text"]]
    embed = fit_tfidf(texts, components=DIM)
    common = [word for word, _ in Counter(word for text in texts for word in text.lower().split()).most_common(WORDS)]

    def chosen(part: dict, size: int) -> Texts:
        rows = rng.permutation(len(part["text"]))[:size]
        vectors = np.asarray(embed([str(part["text"][row]) for row in rows]))
        intents = [names.index(str(part["category"][row])) for row in rows]
        return Texts(normalize(torch.from_numpy(vectors).float()), torch.tensor(intents))

    words = normalize(torch.from_numpy(np.asarray(embed(common))).float())
    return chosen(parts[0], count), chosen(parts[1], tests), words


def _rewards(policy: Policy, samples_BGD: Tensor, texts: Texts, rows: Tensor, draw: torch.Generator) -> Tensor:
    """Of samples for some texts: cosine with a text of the same intent less the mean with 31 others, `[B, G]`."""
    same = (texts.intents[rows, None] == texts.intents).float()
    same[torch.arange(len(rows)), rows] = 1e-9  # itself only where it is alone
    positive = torch.multinomial(same, 1, generator=draw)
    negative = torch.multinomial((texts.intents[rows, None] != texts.intents).float(), 31, generator=draw)
    others = policy.best(texts.vectors[torch.cat([positive, negative], 1)].flatten(0, 1)).view(len(rows), 32, -1)
    cosines = torch.einsum("bgd,bkd->bgk", samples_BGD, others)
    return cosines[..., 0] - cosines[..., 1:].mean(-1)


def _sampled(policy: Policy, vectors_BD: Tensor, draw: torch.Generator) -> tuple[Tensor, Tensor]:
    """Words `[B, G, LENGTH]` and their log-likelihoods `[B, G]`."""
    log_shares = policy.log_shares(vectors_BD)
    words = torch.multinomial(log_shares.detach().exp(), GROUP * LENGTH, replacement=True, generator=draw)
    return words.view(-1, GROUP, LENGTH), log_shares.gather(1, words).view(-1, GROUP, LENGTH).sum(-1)


def _learnt(train: Texts, words: Tensor, steps: int, seed: int, *, shuffle: bool) -> Policy:
    draw = torch.Generator().manual_seed(seed)
    policy, first = Policy(words), Policy(words)
    optimiser = torch.optim.Adam(policy.parameters(), lr=3e-3)
    for _ in range(steps):
        rows = torch.randperm(len(train.intents), generator=draw)[:32]
        vectors = train.vectors[rows]
        chosen, log_likelihood = _sampled(policy, vectors, draw)
        with torch.no_grad():
            reward = _rewards(
                policy, policy.embedded(vectors[:, None].expand(-1, GROUP, -1), chosen), train, rows, draw
            )
            start = first.log_shares(vectors)
        if shuffle:
            reward = reward[:, torch.randperm(GROUP, generator=draw)]
        shares = policy.log_shares(vectors)
        divergence = (shares.exp() * (shares - start)).sum(1)
        optimiser.zero_grad()
        policy_loss(log_likelihood, reward, divergence, stay=STAY).backward()
        optimiser.step()
    return policy


@torch.no_grad()
def _judged(policy: Policy, test: Texts, seed: int) -> dict[str, float]:
    """Nearest neighbours among the unseen questions, and the mean reward of samples."""
    draw = torch.Generator().manual_seed(seed)
    rows = torch.arange(len(test.intents))
    chosen, _ = _sampled(policy, test.vectors, draw)
    samples = policy.embedded(test.vectors[:, None].expand(-1, GROUP, -1), chosen)
    accuracy = knn_accuracy_leave_one_out(policy.best(test.vectors).numpy(), test.intents.numpy(), k=5)
    return {"accuracy": accuracy.value, "reward": float(_rewards(policy, samples, test, rows, draw).mean())}
