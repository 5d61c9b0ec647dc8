"""What losses of several views share."""

from torch import Tensor


def means_of_others(views_NVD: Tensor) -> Tensor:
    """`[N, V, D]`: in the place of every view the mean of the others."""
    return (views_NVD.sum(1, keepdim=True) - views_NVD) / (views_NVD.shape[1] - 1)
