"""Temporal-difference contrast: the distant future from the next state, and from what a target critic says of it."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from counterpoint.base.errors import InputError
from counterpoint.objectives import ICon, InfoNCE
from counterpoint.pairwise import Dot, Ranks, SameKey, Similarity, Weighted


@dataclass(frozen=True, kw_only=True)
class TDInfoNCE:
    """Contrastive difference predictive coding: the loss of a critic ``f(s, a, future) = <anchor, future> / t``.

    Formula: ``(1 - discount) InfoNCE(anchors, next states) + discount mean_i sum_j w_ij log(w_ij / q_ij)``, where
    q_i is the softmax over random future states of ``f(s_i, a_i, .)`` and w_i that of the target critic at the next
    state and action. The paper has the cross-entropy, which is larger by the entropy of w; that has no gradient.

    Zheng, Salakhutdinov and Eysenbach, "Contrastive Difference Predictive Coding" (2024), arXiv:2310.20141, Eq. 10, as
    in the public code: next states of the batch are each other's negatives, and w is not multiplied by N.

    Attributes:
        discount: From 0 (next states alone: InfoNCE) to 1; 0.99.
        temperature: ``t``, positive; 1.
        similarity: Of the critic; the paper's is the inner product.

    Raises:
        InputError: ``discount`` is out of its range.

    Example:
        >>> import torch
        >>> z = torch.eye(4)
        >>> loss = TDInfoNCE(discount=0.0)
        >>> same = InfoNCE(temperature=1.0, similarity=Dot())(z, z)
        >>> bool(torch.isclose(loss(z, z, z, target=loss.target(z, z)), same))
        True
    """

    discount: float = 0.99
    temperature: float = 1.0
    similarity: Similarity = field(default=Dot())

    def __post_init__(self) -> None:
        """Check the settings."""
        if not 0 <= self.discount <= 1:
            raise InputError(f"discount must be a number from 0 to 1, got {self.discount}")

    def __call__(self, anchors: Tensor, next_states: Tensor, random_states: Tensor, *, target: Tensor) -> Tensor:
        """The loss, a scalar.

        Args:
            anchors: `[N, D]`, of states and actions.
            next_states: `[N, D]`, each the next one of its anchor.
            random_states: `[M, D]`, drawn from all states.
            target: `[N, M]`, w, from :meth:`target`; over several ranks, by all ranks' random states.
        """
        nobody = random_states.new_zeros(len(random_states), dtype=torch.int64)
        everybody = SameKey(nobody.new_zeros(len(anchors)), nobody)
        near = InfoNCE(temperature=self.temperature, similarity=self.similarity)
        far = ICon(temperature=self.temperature, alpha=0.0, similarity=self.similarity)
        later = far(anchors, random_states, relation=Weighted(everybody, target))
        return (1 - self.discount) * near(anchors, next_states) + self.discount * later

    @torch.no_grad()
    def target(self, next_anchors: Tensor, random_states: Tensor) -> Tensor:
        """What the target critic expects, w `[N, M]`, without gradient; over several ranks, of all ranks' states.

        Args:
            next_anchors: `[N, D]`, the target critic's, of next states and the actions taken there.
            random_states: `[M, D]`, the target critic's.
        """
        similarity = self.similarity
        a = similarity.prepare(next_anchors)
        b = similarity.prepare_candidates(Ranks.current().gather(random_states))
        # A weight that underflows to 0 would take its state out of the learner's softmax as well.
        return torch.softmax(similarity.scores(a, b) / self.temperature, 1).clamp_min(torch.finfo(a.dtype).tiny)
