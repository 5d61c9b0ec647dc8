import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.encoders.dynamic_graph import Across, PatchTransformer, time_patches

EVENTS = np.array([[0, 1], [2, 3], [0, 2], [0, 2]])
TIMES = np.array([5.0, 1.0, 7.0, 8.0])


def test_patches_follow_time_and_count_repeated_events():
    first, second = (one.to_dense() for one in time_patches(EVENTS, TIMES, 4, patches=2))
    assert first.nonzero().tolist() == [[0, 1], [1, 0], [2, 3], [3, 2]]
    assert second[0].tolist() == [0, 0, 1, 0]
    whole = time_patches(EVENTS, TIMES, 4, patches=1)[0].to_dense()
    torch.testing.assert_close(whole[0], torch.tensor([0, 1 / 3, 2 / 3, 0]))


@pytest.mark.parametrize("across", Across)
def test_only_attention_remembers_the_first_patch(across):
    torch.manual_seed(0)
    model = PatchTransformer(3, patches=2, across=across).eval()
    x = torch.randn(4, 3)
    early, late = time_patches(EVENTS, TIMES, 4, patches=2)
    changed = torch.zeros(4, 4).to_sparse()
    same = torch.allclose(model(x, [early, late]), model(x, [changed, late]))
    assert same == (across is Across.LAST)


@pytest.mark.parametrize(
    ("events", "times", "patches", "told"),
    [(EVENTS, TIMES[:3], 1, "one time per event"), (EVENTS, TIMES, 9, "patches"), (EVENTS + 2, TIMES, 1, "0..3")],
)
def test_what_does_not_fit_is_one_clear_error(events, times, patches, told):
    with pytest.raises(InputError, match=told):
        time_patches(events, times, 4, patches=patches)
