import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_types import planted_types


def test_links_and_words_tell_of_the_class():
    graph = planted_types(3, 80, authors=20, subjects=4, loyal=0.7, seed=0)
    assert len(graph) == 240
    for path, per_class in (("PAP", 20), ("PSP", 4)):
        met = graph.links[path].toarray().reshape(240, 3, per_class).sum(2)
        own = met[np.arange(240), graph.labels]
        assert abs(own.sum() / met.sum() - 0.8) < 0.05  # 0.7 and a third of the rest
    told = graph.features.toarray().reshape(240, 3, 16).mean(2)
    own = told[np.arange(240), graph.labels]
    assert own.mean() > 2 * (told.sum(1) - own).mean() / 2


def test_parts_share_no_paper_and_hold_every_class_alike():
    graph = planted_types(2, 40, labelled=10, seed=1)
    parts = np.concatenate(list(graph.parts.values()))
    assert np.sort(parts).tolist() == list(range(80))
    assert np.bincount(graph.labels[graph.parts["train_20"]]).tolist() == [10, 10]
    again = planted_types(2, 40, labelled=10, seed=1)
    np.testing.assert_array_equal(graph.features.toarray(), again.features.toarray())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [({"labelled": 39}, "must leave two of the 40 papers of a class, got 39"), ({"loyal": 2.0}, "must lie in 0..1")],
)
def test_what_does_not_fit_is_one_clear_error(wrong, told):
    with pytest.raises(InputError, match=told):
        planted_types(2, 40, seed=0, **wrong)
