"""A recipe: everything a training run is made of besides the data, as one typed, saveable value."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from counterpoint.base.content import Content
from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.data import Supervision
from counterpoint.encoders import (
    Encoder,
    EncoderSpec,
    Head,
    HeadSpec,
    LearnablePrototypes,
    LearnableTemperature,
    NoHead,
)
from counterpoint.encoders.token_tables import check_token_tables
from counterpoint.methods import (
    ClusterContrast,
    ClusterStep,
    Contrast,
    Method,
    Nested,
    NestedContrast,
    QueueContrast,
    QueueStep,
    RelatedContrast,
    Ruling,
    Siamese,
    SiameseStep,
    TaughtContrast,
)
from counterpoint.pairs.rules import Rule
from counterpoint.pairwise import Loss, Objective
from counterpoint.training import TrainSettings
from counterpoint.views import Identity, View


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Which encoder learns from which relation through which objective, and for how long.

    Attributes:
        encoder: What embeds examples (anchors).
        objective: The formula.
        supervision: What of the data says who is positive: views of one example, labels, pairs, or scored pairs.
        training: Steps, batch, optimiser, seed.
        views: The view of the first and of the second side.
        head: Projects embeddings to where they are compared; dropped after training.
        other_encoder: What embeds candidates, when they are of another kind.
        temperature: A learnable temperature in place of the objective's own.
        prototypes: Learnt rows that anchors are compared with, one per class; dropped after training.
        siamese: Predictor and targets of a step without negatives, which learns from views; None for a plain contrast.
        queue: Earlier embeddings to compare with, of a slow teacher or not; learns from views or labels.
        relation: A rule that says who belongs to whom in place of ``supervision``, which then only says what is
            encoded: two views of each example, or its pairs.
        guide: An encoder that does not learn, for a relation that goes by a guide; ``Saved(folder=...)`` is one that
            was trained before.
        clustering: Clusters of all training examples, found again and again, to learn from beside views.
        nested: The first dimensions, and every layer, of the embedding are to be embeddings of their own (Matryoshka).
        teacher: An encoder that does not learn, whose embeddings of the same examples take the place of the second
            view (distillation); of another width than the encoder's it needs a head that projects to its own.
    """

    encoder: EncoderSpec
    objective: Loss
    supervision: Supervision
    training: TrainSettings
    views: tuple[View, View] = (Identity(), Identity())
    head: HeadSpec = NoHead()
    other_encoder: EncoderSpec | None = None
    temperature: LearnableTemperature | None = None
    prototypes: LearnablePrototypes | None = None
    siamese: SiameseStep | None = None
    queue: QueueStep | None = None
    clustering: ClusterStep | None = None
    relation: Rule | None = None
    guide: EncoderSpec | None = None
    nested: Nested | None = None
    teacher: EncoderSpec | None = None

    @property
    def facts(self) -> tuple[Fact, ...]:
        """What must be known of every row of the data; what batches tell of their rows is not."""
        found = () if self.relation is None else self.relation.facts
        return tuple(fact for fact in found if fact.form is not Form.PLACE)

    def build(
        self,
        sample: Content,
        other_sample: Content | None = None,
        *,
        classes: int | None = None,
        facts: Mapping[str, Tensor] | None = None,
        examples: int | None = None,
    ) -> Method:
        """The method with fresh weights, a pure function of the recipe (its seed included) and the samples.

        Torch's global random state is left as it was found.

        Args:
            sample: Training content of the anchors, which fits vocabularies and standardisation.
            other_sample: The same for candidates, when they have an encoder of their own.
            classes: How many the training data have, for prototypes; None without labels.
            facts: ``Batch.facts`` of any rows, for a queue under a relation.
            examples: How many there are to learn from, for clusters of all of them; those of the sample if not said.

        Raises:
            InputError: A sample does not fit its encoder, the two encoders embed into different dimensions, or
                there are fewer prototypes than classes.
        """
        with torch.random.fork_rng(devices=[]):  # everything is built on the CPU
            torch.manual_seed(self.training.seed)
            if self.clustering is not None:
                return self._clustered(self.clustering, sample, examples or len(sample))
            return self._build(sample, other_sample, classes, facts or {})

    def _build(
        self, sample: Content, other_sample: Content | None, classes: int | None, facts: Mapping[str, Tensor]
    ) -> Method:
        encoder = self.encoder.build(sample)
        other = None if self.other_encoder is None else self.other_encoder.build(other_sample)
        if other is not None and other.embedding_dim != encoder.embedding_dim:
            raise InputError(
                f"encoder embeds into {encoder.embedding_dim} dimensions and other_encoder into {other.embedding_dim}: "
                "wrap them in Projected with heads of equal out_dim"
            )
        if self.siamese is not None:
            return self._siamese(encoder, self.siamese)
        head = self.head.build(encoder.embedding_dim)
        if self.teacher is not None:
            return self._taught(encoder, head, self.teacher.build(sample))
        ruling = self._ruling(sample, facts)
        if self.queue is not None:
            assert isinstance(self.objective, Objective)  # checked before, with the data
            return QueueContrast(
                encoder,
                self.objective,
                supervision=self.supervision,
                views=self.views,
                step=self.queue,
                head=head,
                dim=head.out_dim,
                ruling=ruling,
            )
        contrast = Contrast(
            encoder,
            self.objective,
            supervision=self.supervision,
            views=self.views,
            head=head,
            other=other,
            temperature=None if self.temperature is None else self.temperature.build(),
            prototypes=None if self.prototypes is None else self.prototypes.build(classes, head.out_dim),
        )
        if self.nested is not None:
            return NestedContrast(contrast, self.nested)
        return contrast if ruling is None else RelatedContrast(contrast, ruling)

    def _taught(self, encoder: Encoder, head: Head, teacher: Encoder) -> TaughtContrast:
        check_token_tables(teacher)
        return TaughtContrast(encoder, self.objective, views=self.views, head=head, dim=head.out_dim, teacher=teacher)

    def _ruling(self, sample: Content, facts: Mapping[str, Tensor]) -> Ruling | None:
        """Drawn after all that learns, so that a guide changes nothing of it."""
        if self.relation is None:
            return None
        guide = None if self.guide is None else self.guide.build(sample)
        if guide is not None:
            check_token_tables(guide)  # those of a method are checked in it, and a guide is no part of one
        return Ruling(self.relation, guide, facts=facts)

    def _clustered(self, step: ClusterStep, sample: Content, examples: int) -> ClusterContrast:
        encoder = self.encoder.build(sample)
        head = self.head.build(encoder.embedding_dim)
        return ClusterContrast(
            encoder, self.objective, views=self.views, step=step, head=head, dim=head.out_dim, examples=examples
        )

    def _siamese(self, encoder: Encoder, step: SiameseStep) -> Siamese:
        head = self.head.build(encoder.embedding_dim)
        predictor = step.predictor.build(head.out_dim)
        if predictor.out_dim != head.out_dim:
            raise InputError(
                f"siamese: the predictor maps {head.out_dim} dimensions to {predictor.out_dim}, and its targets have "
                f"{head.out_dim}"
            )
        return Siamese(encoder, self.objective, views=self.views, step=step, head=head, predictor=predictor)
