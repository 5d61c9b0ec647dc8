import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.data.planted_citations import planted_citations


def test_most_citations_stay_in_the_sub_topic_and_few_of_its_papers_cite_each_other():
    graph = planted_citations(topics=4, parts=5, size=20, seed=0)
    assert graph.labels is not None
    assert np.bincount(graph.labels).tolist() == [20] * 20
    part = graph.labels[graph.edges]
    same, near = part[:, 0] == part[:, 1], part[:, 0] // 5 == part[:, 1] // 5
    assert same.mean() == pytest.approx(0.6, abs=0.05)
    assert near.mean() == pytest.approx(0.6 + 0.2 + 0.2 / 4, abs=0.05)
    assert same.sum() < 0.3 * 20 * (20 * 19 / 2)


def test_words_of_sub_topics_and_topics_are_only_theirs():
    graph = planted_citations(topics=2, parts=3, size=50, seed=1)
    assert graph.labels is not None
    words = graph.features.toarray()
    assert words.shape == (300, 6 * 20 + 2 * 30 + 300)
    for part in range(6):
        own = words[graph.labels == part]
        assert own[:, 20 * part : 20 * part + 20].mean() == pytest.approx(0.2, abs=0.05)
        assert own[:, :120].sum() == own[:, 20 * part : 20 * part + 20].sum()
        topic = 120 + 30 * (part // 3)
        assert own[:, 120:180].sum() == own[:, topic : topic + 30].sum()


def test_the_same_seed_makes_the_same_graph():
    one, again, other = (planted_citations(topics=2, parts=2, size=10, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(one.edges, again.edges)
    assert (one.features != again.features).nnz == 0
    assert not np.array_equal(one.edges, other.edges)


@pytest.mark.parametrize("wrong", [{"size": 0}, {"shares": (0.5, 0.5)}, {"shares": (0.6, 0.6, -0.2)}])
def test_what_makes_no_sense_is_refused(wrong):
    with pytest.raises(InputError, match="must be"):
        planted_citations(**{"topics": 2, "parts": 2, "size": 5, "seed": 0, **wrong})
