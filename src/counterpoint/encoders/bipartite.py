"""The graph of who took what, normalised, with what recommenders ask of it."""

import warnings

import numpy as np
import torch
from scipy import sparse
from sklearn.utils.extmath import randomized_svd
from torch import Tensor

from counterpoint.base.errors import InputError


class BipartiteGraph:
    """Users and items as the nodes of one graph, users first, with the symmetric normalisation.

    ``A_ui = A_iu = 1 / sqrt(d_u d_i)`` for every interaction; a node without one has a row of zeros.

    Attributes:
        users: int64 `[E]`.
        items: int64 `[E]`.
        shape: Numbers of users and of items.
        adjacency: Sparse `[U + I, U + I]` float32, symmetric.
        degrees: float32 `[U + I]`, interactions of every user, then of every item.
    """

    def __init__(self, users: np.ndarray, items: np.ndarray, shape: tuple[int, int]) -> None:
        """Normalise.

        Raises:
            InputError: Numbers of users and items differ, are out of range, or there is none.
        """
        if len(users) != len(items) or not len(users):
            raise InputError(f"one item per user is needed, got {len(users)} users and {len(items)} items")
        for name, numbers, count in (("users", users, shape[0]), ("items", items, shape[1])):
            if numbers.min() < 0 or numbers.max() >= count:
                raise InputError(f"{name} must lie in 0..{count - 1}, got {numbers.min()} to {numbers.max()}")
        self.users, self.items, self.shape = users, items, shape
        sizes = [np.bincount(one, minlength=n) for one, n in zip((users, items), shape, strict=True)]
        self.degrees = torch.from_numpy(np.concatenate(sizes)).float()
        self._block = sparse.csr_array(((sizes[0][users] * sizes[1][items]) ** -0.5, (users, items)), shape)
        whole = sparse.block_array([[None, self._block], [self._block.T, None]])
        self.adjacency = sparse_rows(sparse.csr_array(whole))

    def dropped(self, share: float, rng: np.random.Generator) -> "BipartiteGraph":
        """The graph without a random share of its interactions, normalised anew; SGL's edge dropout."""
        keep = rng.random(len(self.users)) >= share
        if not keep.any():
            keep[0] = True
        return BipartiteGraph(self.users[keep], self.items[keep], self.shape)

    def among(self, users: Tensor, items: Tensor) -> Tensor:
        """Interactions int64 `[E, 2]` of some users with some items, by their places in these.

        Args:
            users: int64 `[u]`.
            items: int64 `[i]`.
        """
        found = self._block[users.cpu().numpy()][:, items.cpu().numpy()].nonzero()
        return torch.from_numpy(np.stack(found, axis=1).astype(np.int64)).to(users.device)

    def low_rank(self, rank: int, *, seed: int) -> tuple[Tensor, Tensor]:
        """``P [n, q]`` and ``Q [n, q]`` with ``P Q^T`` the best approximation of rank q of users by items, symmetric.

        The truncated singular value decomposition by randomised subspace iteration (Halko, Martinsson and Tropp, 2011),
        as in LightGCL, whose global view is ``P (Q^T E)``.

        Raises:
            InputError: The rank is not below the numbers of users and items.
        """
        if not 1 <= rank < min(self.shape):
            raise InputError(f"rank must lie in 1..{min(self.shape) - 1}, got {rank}")
        u, s, vt = randomized_svd(self._block, rank, random_state=seed)
        zeros = [np.zeros((count, rank)) for count in self.shape]
        left = np.block([[u * s, zeros[0]], [zeros[1], vt.T * s]])
        right = np.block([[zeros[0], u], [vt.T, zeros[1]]])
        return torch.from_numpy(left).float(), torch.from_numpy(right).float()


def sparse_rows(matrix: sparse.csr_array) -> Tensor:
    """A sparse float32 matrix of torch's."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Sparse CSR tensor support is in beta", UserWarning)
        return torch.sparse_csr_tensor(
            # With 64-bit numbers the product takes twice as long.
            torch.from_numpy(matrix.indptr.astype(np.int32)),
            torch.from_numpy(matrix.indices.astype(np.int32)),
            torch.from_numpy(matrix.data.astype(np.float32)),
            size=matrix.shape,
            check_invariants=True,
        )
