import pytest
import torch
from torch.nn.functional import normalize

from counterpoint.base.errors import InputError
from counterpoint.pairs.mixing import listed_mixes, paired_mixes


def drawn(seed: int = 0) -> torch.Tensor:
    return torch.randn(4, 3, 5, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_paired_mixes_lie_between_two_of_the_anchors_own():
    n = normalize(drawn(), dim=-1)
    found = paired_mixes(n, mixes=6, generator=torch.Generator().manual_seed(1))
    assert found.shape == (4, 6, 5)
    torch.testing.assert_close(found.norm(dim=-1), torch.ones(4, 6, dtype=torch.float64))
    for own, mixes in zip(n, found, strict=True):
        for mix in mixes:
            shares = torch.linalg.lstsq(own.T, mix[:, None]).solution[:, 0]
            assert (shares > -1e-9).all()
            assert (shares > 1e-9).sum() == 2
            torch.testing.assert_close(shares @ own, mix)


def test_gradients_pass_to_both():
    n = drawn().requires_grad_()
    paired_mixes(n, mixes=4, generator=torch.Generator().manual_seed(0)).sum().backward()
    assert n.grad is not None
    assert (n.grad.abs().sum((1, 2)) > 0).all()


def test_a_listed_mix_is_the_softmax_mean():
    q, n = drawn(3)[:, 0], drawn()
    unit_q, unit_n = normalize(q, dim=-1), normalize(n, dim=-1)
    expected = []
    for one, own in zip(unit_q, unit_n, strict=True):
        weights = torch.exp(own @ one / 0.5)
        expected.append(normalize((weights[:, None] * own).sum(0) / weights.sum(), dim=0))
    torch.testing.assert_close(listed_mixes(q, n, temperature=0.5)[:, 0], torch.stack(expected))


def test_a_cold_listed_mix_is_the_hardest_negative():
    q, n = normalize(drawn(3)[:, 0], dim=-1), normalize(drawn(), dim=-1)
    hardest = n[torch.arange(4), torch.einsum("nd,nhd->nh", q, n).argmax(1)]
    torch.testing.assert_close(listed_mixes(q, n, temperature=1e-4)[:, 0], hardest)


def test_what_cannot_be_mixed_is_refused():
    with pytest.raises(InputError, match="paired mixes need 2 negatives an anchor"):
        paired_mixes(drawn()[:, :1], mixes=1, generator=torch.Generator())
    with pytest.raises(InputError, match=r"negatives must be \[N, H, D\]"):
        listed_mixes(torch.ones(4, 5), torch.ones(4, 5))
    with pytest.raises(InputError, match="temperature 0"):
        listed_mixes(drawn()[:, 0], drawn(), temperature=0)
