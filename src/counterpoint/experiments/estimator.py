"""A scikit-learn face: fit on an array, transform to embeddings."""

import tempfile
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

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
        random_state: Seed, a whole number.
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
        random_state: int = 0,
    ) -> None:
        self.n_components = n_components
        self.hidden = hidden
        self.temperature = temperature
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn an encoder of the rows of ``X`` `[N, D]`; ``y`` `[N]` are class labels, if there are any."""
        X = validate_data(self, X, dtype=np.float32, ensure_min_samples=2)
        columns: dict[str, Any] = {"x": X}
        names, classes = (None, None) if y is None else np.unique(y, return_inverse=True)
        supervised = names is not None and len(names) > 1
        if supervised:
            columns["label"] = classes
        source = DataSource(data="python", test_fraction=0.0)
        data = data_from(table_from(columns), None, source, {})
        recipe = self._recipe(supervised, len(X))
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

    def _recipe(self, supervised: bool, rows: int) -> Recipe:
        view = default_views(Kind.VECTOR)
        return Recipe(
            encoder=MLP(hidden=(self.hidden,), dim=self.n_components),
            head=ProjectionHead(out_dim=min(64, self.hidden)),
            objective=(SupCon if supervised else NTXent)(temperature=self.temperature),
            supervision=Supervision.LABELS if supervised else Supervision.VIEWS,
            views=(view, view),
            training=TrainSettings(
                epochs=self.epochs, batch_size=max(2, min(self.batch_size, rows)), seed=self.random_state,
                optimiser=AdamW(learning_rate=self.learning_rate), checkpoint_every=None, cpu=True,
            ),
        )  # fmt: skip
