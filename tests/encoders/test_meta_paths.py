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


@pytest.mark.parametrize(
    ("features", "links", "dim", "told"),
    [
        (2, {}, 4, "links must hold at least one meta-path"),
        (2, {**LINKS, "PCP": sparse.csr_array((4, 2))}, 4, "links must be of the same nodes, one row each, got rows"),
        (0, LINKS, 4, "features and dim must be at least 1, got 0 and 4"),
        (2, LINKS, 0, "features and dim must be at least 1, got 2 and 0"),
    ],
)
def test_what_does_not_fit_is_one_clear_error(features, links, dim, told):
    with pytest.raises(InputError, match=told):
        MetaPathEncoder(features, links, dim=dim)


@pytest.mark.parametrize("shape", [(4, 2), (3, 3), (3,)])
def test_features_are_of_all_nodes(shape):
    encoder = MetaPathEncoder(2, LINKS, dim=4)
    for view in (encoder.coarse, encoder.fine):
        with pytest.raises(InputError, match=r"x must be \[N, F\] = \[3, 2\], a row for every node, got"):
            view(torch.zeros(shape))
