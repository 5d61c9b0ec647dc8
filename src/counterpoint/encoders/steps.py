"""Predictions of latent states some steps ahead, one linear map for each number of steps."""

from torch import Tensor, nn

from counterpoint.base.errors import InputError


class StepPredictors(nn.Module):
    """The heads of contrastive predictive coding: ``W_k c_t``, to be compared with ``z_{t+k}`` by inner products.

    For every step k, predictions and targets are the two sides of a batch of pairs: ``InfoNCE(temperature=1.0,
    similarity=Dot())(predicted, latent)`` is the paper's loss, every other latent of the batch a negative, of the same
    sequence or another. From the loss ``evaluation.info_nce_bound`` makes a lower bound of the information that the
    context holds about the latent k steps later.

    van den Oord, Li and Vinyals, "Representation Learning with Contrastive Predictive Coding" (2018), arXiv:1807.03748,
    Eqs. 3 and 4.

    Args:
        context_dim: C, of the context.
        latent_dim: D, of the latents.
        steps: K, how far ahead.

    Raises:
        InputError: A number is below 1.
    """

    def __init__(self, context_dim: int, latent_dim: int, *, steps: int) -> None:
        super().__init__()
        if min(context_dim, latent_dim, steps) < 1:
            raise InputError(f"at least 1 dimension and 1 step, got {context_dim}, {latent_dim} and {steps} steps")
        self.maps = nn.ModuleList([nn.Linear(context_dim, latent_dim, bias=False) for _ in range(steps)])

    def forward(self, context: Tensor, latent: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Rows to compare for each step k from 1 to K: predictions `[N (T - k), D]` and the latents they are of.

        Args:
            context: `[N, T, C]`, of what was seen up to each time.
            latent: `[N, T, D]`.

        Raises:
            InputError: Shapes do not fit, or sequences are no longer than the steps.
        """
        if context.ndim != 3 or latent.ndim != 3 or context.shape[:2] != latent.shape[:2]:
            raise InputError(
                f"context and latent must be [N, T, dims], got {list(context.shape)} and {list(latent.shape)}"
            )
        if latent.shape[1] <= len(self.maps):
            raise InputError(f"{len(self.maps)} steps ahead need sequences longer than that, got T = {latent.shape[1]}")
        return [
            (step(context[:, :-k]).flatten(0, 1), latent[:, k:].flatten(0, 1))
            for k, step in enumerate(self.maps, start=1)
        ]
