"""A neural topic model: a bag of words to shares of topics, and topics to words."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, log_softmax

from counterpoint.base.errors import InputError


@dataclass(frozen=True, eq=False)
class Read:
    """What a model makes of N documents.

    Attributes:
        topics: Shares of topics `[N, K]`, which sum to 1.
        divergence: Of the posterior from the prior, in nats, `[N]`.
    """

    topics: Tensor
    divergence: Tensor


class TopicModel(nn.Module):
    """An autoencoder of bags of words whose latent space is the simplex of topics.

    Srivastava and Sutton, "Autoencoding Variational Inference for Topic Models" (2017), arXiv:1703.01488, with the
    background of Card, Tan and Smith, "Neural Models for Documents with Metadata" (2018), arXiv:1705.09296, Section 3.

    Formula: ``z ~ N(m(x), v(x))``, ``theta = softmax(z)``, words drawn from ``softmax(b + theta B)``, b the log
    share of every word in the sample, which does not learn. The prior is ``N(0, 1 - 1 / K)``, the normal that stands
    for a flat Dirichlet. Means and log variances are normalised over the batch, against posteriors that collapse.

    Args:
        frequencies: How often each of W words is in the sample, `[W]`.
        topics: K.
        hidden: Width between words and topics.
        dropped: Share of hidden units left out in training.

    Raises:
        InputError: A word that is never there, or fewer than two topics.
    """

    background: Tensor

    def __init__(self, frequencies: Tensor, topics: int, *, hidden: int = 100, dropped: float = 0.2) -> None:
        super().__init__()
        if frequencies.ndim != 1 or not bool((frequencies > 0).all()):
            raise InputError(f"frequencies must be [W], all above 0, got shape {list(frequencies.shape)}")
        if topics < 2:
            raise InputError(f"topics must be at least 2, got {topics}")
        self.register_buffer("background", (frequencies / frequencies.sum()).log())
        self.read = nn.Sequential(nn.Linear(len(frequencies), hidden), nn.Softplus())
        self.mean, self.log_variance = (_normalised(hidden, topics) for _ in range(2))
        self.words = nn.Parameter(torch.randn(topics, len(frequencies)) * 0.1)
        self.dropped, self.variance = dropped, 1 - 1 / topics

    def forward(self, bags: Tensor) -> Read:
        """Of bags `[N, W]`: a sample in training, the mean of the posterior otherwise.

        Raises:
            InputError: Bags of another shape, or in training fewer than two, which have no variance to divide by.
        """
        words = len(self.background)
        if bags.ndim != 2 or bags.shape[1] != words:
            raise InputError(f"bags must be [N, {words}], got shape {list(bags.shape)}")
        if self.training and len(bags) < 2:
            raise InputError(f"training normalises over the batch and needs at least 2 bags, got {len(bags)}")
        hidden_NH = dropout(self.read(bags.log1p()), self.dropped, self.training)
        mean_NK, log_variance_NK = self.mean(hidden_NH), self.log_variance(hidden_NH)
        drawn = mean_NK
        if self.training:
            drawn = mean_NK + torch.randn_like(mean_NK) * (log_variance_NK / 2).exp()
        relative = log_variance_NK.exp() / self.variance
        divergence = (relative + mean_NK.square() / self.variance - 1 - relative.log()).sum(1) / 2
        return Read(drawn.softmax(1), divergence)

    def log_words(self, topics: Tensor) -> Tensor:
        """Log shares of words `[N, W]` of documents with shares of topics `[N, K]`."""
        return log_softmax(self.background + topics @ self.words, dim=1)

    def loss(self, bags: Tensor, read: Read) -> Tensor:
        """Minus the evidence lower bound of bags `[N, W]`, in nats a document, their mean."""
        told_N = (bags * self.log_words(read.topics)).sum(1)
        return (read.divergence - told_N).mean()

    @torch.no_grad()
    def top_words(self, count: int) -> Tensor:
        """The words that every topic raises most, int64 `[K, T]`, in their order.

        Raises:
            InputError: More than there are.
        """
        if not 1 <= count <= self.words.shape[1]:
            raise InputError(f"count must be from 1 to the {self.words.shape[1]} words known, got {count}")
        return self.words.topk(count, dim=1).indices


def _normalised(hidden: int, topics: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(hidden, topics), nn.BatchNorm1d(topics, affine=False))
