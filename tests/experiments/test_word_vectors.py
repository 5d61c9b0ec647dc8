"""Word vectors: the step is the gradient's, pairs are those of the windows, and words alike end up near each other."""

import numpy as np
import pytest
import torch

import counterpoint as cp
from counterpoint.base.errors import InputError
from counterpoint.experiments import word_vectors
from counterpoint.experiments.push_pull import PushPull, _Tables
from counterpoint.experiments.word_vectors import Windows, WordVectors, learn_word_vectors
from counterpoint.retrieval import search


def hinge(u, v, rows, margin):
    centre, context, strange = rows
    unit = torch.nn.functional.normalize(v, dim=1)
    return (margin - (u[centre] * (unit[context] - unit[strange])).sum(1)).relu().sum()


def test_a_step_goes_down_the_hinge_scaled_row_by_row():
    table = _Tables(90, 4, torch.Generator().manual_seed(0))
    table.u = torch.randn(90, 4, generator=torch.Generator().manual_seed(1))
    u, v = table.u.clone().requires_grad_(), table.v.clone().requires_grad_()
    rows = torch.arange(90).view(3, 30)  # no row is in two pairs
    margin = 0.5
    hinge(u, v, rows, margin).backward()
    assert u.grad is not None
    assert v.grad is not None
    assert 0 < (u.grad.norm(dim=1) > 0).sum() < 30  # some pairs are far enough apart already
    table.step(*rows, margin=margin, rate=1e-3)
    expected = -1e-3 * u.grad / (u.grad.square().mean(1, keepdim=True) + 1e-8).sqrt()
    assert torch.allclose(table.u - u.detach(), expected, atol=1e-6)
    pulled = (u.grad.norm(dim=1) > 0)[:30].nonzero()[:, 0]
    pull = 1e-3 * u.detach() / (u.detach().square().mean(1, keepdim=True) + 1e-8).sqrt()
    for rows_of, sign in ((rows[1], 1), (rows[2], -1)):
        assert torch.allclose((table.v - v.detach())[rows_of[pulled]], sign * pull[pulled], atol=1e-6)
    moved = torch.nn.functional.normalize(table.v, dim=1) - v.detach()
    for row in range(90):
        if v.grad[row].norm() > 0:
            assert torch.cosine_similarity(moved[row], -v.grad[row], dim=0) > 0.999
        else:
            assert moved[row].norm() < 1e-6


def test_things_with_the_same_contexts_are_alike():
    rng = np.random.default_rng(0)
    centres = rng.integers(0, 6, 20_000)
    contexts = 6 + rng.integers(0, 3, 20_000) + 3 * (centres >= 3)
    u = PushPull(dim=8, batch=500)(centres, contexts, 12, seed=0)[:6]
    cosines = np.corrcoef(u)
    assert cosines[:3, :3].min() > 0.8
    assert cosines[:3, 3:].max() < 0.0


def test_the_same_seed_gives_the_same_vectors_and_another_does_not():
    centres, contexts = np.arange(40) % 5, np.arange(40) % 7
    one, same, other = (PushPull(dim=4, batch=10)(centres, contexts, 7, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(one, same)
    assert not np.allclose(one, other)


def pairs_of(monkeypatch, texts, epochs=1, **windows):
    """What the learner is given, in words."""
    seen = []

    def passes(self, each, number, count, *, seed):
        seen.extend(list(each))
        assert len(seen) == number
        return np.zeros((count, 1), np.float32)

    monkeypatch.setattr(PushPull, "passes", passes)
    found = learn_word_vectors(texts, windows=Windows(**{"least": 1, "share": 1e9, **windows}), epochs=epochs)
    return [[(found.words[a], found.words[b]) for a, b in zip(*one, strict=True)] for one in seen]


def test_neighbours_are_pairs_both_ways_and_texts_are_not_neighbours(monkeypatch):
    (found,) = pairs_of(monkeypatch, [["a", "b", "c"], ["d"], ["e", "f"]], reach=1)
    assert sorted(found) == sorted([("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("e", "f"), ("f", "e")])


def test_a_window_reaches_evenly_from_one_to_its_reach(monkeypatch):
    text = [str(number) for number in range(30_000)]
    (found,) = pairs_of(monkeypatch, [text], reach=4)
    apart = np.bincount([abs(int(a) - int(b)) for a, b in found], minlength=5)
    assert apart[0] == 0
    assert len(apart) == 5
    assert np.allclose(apart[1:] / 60_000, [1, 0.75, 0.5, 0.25], atol=0.02)
    signs = np.zeros(len(text), int)
    for a, b in found:
        signs[int(a)] += np.sign(int(b) - int(a))
    assert not signs[4:-4].any()  # one reach a word, to both sides


def test_frequent_words_are_left_out_as_often_as_said(monkeypatch):
    text = ["the", "rare"] * 50_000 + [f"w{number}" for number in range(100_000)]
    (found,) = pairs_of(monkeypatch, [text], reach=1, share=0.01)
    kept = np.sqrt(0.01 / 0.25) + 0.01 / 0.25
    frequent = sum(a == "the" for a, _ in found) / 2
    assert frequent == pytest.approx(50_000 * kept, rel=0.02)


def test_rare_words_are_left_out(monkeypatch):
    (found,) = pairs_of(monkeypatch, [["a", "x", "b"], ["a", "b"]], reach=1, least=2)
    assert sorted(found) == [("a", "b")] * 2 + [("b", "a")] * 2


def test_long_texts_are_read_in_parts_again_and_again(monkeypatch):
    monkeypatch.setattr(word_vectors, "_AT_A_TIME", 3)
    found = pairs_of(monkeypatch, [[*"abcdef"]], epochs=2, reach=1)
    expected = [[("a", "b"), ("b", "a"), ("b", "c"), ("c", "b")], [("d", "e"), ("e", "d"), ("e", "f"), ("f", "e")]]
    assert [sorted(one) for one in found] == [*expected, *expected]


def test_saved_words_have_the_same_vectors_and_neighbours(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(7, 4)).astype(np.float32)
    found = WordVectors(tuple("abcdefg"), vectors)
    found.encoder().save(tmp_path)
    model = cp.load(tmp_path)
    again = model.encode(list("gfedcba"), normalize=False)
    np.testing.assert_array_equal(again[::-1], vectors)
    near = search(model.encode(["c", "f"]), model.encode(found.words), 3)
    np.testing.assert_array_equal(near.rows, search(vectors[[2, 5]], vectors, 3).rows)
    with pytest.raises(InputError, match=r"words: 'C' was not there in training; 7 are known, such as 'a'"):
        model.encode(["C"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: learn_word_vectors([["a", "b"]]), "0 words occur 5 times or more"),
        (lambda: learn_word_vectors([["a"], ["b"]] * 9), "stand beside each other"),
        (lambda: learn_word_vectors([["a", "b"] * 9], epochs=0), "epochs must be a positive number, got 0"),
        (lambda: Windows(reach=0), "reach must be a positive number, got 0"),
        (lambda: PushPull(margin=0.0), "margin must be a positive number"),
        (lambda: PushPull()(np.arange(3), np.arange(2), 3, seed=0), "got 3 centres and 2 contexts"),
        (lambda: PushPull()(np.arange(0), np.arange(0), 3, seed=0), "got 0 centres"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(InputError, match=message):
        call()
