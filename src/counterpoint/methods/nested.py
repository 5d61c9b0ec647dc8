"""Nested embeddings: the first dimensions, and every layer, of one encoder are embeddings of their own."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from counterpoint.base.checks import check_not_negative, check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.data import Batch
from counterpoint.encoders import Encoder
from counterpoint.encoders.first_layers import bert_layers
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.encoders.layered import layer_embeddings
from counterpoint.methods.base import Inputs, Method, Prepared, StepOutput
from counterpoint.methods.contrast import Contrast


@dataclass(frozen=True, kw_only=True)
class Nested:
    """What of an embedding is an embedding too.

    Kusupati and others, "Matryoshka Representation Learning" (2022), arXiv:2205.13147, for widths; Li, Li, Li, Xie and
    Li, "2D Matryoshka Sentence Embeddings" (2024), arXiv:2402.14776, for layers. With the objective L, embeddings z_l
    of layer l, the last being K, and ``z[:w]`` their first w dimensions:

    ``at(l) = L(z_l) + mean_w L(z_l[:w])``, and the loss is ``at(K) + early * mean_{l<K} (at(l) + warmth * KL_l)``,
    ``KL_l = KL(softmax(z_K / warmth) || softmax(z_l / warmth))`` over dimensions, without gradient to z_K.

    The second paper draws one layer and one width a step; this is the mean over all of them, of which that draw is an
    estimate, so that every rank and every resumed run does the same. All layers are there after one pass anyway.

    Attributes:
        widths: w, each at least 1 and below the embedding's own width.
        layers: Whether every layer is an embedding too, of a transformer of BERT's architecture.
        early: What the early layers count; less is kinder to the last one.
        warmth: The temperature of the divergence, and its weight.
    """

    widths: tuple[int, ...]
    layers: bool = False
    early: float = 1.0
    warmth: float = 0.3

    def __post_init__(self) -> None:
        """Refuse settings under which nothing nests."""
        object.__setattr__(self, "widths", tuple(self.widths))
        if not self.widths and not self.layers:
            raise InputError("nested needs widths, layers=True, or both: nothing nests otherwise")
        if any(width < 1 for width in self.widths) or len({*self.widths}) < len(self.widths):
            raise InputError(f"widths must be different numbers of at least 1, got {self.widths}")
        check_not_negative("early", self.early)
        check_positive_number("warmth", self.warmth)


class NestedContrast(Method):
    """A :class:`Contrast` of every width, and of every layer, of the same embeddings; one pass encodes all of them.

    Args:
        contrast: Encoder and objective, without head, prototypes or second tower.
        nested: What nests.

    Raises:
        InputError: A width that is none of the encoder's, or layers of an encoder that has none.
    """

    def __init__(self, contrast: Contrast, nested: Nested) -> None:
        super().__init__()
        wide = contrast.encoder.embedding_dim
        if any(width >= wide for width in nested.widths):
            raise InputError(f"widths must be below the {wide} dimensions of the embedding, got {nested.widths}")
        self.contrast, self.nested = contrast, nested
        self.depth = bert_layers(contrast.encoder) if nested.layers else 1

    @property
    def encoder(self) -> Encoder:
        """The whole encoder, whose embeddings may be cut."""
        return self.contrast.encoder

    def prepare(self, batch: Batch, seeds: Tensor, *, chunk: int | None = None) -> Prepared:
        """As the contrast does it; see :meth:`Method.prepare`."""
        return self.contrast.prepare(batch, seeds, chunk=chunk)

    def encode(self, call: int, inputs: Inputs) -> Tensor:
        """Embeddings of every layer side by side, `[n, L D]`; without layers `[n, D]`."""
        if not self.nested.layers:
            return self.contrast.encode(call, inputs)
        assert isinstance(self.encoder, HuggingFaceEncoder)  # it has layers
        return torch.cat(layer_embeddings(self.encoder, inputs), dim=1)

    def objective(self, embeddings: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """The loss of all widths and layers; the monitor sees the whole embedding."""
        sides = [one.unflatten(1, (self.depth, -1)).unbind(1) for one in embeddings]
        *early, last = [self._at([side[layer] for side in sides], targets) for layer in range(self.depth)]
        if not early or not self.nested.early:
            return last
        ends = torch.cat([side[-1] for side in sides])
        apart = [self._divergence(torch.cat([side[layer] for side in sides]), ends) for layer in range(len(early))]
        mean = torch.stack([one.loss + self.nested.warmth * far for one, far in zip(early, apart, strict=True)]).mean()
        return replace(last, loss=last.loss + self.nested.early * mean)

    def _at(self, sides: list[Tensor], targets: dict[str, Tensor]) -> StepOutput:
        """What one layer gives: its loss at full width, and the mean over the narrower ones."""
        whole = self.contrast.objective(sides, targets)
        if not self.nested.widths:
            return whole
        narrow = [
            self.contrast.objective([side[:, :width] for side in sides], targets).loss for width in self.nested.widths
        ]
        return replace(whole, loss=whole.loss + torch.stack(narrow).mean())

    def _divergence(self, early_ND: Tensor, last_ND: Tensor) -> Tensor:
        warmth = self.nested.warmth
        wanted = log_softmax(last_ND.detach() / warmth, 1)
        return kl_div(log_softmax(early_ND / warmth, 1), wanted, log_target=True, reduction="batchmean")
