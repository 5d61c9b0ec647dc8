import pytest
import torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.training.soup import delta_soup, uniform_soup


def models(count: int) -> list[dict[str, torch.Tensor]]:
    found = []
    for seed in range(count):
        torch.manual_seed(seed)
        found.append(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).state_dict())
    return found


def test_a_uniform_soup_is_the_mean():
    found = models(3)
    soup = uniform_soup(found)
    torch.testing.assert_close(soup["0.weight"], torch.stack([one["0.weight"] for one in found]).mean(0))
    assert soup["1.num_batches_tracked"].dtype == torch.int64
    nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).load_state_dict(soup)


def test_an_entry_that_one_model_moved_is_that_models():
    start = {"a": torch.zeros(3), "b": torch.ones(2)}
    first, second = (
        {"a": torch.tensor([3.0, 0.0, 0.0]), "b": torch.ones(2)},
        {"a": torch.tensor([0.0, 4.0, 0.0]), "b": torch.ones(2)},
    )
    soup = delta_soup(start, [first, second])
    assert soup["a"].tolist() == [3.0, 4.0, 0.0]
    assert soup["b"].tolist() == [1.0, 1.0]  # nobody moved it


def test_weights_are_shares_of_the_distance():
    start = {"a": torch.tensor([1.0, 1.0])}
    first, second = {"a": torch.tensor([4.0, 2.0])}, {"a": torch.tensor([0.0, 2.0])}
    found = delta_soup(start, [first, second])["a"]
    assert found.tolist() == pytest.approx([0.75 * 4 + 0.25 * 0, 2.0])


def test_one_model_is_itself_and_counters_are_the_firsts():
    start, one, other = models(3)
    for name, value in delta_soup(start, [one]).items():
        torch.testing.assert_close(value, one[name])
    assert delta_soup(start, [one, other])["1.num_batches_tracked"].dtype == torch.int64


def test_models_that_moved_alike_make_a_uniform_soup():
    start, up, down = {"a": torch.zeros(2)}, {"a": torch.tensor([1.0, 2.0])}, {"a": torch.tensor([1.0, -2.0])}
    torch.testing.assert_close(delta_soup(start, [up, down])["a"], uniform_soup([up, down])["a"])


@pytest.mark.parametrize("soup", [uniform_soup, lambda found: delta_soup({}, found)])
def test_no_model_is_refused(soup):
    with pytest.raises(InputError, match="one model at least"):
        soup([])


def test_models_of_other_shapes_are_refused():
    with pytest.raises(InputError, match="model 1 of a soup differs from the first in a"):
        uniform_soup([{"a": torch.zeros(2)}, {"a": torch.zeros(3)}])
