"""How flat the loss is where training ended: the trace of its Hessian, estimated by two ways that need no Hessian."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure


def hessian_trace(
    loss: Tensor, parameters: Sequence[Tensor], *, probes: int = 32, seed: int = 0, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Trace of the Hessian of any loss, by Hutchinson's estimator: the mean of ``v^T H v`` over random signs ``v``.

    Unbiased; its variance is twice the sum of squares off the diagonal, so that a diagonal Hessian takes one probe.
    Each probe costs two backward passes.

    Hutchinson, "A stochastic estimator of the trace of the influence matrix" (1989).

    Args:
        loss: A scalar with its graph.
        parameters: What it is differentiated by twice; those it does not depend on add nothing.
        probes: How many random vectors, two or more.
        seed: Of the vectors.
        bootstrap: Resamples, level and seed; probes are drawn.

    Raises:
        InputError: The loss is no scalar with a graph, or there are too few probes or no parameters.
    """
    if loss.dim() or not loss.requires_grad:
        raise InputError(f"loss must be a scalar with its graph, got shape {tuple(loss.shape)}")
    if not parameters:
        raise InputError("parameters must hold at least one tensor")
    checks.at_least("probes", probes, 2)
    slopes = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
    bent = [(slope, at) for slope, at in zip(slopes, parameters, strict=True) if slope.requires_grad]
    generator = torch.Generator().manual_seed(seed)
    values = [_along(bent, generator) for _ in range(probes)]
    return mean_measure("hessian_trace", np.array(values), bootstrap=bootstrap, greater_is_better=False)


def sampled_label_trace(
    model: nn.Module, inputs: Tensor, *, samples: int = 1, seed: int = 0, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Mean squared gradient of ``log p(y | x)`` with labels y drawn from the model itself.

    It is the trace of the Fisher matrix, and of the Hessian of the cross-entropy wherever the model gives the
    probabilities of the data. One gradient per example, so ``[N, parameters]`` numbers are held.

    Liu, Xie, Li and Ma, "Same Pre-training Loss, Better Downstream: Implicit Bias Matters for Language Models" (2022),
    arXiv:2210.14199.

    Args:
        model: From inputs `[N, ...]` to logits `[N, K]`, each row by itself: in evaluation mode.
        inputs: `[N, ...]`.
        samples: Labels drawn for each.
        seed: Of the draw.
        bootstrap: Resamples, level and seed; examples are drawn.

    Raises:
        InputError: The model is in training mode, or fewer than two inputs.
    """
    if model.training:
        raise InputError("model must be in evaluation mode: rows of a batch may not change each other")
    checks.at_least("the number of inputs", len(inputs), 2)
    checks.at_least("samples", samples, 1)
    learnt = {name: one.detach() for name, one in model.named_parameters() if one.requires_grad}

    def log_probability(parameters: dict[str, Tensor], one: Tensor, label: Tensor) -> Tensor:
        logits_1K = functional_call(model, parameters, (one[None],))
        return logits_1K.log_softmax(1)[0].gather(0, label[None])[0]

    with torch.no_grad():
        probability_NK = model(inputs).softmax(1)
    generator = torch.Generator().manual_seed(seed)
    labels_NS = torch.multinomial(probability_NK, samples, replacement=True, generator=generator)
    slope = vmap(grad(log_probability), in_dims=(None, 0, 0))
    total_N = torch.zeros(len(inputs), dtype=torch.float64)
    for labels_N in labels_NS.T:
        for one in slope(learnt, inputs, labels_N).values():
            total_N += one.flatten(1).square().sum(1).double() / samples
    return mean_measure("sampled_label_trace", total_N.numpy(), bootstrap=bootstrap, greater_is_better=False)


def _along(bent: list[tuple[Tensor, Tensor]], generator: torch.Generator) -> float:
    """The second derivative along random signs."""
    if not bent:
        return 0.0
    slopes, places = zip(*bent, strict=True)
    signs = [(2.0 * torch.randint(2, at.shape, generator=generator) - 1).to(at) for at in places]
    turned = torch.autograd.grad(slopes, places, signs, retain_graph=True, materialize_grads=True)
    return float(sum((sign * one).sum() for sign, one in zip(signs, turned, strict=True)))
