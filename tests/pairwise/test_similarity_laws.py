"""What every similarity keeps: streamed as dense, saved and read back, differentiable everywhere, documented."""

import doctest
import inspect
import json
import pickle
from dataclasses import fields

import pytest
import torch
from similar import gradients, normal, scores

import counterpoint.pairwise
from counterpoint.base.spec import from_json, to_json
from counterpoint.objectives import CLIP, InfoNCE, NTXent
from counterpoint.pairwise import (
    DENSE,
    GatedDot,
    GaussianKernel,
    KernelMixture,
    LaplacianKernel,
    MaxSim,
    NegativeEuclidean,
    NegativeKL,
    NegativeLorentz,
    NegativePoincare,
    NegativeSquaredEuclidean,
    Plan,
    PowerKernel,
    SplitKernels,
    VonMisesFisherLikelihood,
)

BOTH = (GaussianKernel(0.8), LaplacianKernel(2.0))
SIMILARITIES = [
    NegativeSquaredEuclidean(),
    NegativeEuclidean(),
    GaussianKernel(width=1.5),
    LaplacianKernel(width=1.5),
    PowerKernel(width=1.5, power=0.7),
    SplitKernels(BOTH, weights=(0.25, 0.75)),
    SplitKernels(BOTH, log=True),
    KernelMixture(BOTH, weights=(0.25, 0.75)),
    KernelMixture(BOTH, log=True),
    NegativePoincare(curvature=0.7),
    NegativeLorentz(curvature=0.7),
    NegativeLorentz(tangent=True),
    NegativeKL(),
    VonMisesFisherLikelihood(),
    VonMisesFisherLikelihood(relative=True),
    MaxSim(),
    MaxSim(mean=True),
    GatedDot(hidden=1),
]
each = pytest.mark.parametrize("similarity", SIMILARITIES, ids=str)
classes = pytest.mark.parametrize("one", sorted({type(s) for s in SIMILARITIES}, key=lambda one: one.__name__))


def rows(similarity, n, seed=0):
    """Random rows, of a length that every similarity can take (points of a ball among them)."""
    return normal(n, *(3,) * (similarity.row_dims - 1), 4, seed=seed, scale=0.25)


def loss_and_gradients(objective, a, b, plan, **given):
    leaves = [x.clone().requires_grad_() for x in (a, b) if x is not None]
    loss = objective(*leaves, plan=plan, **given)
    loss.backward()
    return [loss.detach(), *(leaf.grad for leaf in leaves)]


@each
@pytest.mark.parametrize("objective", [InfoNCE, CLIP, NTXent], ids=lambda one: one.__name__)
def test_streamed_is_dense(similarity, objective):
    one = objective(temperature=0.5, similarity=similarity)
    a, b = rows(similarity, 7), rows(similarity, 7, seed=1)
    dense, tiled = (loss_and_gradients(one, a, b, plan) for plan in (DENSE, Plan(rows=3, cols=2)))
    for x, y in zip(dense, tiled, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-10, atol=1e-12)


@each
def test_streamed_is_dense_among_themselves(similarity):
    labels = torch.tensor([0, 1, 0, 1, 2, 2, 0])
    one, a = InfoNCE(temperature=0.5, similarity=similarity), rows(similarity, 7)
    dense, tiled = (loss_and_gradients(one, a, None, plan, labels=labels) for plan in (DENSE, Plan(rows=3, cols=2)))
    for x, y in zip(dense, tiled, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-10, atol=1e-12)
    s = scores(similarity, a, a) / 0.5
    torch.testing.assert_close(dense[0], info_nce(s, labels))


def info_nce(s, labels):
    """Written out: every other row is a candidate, equal labels are positive."""
    others = ~torch.eye(len(s), dtype=torch.bool)
    losses = [
        torch.logsumexp(row[other], 0) - row[other & (labels == label)].mean()
        for row, other, label in zip(s, others, labels, strict=True)
    ]
    return torch.stack(losses).mean()


@each
def test_negatives_join_the_candidates(similarity):
    a, b, extra = (rows(similarity, n, seed=n) for n in (4, 5, 8))
    one = InfoNCE(similarity=similarity)
    flat = one(a, b[:4], negatives=extra)
    assert torch.equal(flat, one(a, b[:4], negatives=extra.unflatten(0, (4, 2))))
    s = scores(similarity, a, torch.cat([b[:4], extra])) / one.temperature
    torch.testing.assert_close(flat, (torch.logsumexp(s, 1) - s.diagonal()).mean())


@each
def test_gradients_are_finite_differences(similarity):
    a, b = rows(similarity, 3).requires_grad_(), rows(similarity, 4, seed=1).requires_grad_()
    assert torch.autograd.gradcheck(lambda x, y: scores(similarity, x, y), (a, b))


@each
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e-3, 1.0, 100.0])
def test_finite_where_rows_coincide_vanish_or_are_opposite(similarity, dtype, scale):
    a = torch.cat([rows(similarity, 3), torch.zeros_like(rows(similarity, 1))]).to(dtype) * scale
    b = torch.cat([a, -a, rows(similarity, 2, seed=1).to(dtype), 2 * a])
    found = scores(similarity, a, b)
    assert found.dtype == dtype
    assert torch.isfinite(found).all()
    weights = normal(*found.shape).to(dtype)
    assert all(torch.isfinite(gradient).all() for gradient in gradients(similarity, a, b, weights))


@each
def test_single_precision_is_near_double(similarity):
    a, b = rows(similarity, 6), rows(similarity, 7, seed=1)
    torch.testing.assert_close(
        scores(similarity, a.float(), b.float()).double(), scores(similarity, a, b), rtol=2e-5, atol=2e-6
    )
    weights = normal(6, 7, seed=2)
    single = gradients(similarity, a.float(), b.float(), weights.float())
    for x, y in zip(single, gradients(similarity, a, b, weights), strict=True):
        torch.testing.assert_close(x.double(), y, rtol=2e-5, atol=2e-5)


@each
def test_half_precision_is_computed_in_single(similarity):
    a, b = rows(similarity, 4).bfloat16(), rows(similarity, 4, seed=1).bfloat16()
    one = InfoNCE(similarity=similarity)
    assert torch.equal(one(a, b), one(a.float(), b.float()))


@each
def test_it_is_saved_and_read_back(similarity):
    assert from_json(json.loads(json.dumps(to_json(similarity)))) == similarity
    assert pickle.loads(pickle.dumps(similarity)) == similarity
    assert eval(repr(similarity), vars(counterpoint.pairwise)) == similarity


@classes
def test_it_is_documented(one):
    doc = inspect.getdoc(one) or ""
    assert all(word in doc for word in ("Formula", "Shapes", "Example:"))
    assert all(f"{field.name}: " in doc for field in fields(one))
    finder = doctest.DocTestFinder(recurse=False)
    results = [
        doctest.DocTestRunner(verbose=False).run(example)
        for example in finder.find(one, one.__name__, inspect.getmodule(one), globs=dict(vars(counterpoint.pairwise)))
    ]
    assert sum(result.attempted for result in results) > 0
    assert sum(result.failed for result in results) == 0, "the example of its docstring fails, see the output"
