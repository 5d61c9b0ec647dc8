import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.made_triples import made_triples, said, spoilt


def test_graphs_differ_and_texts_name_what_is_in_them():
    made = made_triples(50, seed=0)
    assert len({one.linear for one in made}) == 50
    for one in made:
        assert len({r for _, r, _ in one.triples}) == 2
        assert all(s in one.text and o in one.text for s, _, o in one.triples)
    assert made == made_triples(50, seed=0)


def test_a_spoilt_text_lacks_something_and_a_right_one_does_not():
    made, rng = made_triples(50, seed=0), np.random.default_rng(0)
    for one in made:
        text = spoilt(one, made, rng)
        assert any(o not in text for _, _, o in one.triples)
        assert all(o in said(one.triples, rng).text for _, _, o in one.triples)


@pytest.mark.parametrize(("triples", "names"), [(0, 30), (7, 30), (3, 3)])
def test_what_does_not_fit_is_one_clear_error(triples, names):
    with pytest.raises(InputError, match="triples must lie in"):
        made_triples(2, triples=triples, names=names, seed=0)
