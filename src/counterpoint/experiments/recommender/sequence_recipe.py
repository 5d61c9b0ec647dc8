"""What a recommender of sequences is made of: the recipe of a run on interactions in the order of time."""

from dataclasses import dataclass

from counterpoint.base.checks import check_positive_number
from counterpoint.base.errors import InputError
from counterpoint.experiments.next_item import SequenceSettings
from counterpoint.methods.sequence_contrast import SequenceContrast

HEADS = 2
"""Of attention, as :class:`SequenceEncoder` has by default."""


@dataclass(frozen=True, kw_only=True)
class SequentialSettings:
    """How SASRec learns what comes next.

    Attributes:
        dim: D, a multiple of the heads of attention.
        layers: Blocks.
        longest: Items of a sequence that count, the last ones.
        dropout: Of the encoder.
        epochs: At most; one draws as many sequences as there are.
        patience: Epochs without a better look at the validation part after which training ends.
        batch: Sequences a step.
        learning_rate: Of Adam.

    Raises:
        InputError: A number is out of its range.
    """

    dim: int = 64
    layers: int = 2
    longest: int = 50
    dropout: float = 0.2
    epochs: int = 100
    patience: int = 10
    batch: int = 64
    learning_rate: float = 2e-3

    def __post_init__(self) -> None:
        for name in ("dim", "layers", "longest", "epochs", "patience", "batch"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.dim % HEADS:
            raise InputError(f"dim must be a multiple of {HEADS}, the heads of attention, got {self.dim}")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout must be at least 0 and below 1, got {self.dropout}")
        check_positive_number("learning_rate", self.learning_rate)

    def steps_an_epoch(self, sequences: int) -> int:
        """Of so many sequences."""
        return -(-sequences // self.batch)

    def learning(self, sequences: int) -> SequenceSettings:
        """The same for the learner, of so many sequences."""
        return SequenceSettings(
            steps=self.epochs * self.steps_an_epoch(sequences),
            dim=self.dim,
            longest=self.longest,
            layers=self.layers,
            batch=self.batch,
            dropout=self.dropout,
            learning_rate=self.learning_rate,
            from_end=True,
        )


@dataclass(frozen=True, kw_only=True)
class SequentialRecommender:
    """How a run on interactions with times learns.

    Attributes:
        contrast: Of two views of each sequence, beside the next item; None for none.
        settings: Sizes and length.
        seed: Of weights, batches, views and dropout.

    Raises:
        InputError: Batches of one sequence, which has no other to be told from, with a contrast.
    """

    contrast: SequenceContrast | None = None
    settings: SequentialSettings = SequentialSettings()
    seed: int = 0

    def __post_init__(self) -> None:
        if self.contrast is not None and self.settings.batch < 2:
            raise InputError(f"batch must be at least 2 with a contrast, got {self.settings.batch}")
