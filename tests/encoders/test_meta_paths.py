import numpy as np
import pytest
import torch
from scipy import sparse

from counterpoint.base.errors import InputError
from counterpoint.encoders.meta_paths import MetaPathEncoder

LINKS = {
    "PAP": sparse.csr_array(np.array([[1, 0], [1, 1], [0, 0]])),
    "PSP": sparse.csr_array(np.array([[1], [1], [1]])),
}


def test_a_step_goes_there_and_back_as_means():
    torch.manual_seed(0)
    encoder = MetaPathEncoder(2, LINKS, dim=4)
    x = torch.randn(3, 2)
    h = torch.nn.functional.elu(encoder.features(x))
    back = torch.stack([(h[0] + h[1]) / 2, h[1]])
    authors = torch.stack([back[0], back.mean(0), torch.zeros(4)])  # nobody wrote the last
    subjects = h.mean(0).expand(3, 4)
    torch.testing.assert_close(encoder.coarse(x), encoder.spread((authors + subjects) / 2))
    assert encoder.fine(x).shape == (3, 4)


def test_what_does_not_fit_is_one_clear_error():
    with pytest.raises(InputError, match="at least one meta-path"):
        MetaPathEncoder(2, {})
