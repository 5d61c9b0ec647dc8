import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.methods.base import Prepared
from counterpoint.training.caching import backward, cached_backward, check_cacheable

CPU = torch.device("cpu")


def prepared(n=11, chunk=4, dim=6, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    views = [torch.randn(n, dim, generator=generator, dtype=dtype) for _ in range(2)]
    return Prepared(calls=[[{"x": part} for part in view.split(chunk)] for view in views], targets={}, size=n)


def gradients(method, run, batch, **options):
    method.zero_grad(set_to_none=True)
    torch.manual_seed(5)
    output = run(method, batch, **options)
    return output.loss.detach(), {name: p.grad for name, p in method.named_parameters()}


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("chunk", [1, 4, 11, 100])
def test_cached_equals_uncached_with_dropout(toy, shared, chunk):
    method = toy.ToyMethod(shared=shared, dropout=0.4).double()
    batch = prepared(chunk=chunk)
    loss, expected = gradients(method, backward, batch)
    cached_loss, found = gradients(method, cached_backward, batch)
    assert cached_loss == loss
    for name, value in expected.items():
        assert value.abs().max() > 1e-4, name
        torch.testing.assert_close(found[name], value, rtol=1e-10, atol=1e-12)


def test_dropout_was_really_active(toy):
    batch = prepared()
    with_dropout = gradients(toy.ToyMethod(dropout=0.4).double(), cached_backward, batch)[0]
    without = gradients(toy.ToyMethod(dropout=0.0).double(), cached_backward, batch)[0]
    assert with_dropout != without


def test_random_stream_goes_on_as_after_an_uncached_pass(toy):
    method = toy.ToyMethod(dropout=0.4).double()
    plain = method.objective

    def drawing(embeddings, targets):
        torch.rand(7)
        return plain(embeddings, targets)

    method.objective = drawing
    draws = []
    for run in (backward, cached_backward):
        gradients(method, run, prepared())
        draws.append(torch.rand(3))
    assert torch.equal(*draws)


def test_gradients_are_added_to_those_already_there(toy):
    method = toy.ToyMethod(dropout=0.0).double()
    _, once = gradients(method, cached_backward, prepared())
    once = {name: value.clone() for name, value in once.items()}
    cached_backward(method, prepared())
    for name, p in method.named_parameters():
        torch.testing.assert_close(p.grad, 2 * once[name])


def test_scale_reaches_every_parameter(toy):
    method = toy.ToyMethod(dropout=0.3).double()
    _, plain = gradients(method, cached_backward, prepared())
    plain = {name: value.clone() for name, value in plain.items()}
    _, scaled = gradients(method, cached_backward, prepared(), scale=lambda loss: 8 * loss)
    for name, value in plain.items():
        torch.testing.assert_close(scaled[name], 8 * value)


def test_autocast_pass_keeps_gradients(toy):
    """A weight cast during the pass without graph must not be reused: it would cut the gradient."""
    method = toy.ToyMethod(dropout=0.0)

    def bf16():
        return torch.autocast("cpu", dtype=torch.bfloat16)

    batch = prepared(dtype=torch.float32)
    _, expected = gradients(method, backward, batch, autocast=bf16)
    _, found = gradients(method, cached_backward, batch, autocast=bf16)
    for name, value in expected.items():
        assert value.abs().max() > 0, name
        torch.testing.assert_close(found[name], value, rtol=0.05, atol=2e-3)


def test_frozen_encoder_and_learned_temperature(toy):
    method = toy.ToyMethod().double()
    method.towers.requires_grad_(False)
    _, expected = gradients(method, backward, prepared())
    _, found = gradients(method, cached_backward, prepared())
    torch.testing.assert_close(found["log_temperature"], expected["log_temperature"])
    assert found["towers.0.0.weight"] is None


def test_only_one_chunk_has_a_graph(toy):
    """What is kept for the backward pass is that of one chunk, however long the batch."""
    held = []
    for n in (8, 64):
        live, most = 0, 0

        def packed(tensor):
            nonlocal live, most
            live += tensor.numel()
            most = max(most, live)
            return tensor

        def unpacked(tensor):
            nonlocal live
            live -= tensor.numel()
            return tensor

        method = toy.ToyMethod(dropout=0.0).double()
        method.objective = _sum_of_first  # an objective without saved tensors, so that only the encoder's count
        with torch.autograd.graph.saved_tensors_hooks(packed, unpacked):
            cached_backward(method, prepared(n=n, chunk=4))
        held.append(most)
    assert held[0] == held[1] > 0


def _sum_of_first(embeddings, targets):
    from counterpoint.methods.base import StepOutput

    return StepOutput(embeddings[0].sum() + embeddings[1].sum(), *embeddings, relation=None)


def test_batch_normalisation_is_refused_unless_frozen():
    net = nn.Sequential(nn.Linear(3, 3), nn.BatchNorm1d(3))
    with pytest.raises(InputError, match=r"cache_chunk.*batch normalisation"):
        check_cacheable(net)
    check_cacheable(net.eval())
    check_cacheable(nn.Sequential(nn.LayerNorm(3)).train())
