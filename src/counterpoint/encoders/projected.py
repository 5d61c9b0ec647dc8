"""An encoder with its projection kept on: what lets two towers of different kinds share one space."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.heads import Head, HeadSpec
from counterpoint.encoders.role import Role


@dataclass(frozen=True, kw_only=True)
class Projected(EncoderSpec):
    """``head`` of ``backbone``; unlike a training head it belongs to the encoder and is saved with it.

    Attributes:
        backbone: What embeds content.
        head: What projects the embedding; its ``out_dim`` is the dimension of the space.
    """

    backbone: EncoderSpec
    head: HeadSpec

    def build(self, sample: Content | None = None) -> "ProjectedEncoder":
        """A new encoder; the sample goes to the backbone."""
        return ProjectedEncoder(self, self.backbone.build(sample))

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "ProjectedEncoder":
        """The backbone from its own part of the folder, and the head."""
        return ProjectedEncoder(self, self.backbone.restore(fitted, folder))


class ProjectedEncoder(Encoder):
    """See :class:`Projected`."""

    spec: Projected

    def __init__(self, spec: Projected, backbone: Encoder) -> None:
        head = spec.head.build(backbone.embedding_dim)
        # the backbone's own spec, so that a projected saved encoder does not need the folder it came from
        super().__init__(replace(spec, backbone=backbone.spec), kind=backbone.kind, embedding_dim=head.out_dim)
        self.backbone: Encoder = backbone
        self.head: Head = head

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """What the backbone takes."""
        return self.backbone.collate(content, role=role)

    def forward(self, inputs: Inputs) -> Tensor:
        """Projected embeddings `[N, D]`."""
        return self.head(self.backbone(inputs))

    def fitted(self) -> dict[str, Any]:
        """What the backbone learnt at build time; the head learns nothing then."""
        return self.backbone.fitted()

    def write_files(self, folder: Path) -> None:
        """The backbone's files."""
        self.backbone.write_files(folder)
