"""What tests of similarities share."""

import torch

EPS32 = torch.finfo(torch.float32).eps


def scores(similarity, a, b):
    return similarity.scores(similarity.prepare(a), similarity.prepare_candidates(b))


def normal(*shape, seed=0, scale=1.0):
    """Numbers that float32 holds exactly, in float64."""
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=generator)).double()


def rotation(dimensions):
    return torch.linalg.qr(normal(dimensions, dimensions, seed=9))[0]


def gradients(similarity, a, b, weights):
    """Gradients of a weighted sum of scores, weights `[n, m]`."""
    a, b = a.detach().clone().requires_grad_(), b.detach().clone().requires_grad_()
    (scores(similarity, a, b) * weights).sum().backward()
    return a.grad, b.grad
