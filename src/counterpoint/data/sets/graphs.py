"""Citation and co-author graphs: for clustering, and with Planetoid's split for classification."""

from enum import StrEnum
from pathlib import Path

import numpy as np
from scipy import sparse

from counterpoint.data.graphs import Graph, graph_from
from counterpoint.data.sets.place import must_be_placed


class Clustered(StrEnum):
    """Graphs that clustering papers report on."""

    DBLP = "dblp"
    ACM = "acm"
    CITESEER = "citeseer_sdcn"
    CORA = "cora"


class Planetoid(StrEnum):
    """Graphs with a public split: ``train``, ``validation`` and ``test`` nodes."""

    CORA = "cora"
    CITESEER = "citeseer"


def clustered(name: Clustered) -> Graph:
    """DBLP (4,057 authors), ACM (3,025 papers), CiteSeer (3,327) or Cora (2,708), as clustering papers use them.

    Bo, Wang, Shi, Zhu, Lu and Cui (2020), "Structural Deep Clustering Network", arXiv:2002.01633. There is no download:
    it must be placed in ``COUNTERPOINT_DATA/graph_clustering``.

    Raises:
        InputError: It is not there.
    """
    return _read("graph_clustering", name)


def planetoid(name: Planetoid) -> Graph:
    """Cora (2,708 papers) or CiteSeer (3,327) with 20 labelled training nodes a class, 500 to validate, 1,000 to test.

    Yang, Cohen and Salakhutdinov (2016), "Revisiting Semi-Supervised Learning with Graph Embeddings", arXiv:1603.08861.
    There is no download: it must be placed in ``COUNTERPOINT_DATA/planetoid``.

    Raises:
        InputError: It is not there.
    """
    return _read("planetoid", name)


_PARTS = {"train": "train", "val": "validation", "test": "test"}


def _read(folder: str, name: str) -> Graph:
    file = f"{name}.npz"
    path: Path = must_be_placed(folder, [file]) / file
    with np.load(path, allow_pickle=False) as held:
        features = sparse.csr_array((held["x_data"], held["x_indices"], held["x_indptr"]), tuple(held["x_shape"]))
        parts = {new: held[key].astype(np.int64) for old, new in _PARTS.items() for key in held if key.startswith(old)}
        return graph_from(held["edges"], features.astype(np.float32), labels=held["y"].astype(np.int64), parts=parts)
