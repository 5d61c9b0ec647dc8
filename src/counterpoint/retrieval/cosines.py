"""All cosines between two sets of embeddings."""

import numpy as np
import torch

from counterpoint.base.numerics import unit_rows
from counterpoint.retrieval.checks import finite, float32, matrix, same_width


def cosines(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Cosines float32 `[N, M]` of embeddings `[N, D]` and `[M, D]`; a row of zeros has cosine 0 with all.

    Raises:
        InputError: Not two axes, different D, NaN or infinity (the row is named).
    """
    a_ND, b_MD = float32(matrix("the first embeddings", first)), float32(matrix("the second embeddings", second))
    same_width("the first embeddings", a_ND.shape[1], "the second array", b_MD.shape[1])
    finite("the first embeddings,", a_ND)
    finite("the second embeddings,", b_MD)
    return (unit_rows(torch.from_numpy(a_ND)) @ unit_rows(torch.from_numpy(b_MD)).T).numpy()
