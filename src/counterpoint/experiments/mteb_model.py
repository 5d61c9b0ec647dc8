"""A run as a model that the benchmark package ``mteb`` takes (extra ``mteb``)."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.encoders import Role
from counterpoint.experiments.model import Model, load
from counterpoint.retrieval import cosines

ROLES = {"query": Role.QUERY, "document": Role.DOCUMENT, "passage": Role.DOCUMENT}


class MtebModel:
    """What ``mteb.evaluate(model, tasks)`` calls: batches of texts to embeddings, and cosines of these.

    It follows the protocol of encoders of mteb 2 (``EncoderProtocol``); everything but the metadata works without the
    package, so that the arithmetic is ours.

    Attributes:
        model: What embeds.
        name: ``owner/name`` under which results are kept.
        revision: Version of the model, part of the same.
    """

    def __init__(self, model: Model | Path | str, *, name: str = "counterpoint/run", revision: str = "1") -> None:
        """Take a model, or load that of a run folder.

        Raises:
            CheckpointError: There is no model in the folder.
            InputError: The model does not embed texts, or ``name`` is not of the form ``owner/name``.
        """
        self.model = model if isinstance(model, Model) else load(model)
        if self.model.encoder.kind is not Kind.TEXT:
            raise InputError(f"mteb asks for embeddings of texts, and the model embeds {self.model.encoder.kind}s")
        if name.count("/") != 1 or not all(name.split("/")):
            raise InputError(f"name must look like owner/name, as mteb keeps results, got {name!r}")
        self.name, self.revision = name, revision

    def encode(
        self,
        inputs: Iterable[Mapping[str, Any]],
        *,
        task_metadata: Any = None,
        hf_split: str = "",
        hf_subset: str = "",
        prompt_type: Any = None,
        **options: Any,
    ) -> np.ndarray:
        """Unit embeddings float32 `[N, D]` of the texts of all batches, in order.

        Args:
            inputs: Batches that hold a list under ``"text"``.
            task_metadata: Not used; prompts are those that the model was trained with.
            hf_split: Not used.
            hf_subset: Not used.
            prompt_type: Whether the texts are queries or documents; neither when None.
            options: Of these, ``batch_size`` is used.

        Raises:
            InputError: A batch without texts, or a prompt type that is neither.
        """
        del task_metadata, hf_split, hf_subset
        role = Role.PLAIN if prompt_type is None else ROLES.get(str(getattr(prompt_type, "value", prompt_type)))
        if role is None:
            raise InputError(f"prompt_type must be query or document, got {prompt_type!r}")
        texts: list[str] = []
        for batch in inputs:
            if "text" not in batch:
                raise InputError(f"a batch of mteb holds no texts, only {sorted(batch)}: the model embeds texts alone")
            texts += [str(text) for text in batch["text"]]
        encoder = self.model.document_encoder if role is Role.DOCUMENT else self.model.encoder
        content: Content = texts
        return encoder.encode(content, batch_size=int(options.get("batch_size", 256)), role=role)

    def similarity(self, embeddings1: np.ndarray | Tensor, embeddings2: np.ndarray | Tensor) -> Tensor:
        """Cosines `[N, M]` of `[N, D]` and `[M, D]`; one row may come as `[D]`."""
        return torch.from_numpy(cosines(_rows(embeddings1), _rows(embeddings2)))

    def similarity_pairwise(self, embeddings1: np.ndarray | Tensor, embeddings2: np.ndarray | Tensor) -> Tensor:
        """Cosine `[N]` of row i with row i.

        Raises:
            InputError: Shapes differ.
        """
        first, second = (torch.from_numpy(_rows(one)) for one in (embeddings1, embeddings2))
        if first.shape != second.shape:
            raise InputError(f"pairs need two matrices of one shape, got {list(first.shape)} and {list(second.shape)}")
        return torch.nn.functional.cosine_similarity(first, second, dim=1)

    @property
    def mteb_model_meta(self) -> Any:
        """What mteb notes about the model.

        Raises:
            MissingExtraError: The package is not installed.
        """
        described = require("mteb.models.model_meta", extra="mteb", purpose="handing a run to mteb")
        return described.ModelMeta.create_empty(overwrites={"name": self.name, "revision": self.revision})


def _rows(embeddings: np.ndarray | Tensor) -> np.ndarray:
    array = embeddings.detach().cpu().float().numpy() if isinstance(embeddings, Tensor) else np.asarray(embeddings)
    return np.atleast_2d(array).astype(np.float32, copy=False)
