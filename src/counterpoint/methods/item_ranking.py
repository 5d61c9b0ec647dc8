"""How a recommender learns that what a user took comes before the rest."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import softplus

from counterpoint.base.checks import check_positive_number
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import SameKey

Triples = tuple[Tensor, Tensor, Tensor]
"""int64 `[B]` each: users, items that they took, and items drawn evenly from those that they did not."""
Known = Callable[[], Tensor]
"""Gives int64 `[E, 2]`, which of a batch's users are known to have taken which of its items; found when asked for."""


class ItemRanking(ABC):
    """A loss of a batch of triples.

    Attributes:
        by_cosine: Items are ranked by the cosine with the user after training, and by the dot product otherwise.
    """

    by_cosine: bool

    @abstractmethod
    def loss(self, users: Tensor, items: Tensor, triples: Triples, known: Known) -> Tensor:
        """The mean over the batch, a scalar.

        Args:
            users: `[U, D]`.
            items: `[I, D]`.
            triples: Of the batch.
            known: Rows of both, also of pairs that are in none of the triples.
        """


@dataclass(frozen=True)
class PairwiseRanking(ItemRanking):
    """BPR: what a user took scores higher than what was drawn for comparison.

    Rendle, Freudenthaler, Gantner and Schmidt-Thieme (2009), "BPR: Bayesian Personalized Ranking from Implicit
    Feedback", arXiv:1205.2618.
    """

    by_cosine = False

    def loss(self, users: Tensor, items: Tensor, triples: Triples, known: Known) -> Tensor:
        """``-log sigmoid(u.i - u.j)``; ``objectives.BPR`` would score a batch's users with all its items."""
        del known
        rows, taken, drawn = triples
        apart = items.index_select(0, drawn) - items.index_select(0, taken)
        return softplus((users.index_select(0, rows) * apart).sum(1)).mean()


@dataclass(frozen=True, kw_only=True)
class SampledSoftmax(ItemRanking):
    """What a user took against all other items of the batch, by cosine.

    Wu, Wang, Gao, Chen, Fu, Qiu and He (2022), "On the Effectiveness of Sampled Softmax Loss for Item Recommendation",
    arXiv:2201.02327. Items are drawn as often as they were taken, which works against popular ones.

    Attributes:
        temperature: What cosines are divided by.
    """

    temperature: float = 0.1
    by_cosine = True

    def __post_init__(self) -> None:
        """Check the temperature.

        Raises:
            InputError: It is not positive.
        """
        check_positive_number("temperature", self.temperature)

    def loss(self, users: Tensor, items: Tensor, triples: Triples, known: Known) -> Tensor:
        """InfoNCE over the distinct items of the batch."""
        del known
        rows, taken, _ = triples
        candidates = taken.unique()
        relation = SameKey(taken, candidates)
        return InfoNCE(temperature=self.temperature)(
            users.index_select(0, rows), items.index_select(0, candidates), relation=relation
        )
