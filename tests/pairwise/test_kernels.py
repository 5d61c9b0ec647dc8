"""Kernels against their formulas, and mixtures against their parts."""

import math

import numpy as np
import pytest
import torch
from similar import gradients, normal, rotation, scores
from sklearn.gaussian_process.kernels import RBF

from counterpoint.base.errors import InputError
from counterpoint.objectives import InfoNCE
from counterpoint.pairwise import (
    GaussianKernel,
    KernelMixture,
    LaplacianKernel,
    NegativeEuclidean,
    NegativeSquaredEuclidean,
)

A, B = normal(5, 3), normal(6, 3, seed=1)
D = torch.cdist(A, B, compute_mode="donot_use_mm_for_euclid_dist")
KERNELS = (GaussianKernel(0.5), GaussianKernel(2.0), LaplacianKernel(1.5))


def test_definitions():
    torch.testing.assert_close(scores(GaussianKernel(0.7), A, B), torch.exp(-D.square() / (2 * 0.7**2)))
    torch.testing.assert_close(scores(LaplacianKernel(0.7), A, B), torch.exp(-D / 0.7))
    np.testing.assert_allclose(scores(GaussianKernel(0.7), A, B), RBF(0.7)(A.numpy(), B.numpy()), rtol=1e-12)


@pytest.mark.parametrize("weights", [(), (0.2, 1.0, 3.0)], ids=str)
def test_a_mixture_is_a_sum(weights):
    parts = zip(weights or (1 / 3,) * 3, KERNELS, strict=True)
    expected = sum(weight * scores(kernel, A, B) for weight, kernel in parts)
    torch.testing.assert_close(scores(KernelMixture(KERNELS, weights), A, B), expected)
    torch.testing.assert_close(scores(KernelMixture(KERNELS, weights, log=True), A, B), expected.log())


def test_a_mixture_of_one_is_that_one():
    torch.testing.assert_close(scores(KernelMixture(KERNELS[:1]), A, B), scores(KERNELS[0], A, B))
    logarithm = scores(KernelMixture((GaussianKernel(math.sqrt(0.5)),), log=True), A, B)
    torch.testing.assert_close(logarithm, scores(NegativeSquaredEuclidean(), A, B))
    logarithm = scores(KernelMixture((LaplacianKernel(),), log=True), A, B)
    torch.testing.assert_close(logarithm, scores(NegativeEuclidean(), A, B))


def test_the_logarithm_makes_kernel_infonce():
    k = scores(KernelMixture(KERNELS), A, B[:5])
    expected = -(k.diagonal() / k.sum(1)).log().mean()
    found = InfoNCE(temperature=1.0, similarity=KernelMixture(KERNELS, log=True))(A, B[:5])
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("kernel", [*KERNELS, KernelMixture(KERNELS)], ids=str)
def test_invariances(kernel):
    s = scores(kernel, A, B)
    torch.testing.assert_close(scores(kernel, B, A), s.T)
    turn, shift = rotation(3), normal(1, 3, seed=5)
    torch.testing.assert_close(scores(kernel, A @ turn + shift, B @ turn + shift), s)
    assert torch.linalg.eigvalsh(scores(kernel, A, A)).min() > 0


def test_a_narrow_bell_never_exceeds_one():
    a = 100 * normal(50, 16).float()
    for kernel in (GaussianKernel(0.01), LaplacianKernel(0.01)):
        assert scores(kernel, a, a).max() <= 1


def test_the_bell_has_its_derivative_where_rows_coincide():
    weights = normal(5, 5)
    found, _ = gradients(GaussianKernel(0.5), A, A.clone(), weights)
    k = scores(GaussianKernel(0.5), A, A)
    exact = (weights * k / 0.25) @ A - (weights * k / 0.25).sum(1, keepdim=True) * A
    torch.testing.assert_close(found, exact)


def test_far_pairs_keep_their_score_and_gradient_in_a_logarithm():
    a, b = torch.zeros(1, 2), torch.tensor([[300.0, 400.0]])
    assert scores(GaussianKernel(), a, b).item() == 0
    logarithm = KernelMixture((GaussianKernel(),), log=True)
    assert scores(logarithm, a, b).item() == -125_000
    assert gradients(logarithm, a, b, torch.ones(1, 1))[0].tolist() == [[300.0, 400.0]]


@pytest.mark.parametrize("width", [0.0, -1.0, math.inf, math.nan, True, "1"])
@pytest.mark.parametrize("kernel", [GaussianKernel, LaplacianKernel])
def test_a_width_is_positive(kernel, width):
    with pytest.raises(InputError, match="width must be a positive number"):
        kernel(width)


def test_a_mixture_needs_kernels_and_weights_that_fit():
    with pytest.raises(InputError, match="at least one kernel"):
        KernelMixture(())
    with pytest.raises(InputError, match="at least one kernel"):
        KernelMixture((NegativeEuclidean(),))
    with pytest.raises(InputError, match="2 weights for 3 kernels"):
        KernelMixture(KERNELS, (1.0, 2.0))
    with pytest.raises(InputError, match="weights must be a positive number"):
        KernelMixture(KERNELS, (1.0, 2.0, 0.0))


def test_tiles_shrink_with_the_number_of_kernels():
    assert KernelMixture(KERNELS).numbers_per_pair(A, B) == 3
