"""Graphs with several kinds of nodes: papers or authors with what they are linked to, and their classes."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from scipy import sparse

from counterpoint.data.graphs import rows_of
from counterpoint.data.sets.place import must_be_placed


class Heterogeneous(StrEnum):
    """Sets that HeCo's authors prepared."""

    ACM = "acm"
    DBLP = "dblp"


@dataclass(frozen=True, kw_only=True, eq=False)
class HeteroGraph:
    """N target nodes and what they are linked to by kind; a meta-path goes there and back.

    Attributes:
        features: Sparse `[N, F]` of the target nodes.
        links: By the name of a meta-path, 0 and 1 `[N, M]`: which nodes of another kind a target node reaches.
        labels: int64 `[N]`.
        parts: Nodes by name: ``train_20`` (20 labelled ones a class), ``val_20``, ``test_20``, and so for 40 and 60.
    """

    features: sparse.csr_array
    links: dict[str, sparse.csr_array]
    labels: np.ndarray
    parts: dict[str, np.ndarray]

    def __len__(self) -> int:
        """N."""
        return rows_of(self.features)


def heterogeneous(name: Heterogeneous) -> HeteroGraph:
    """ACM (4,019 papers by authors and subjects) or DBLP (4,057 authors by papers, venues and terms).

    Wang, Liu, Han and Shi (2021), "Self-supervised Heterogeneous Graph Neural Network with Co-contrastive Learning",
    arXiv:2105.09111. There is no download: it must be placed in ``COUNTERPOINT_DATA/hetero_heco``.

    Raises:
        InputError: It is not there.
    """
    file, kind = f"{name}.npz", "p" if name is Heterogeneous.ACM else "a"
    with np.load(must_be_placed("hetero_heco", [file]) / file, allow_pickle=False) as held:
        parts = (
            held[f"{kind}_feat_data"].astype(np.float32),
            held[f"{kind}_feat_indices"],
            held[f"{kind}_feat_indptr"],
        )
        features = sparse.csr_array(parts, tuple(int(one) for one in held[f"{kind}_feat_shape"]))
        links = _of_papers(held) if name is Heterogeneous.ACM else _of_authors(held)
        split = {key: held[key].astype(np.int64) for key in held if key.startswith(("train_", "val_", "test_"))}
        return HeteroGraph(features=features, links=links, labels=held["y"].astype(np.int64), parts=split)


def _of_papers(held: np.lib.npyio.NpzFile) -> dict[str, sparse.csr_array]:
    return {"PAP": _incidence(held["pa"]), "PSP": _incidence(held["ps"])}


def _of_authors(held: np.lib.npyio.NpzFile) -> dict[str, sparse.csr_array]:
    papers = sparse.csr_array(_incidence(held["pa"]).T)
    reached = {name: (papers @ _incidence(held[key])) > 0 for name, key in _BEYOND.items()}
    return {"APA": papers, **{name: sparse.csr_array(one, dtype=np.float32) for name, one in reached.items()}}


_BEYOND = {"APCPA": "pc", "APTPA": "pt"}


def _incidence(pairs: np.ndarray) -> sparse.csr_array:
    """0 and 1: rows by the first number, columns by the second."""
    shape = tuple(int(one) + 1 for one in pairs.max(0))
    return sparse.csr_array((np.ones(len(pairs), dtype=np.float32), (pairs[:, 0], pairs[:, 1])), shape)
