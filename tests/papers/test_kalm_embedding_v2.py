"""Hard negatives lie between two ranks, and no answer of the same claim is among them."""

import numpy as np

from counterpoint.experiments.text_retrieval import TextLearner, TextLoop, scifact_texts
from counterpoint.papers.kalm_embedding_v2 import mined


def test_negatives_are_of_the_ranks_asked_once_answers_are_left_out():
    data = scifact_texts(queries=40, documents=120, seed=0)
    learner = TextLearner(data, TextLoop(steps=1), seed=0)
    # nearly every document stands in the ranks, so that answers which are not left out would be drawn of some query
    found = mined(learner, (0, len(data.documents) - 5)).numpy()
    few = mined(learner, (10, 30)).numpy()
    queries, documents = (learner.encoder.encode(side) for side in (data.train, data.documents))
    for row, query in enumerate(data.train):
        answers = [answer for one, answer in zip(data.train, data.positive, strict=True) if one == query]
        assert not set(answers) & {*found[row], *few[row]}
        order = [one for one in np.argsort(-(queries[row] @ documents.T)) if one not in answers]
        assert {order.index(one) for one in few[row]} <= set(range(10, 30))
        assert len(set(few[row])) == few.shape[1] == 7
