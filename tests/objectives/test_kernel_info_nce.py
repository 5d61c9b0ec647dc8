"""Contrastive learning as spectral clustering: InfoNCE is the cross-entropy of a pair graph and a kernel graph."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import (
    GaussianKernel,
    KernelMixture,
    LaplacianKernel,
    PowerKernel,
    SplitKernels,
)

N, D = 6, 4
LABELS = torch.tensor([0, 1, 0, 1, 1, 0])
OTHERS = ~torch.eye(N, dtype=torch.bool)
PAIRS = ((LABELS[:, None] == LABELS) & OTHERS).double()

POWER = KernelMixture((PowerKernel(0.8, 0.5), GaussianKernel(1.2)), log=True)
HALVES = SplitKernels((PowerKernel(0.8, 0.5), GaussianKernel(1.2)), weights=(0.3, 0.7), log=True)


def rows(n=N, *, seed=0):
    g = torch.Generator().manual_seed(seed)
    return torch.randn(n, D, generator=g, dtype=torch.float64).requires_grad_()


def agree(one, other, *leaves):
    torch.testing.assert_close(one, other)
    for x, y in zip(torch.autograd.grad(one, leaves), torch.autograd.grad(other, leaves), strict=True):
        torch.testing.assert_close(x, y)


def apart(x):
    """Of different rows alone, as a norm has no derivative at 0."""
    place = OTHERS.nonzero()
    return x.new_zeros(N, N).index_put(tuple(place.T), (x[place[:, 0]] - x[place[:, 1]]).norm(dim=1))


def kernel(z, similarity):
    d = apart(z)
    if similarity is POWER:
        return (torch.exp(-((d / 0.8) ** 0.5)) + torch.exp(-((d / 1.2) ** 2) / 2)) / 2
    left, right = apart(z[:, :2]), apart(z[:, 2:])
    return 0.3 * torch.exp(-((left / 0.8) ** 0.5)) + 0.7 * torch.exp(-((right / 1.2) ** 2) / 2)


@pytest.mark.parametrize("similarity", [POWER, HALVES], ids=["mixture", "halves"])
def test_it_is_the_cross_entropy_of_two_graphs(similarity):
    """Each node draws one neighbour from either graph; the cross-entropy of the two draws, averaged over nodes."""
    z = rows()
    with torch.no_grad():
        given = PAIRS / PAIRS.sum(1, keepdim=True)
    k = kernel(z + 0.0, similarity)
    k = torch.where(OTHERS, k, 0.0)
    learned = k / k.sum(1, keepdim=True)
    expected = -(given[OTHERS] * learned[OTHERS].log()).sum() / N
    agree(InfoNCE(temperature=1.0, similarity=similarity)(z, labels=LABELS), expected, z)


def test_with_a_gaussian_kernel_attraction_is_the_laplacian():
    """tr(Z' L Z) of the pair graph, and the logarithm of every node's degree in the kernel graph as repulsion."""
    z, width = rows(), 0.9
    given = PAIRS / PAIRS.sum(1, keepdim=True)
    graph = (given + given.T) / 2
    laplacian = torch.diag(graph.sum(1)) - graph
    attraction = torch.trace(z.T @ laplacian @ z) / width**2
    degrees = torch.where(OTHERS, torch.exp(-apart(z).square() / (2 * width**2)), 0.0).sum(1)
    objective = InfoNCE(temperature=1.0, similarity=KernelMixture((GaussianKernel(width),), log=True))
    agree(objective(z, labels=LABELS), (attraction + degrees.log().sum()) / N, z)


def test_powers_are_the_known_kernels():
    a, b = rows(), rows(7, seed=1)
    for power, same in ((1.0, LaplacianKernel(0.7)), (2.0, GaussianKernel(0.7 / 2**0.5))):
        one, other = PowerKernel(0.7, power), same
        agree(
            one.scores(one.prepare(a), one.prepare_candidates(b)).sum(),
            other.scores(other.prepare(a), other.prepare_candidates(b)).sum(),
            a,
            b,
        )


def test_one_slice_is_a_mixture_of_one():
    a, b = rows(), rows(seed=1)
    one, other = SplitKernels((GaussianKernel(),), log=True), KernelMixture((GaussianKernel(),), log=True)
    agree(InfoNCE(similarity=one)(a, b), InfoNCE(similarity=other)(a, b), a, b)


def test_rows_that_cannot_be_cut_evenly():
    with pytest.raises(InputError, match="rows of width 4 cannot be cut into 3 slices"):
        InfoNCE(similarity=SplitKernels((GaussianKernel(),) * 3))(rows(), rows())


@pytest.mark.parametrize(("width", "power"), [(0.0, 1.0), (1.0, 0.0), (1.0, 2.1), (1.0, float("nan"))])
def test_bad_powers(width, power):
    with pytest.raises(InputError, match="must be"):
        PowerKernel(width, power)
