"""A scikit-learn face: fit on an array, transform to embeddings."""

import numbers
import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import Tags, check_random_state, column_or_1d
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from counterpoint.base.content import Kind
from counterpoint.data import Supervision, table_from
from counterpoint.encoders import MLP, ProjectionHead
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.job import run_job
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource, data_from
from counterpoint.objectives import NTXent, SupCon
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import default_views


class ContrastiveEncoder(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Embeddings of vectors, learnt from labels when ``fit`` gets them and from views of each row when not.

    Args:
        n_components: Dimensions of the embedding.
        hidden: Width of the hidden layer.
        temperature: Of the objective (NT-Xent without labels, SupCon with).
        epochs: Passes over the data.
        batch_size: Rows compared with each other; at most the number of rows.
        learning_rate: Peak rate of AdamW.
        random_state: A seed; a ``RandomState`` or None draws one.

    Embeddings are float32 whatever the input is: the encoder computes in single precision.
    """

    def __init__(
        self,
        n_components: int = 32,
        *,
        hidden: int = 256,
        temperature: float = 0.2,
        epochs: float = 20,
        batch_size: int = 256,
        learning_rate: float = 1e-3,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.n_components = n_components
        self.hidden = hidden
        self.temperature = temperature
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn an encoder of the rows of ``X`` `[N, D]`; ``y`` `[N]` are class labels, if there are any.

        Labels that are all alike, or all different, say nothing about who belongs together; then views are used.

        Raises:
            ValueError: Not finite numbers, fewer than two rows, labels of another length or that are no classes,
                or settings that cannot be.
        """
        X = validate_data(self, X, dtype=np.float32, ensure_min_samples=2)
        classes = None if y is None else _classes(y, X)
        columns = {"x": X} if classes is None else {"x": X, "label": classes}
        source = DataSource(data="python", test_fraction=0.0)
        data = data_from(table_from(columns), None, source, {})
        recipe = self._recipe(classes is not None, len(X))
        with tempfile.TemporaryDirectory() as place:
            folder = RunFolder(Path(place) / "run")
            folder.create(recipe, None)
            run_job(recipe, data, folder)
            self.encoder_ = folder.encoders()[0]
        self._n_features_out = self.n_components
        return self

    def transform(self, X: Any) -> np.ndarray:
        """Embeddings `[N, n_components]` of unit length."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float32, reset=False)
        return self.encoder_.encode(torch.from_numpy(np.ascontiguousarray(X)))

    def __sklearn_tags__(self) -> Tags:
        """What scikit-learn should expect: embeddings are float32, also of float64 input."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags

    def _seed(self) -> int:
        if isinstance(self.random_state, numbers.Integral):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _recipe(self, supervised: bool, rows: int) -> Recipe:
        view = default_views(Kind.VECTOR)
        return Recipe(
            encoder=MLP(hidden=(self.hidden,), dim=self.n_components),
            head=ProjectionHead(out_dim=min(64, self.hidden)),
            objective=(SupCon if supervised else NTXent)(temperature=self.temperature),
            supervision=Supervision.LABELS if supervised else Supervision.VIEWS,
            views=(view, view),
            training=TrainSettings(
                epochs=self.epochs, batch_size=max(2, min(self.batch_size, rows)), seed=self._seed(),
                optimiser=AdamW(learning_rate=self.learning_rate), checkpoint_every=None, cpu=True,
            ),
        )  # fmt: skip


def _classes(y: Any, X: np.ndarray) -> np.ndarray | None:
    """The class numbers `[N]`; None when they cannot say who belongs together."""
    check_consistent_length(X, y)
    check_classification_targets(y)
    names, classes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
    return classes if 1 < len(names) < len(X) else None
