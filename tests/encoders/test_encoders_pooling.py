import pytest
import torch

from counterpoint.encoders import CLS, Attention, LastToken, Mean

STATES = torch.arange(2 * 4 * 3, dtype=torch.float32).view(2, 4, 3)
LEFT = torch.tensor([[0, 0, 1, 1], [1, 1, 1, 1]])
RIGHT = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])


@pytest.mark.parametrize(
    ("pooling", "mask", "row"),
    [
        (Mean(), RIGHT, [1.5, 2.5, 3.5]),
        (Mean(), LEFT, [7.5, 8.5, 9.5]),
        (CLS(), RIGHT, [0.0, 1.0, 2.0]),
        (CLS(), LEFT, [6.0, 7.0, 8.0]),
        (LastToken(), RIGHT, [3.0, 4.0, 5.0]),
        (LastToken(), LEFT, [9.0, 10.0, 11.0]),
        (Attention(), RIGHT, [1.5, 2.5, 3.5]),
    ],
)
def test_only_a_texts_own_tokens_count(pooling, mask, row):
    pool = pooling.build(3)
    out = pool(STATES, mask)
    assert out.shape == (2, 3)
    assert out[0].tolist() == row
    padded = STATES.masked_fill(mask[..., None] == 0, 1e6)
    torch.testing.assert_close(pool(padded, mask), out)


def test_attention_is_its_formula():
    pool = Attention().build(3)
    with torch.no_grad():
        pool.query.copy_(torch.tensor([0.1, -0.2, 0.3]))
    weight = torch.softmax(STATES[0, :2] @ pool.query / 3**0.5, dim=0)
    torch.testing.assert_close(pool(STATES, RIGHT)[0], weight @ STATES[0, :2])
    pool(STATES.square(), RIGHT).sum().backward()
    assert pool.query.grad.any()


@pytest.mark.parametrize("pooling", [Mean(), CLS(), LastToken(), Attention()])
def test_a_text_without_tokens_is_finite(pooling):
    assert torch.isfinite(pooling.build(3)(STATES, torch.zeros(2, 4, dtype=torch.int64))).all()
