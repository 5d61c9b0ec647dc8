"""DefSent+: entries are means of their definitions, and made isotropic without being turned."""

import numpy as np
import torch

from counterpoint.papers.defsent_plus import Dictionary, dictionary, isotropic


def test_isotropic_rows_have_one_variance_and_keep_their_directions():
    mixed = torch.randn(400, 6, generator=torch.Generator().manual_seed(0))
    rows = mixed * torch.tensor([5.0, 2, 1, 1, 0.5, 0.1]) + 3
    found = isotropic(rows)
    spread = torch.linalg.eigvalsh(torch.cov(found.T))
    torch.testing.assert_close(spread, spread.mean().expand_as(spread), rtol=1e-3, atol=0)
    agreement = torch.corrcoef(torch.cat([rows.T, found.T]))[:6, 6:].diagonal()
    assert float(agreement.min()) > 0.9  # each feature is still itself: nothing was turned


def test_directions_that_no_row_uses_stay_empty():
    flat = torch.randn(50, 3, generator=torch.Generator().manual_seed(1)) @ torch.randn(3, 8)
    assert int(torch.linalg.matrix_rank(isotropic(flat), rtol=1e-3)) == 3


def test_an_entry_is_the_mean_of_its_definitions():
    class Counting:
        def encode(self, texts, *, batch_size, normalize):
            return np.array([[len(text), 1.0] for text in texts], dtype=np.float32)

    known = Dictionary(["a", "bbb", "ccccc"], ["x", "y"], torch.tensor([[0, 0], [1, 0], [2, 1]]))
    assert known.entries(Counting()).tolist() == [[2.0, 1.0], [5.0, 1.0]]


def test_every_word_has_a_definition():
    known = dictionary(100)
    assert sorted(set(known.pairs[:, 1].tolist())) == list(range(len(known.words)))
    assert len(set(known.definitions)) == len(known.definitions)
