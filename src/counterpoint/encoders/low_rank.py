"""Low-rank adapters: a frozen transformer whose linear layers learn a change of few numbers; the layers are peft's."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.hugging_face import HuggingFaceEncoder, TextTransformer
from counterpoint.encoders.role import Role


@dataclass(frozen=True, kw_only=True)
class LowRank(EncoderSpec):
    """A transformer that is frozen but for low-rank changes of some of its linear layers.

    Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang and Chen, "LoRA: Low-Rank Adaptation of Large Language Models" (2021),
    arXiv:2106.09685, Section 4.1: ``y = W x + b + (alpha / r) B A x``; A begins as a linear layer does, B at 0.

    Attributes:
        inner: The transformer.
        rank: Of the change of each layer.
        alpha: The change is multiplied by ``alpha / rank``.
        where: Last parts of the names of the layers that change; queries and values of attention as in the paper, by
            BERT's names.
    """

    inner: TextTransformer
    rank: int = 4
    alpha: float = 8.0
    where: tuple[str, ...] = ("query", "value")

    def __post_init__(self) -> None:
        if self.rank < 1:
            raise InputError(f"rank must be at least 1, got {self.rank}")
        if not self.alpha > 0:
            raise InputError(f"alpha must be positive, got {self.alpha}")

    def build(self, sample: Content | None = None) -> "LowRankEncoder":
        """The inner encoder, frozen, with changes that are 0 at first."""
        inner = self.inner.build(sample)
        assert isinstance(inner, HuggingFaceEncoder)  # every text transformer builds one
        return LowRankEncoder(self, inner)

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "LowRankEncoder":
        """The same architecture and tokenizer, which wait for their weights."""
        return LowRankEncoder(self, self.inner.restore(fitted, folder))


class LowRankEncoder(Encoder):
    """See :class:`LowRank`. ``collate`` and ``forward`` are those of the inner encoder.

    Args:
        spec: The settings.
        inner: Changed: its weights are frozen, and some of its linear layers are replaced.

    Raises:
        InputError: It has no linear layer of such a name.
    """

    def __init__(self, spec: LowRank, inner: HuggingFaceEncoder) -> None:
        super().__init__(spec, kind=inner.kind, embedding_dim=inner.embedding_dim)
        inner.requires_grad_(False)
        self.inner = inner
        if not any(
            isinstance(getattr(owner, name, None), nn.Linear) for owner in inner.model.modules() for name in spec.where
        ):
            name = type(inner.model).__name__
            raise InputError(f"where must name linear layers, and {name} has none of {spec.where}")
        peft = _peft()
        config = peft.LoraConfig(r=spec.rank, lora_alpha=spec.alpha, target_modules=list(spec.where))
        peft.inject_adapter_in_model(config, inner.model)

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """What the inner encoder's makes."""
        return self.inner.collate(content, role=role)

    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, D]`."""
        return self.inner(inputs)

    def merged(self) -> HuggingFaceEncoder:
        """A plain transformer with the changes added to its weights; it costs no more than the first one did."""
        plain, layer = copy.deepcopy(self.inner), _peft().tuners.lora.LoraLayer
        for owner in list(plain.modules()):
            part: Any  # peft has no types
            for name, part in list(owner.named_children()):
                if isinstance(part, layer):
                    part.merge()
                    setattr(owner, name, part.get_base_layer())
        return plain

    def fitted(self) -> dict[str, Any]:
        """Those of the inner encoder."""
        return self.inner.fitted()

    def write_files(self, folder: Path) -> None:
        """Those of the inner encoder."""
        self.inner.write_files(folder)


def _peft() -> ModuleType:
    return require("peft", extra="text", purpose="low-rank adapters")
