"""A topic model: shares, the bound in closed form, and topics that were planted."""

import pytest
import torch
from torch.distributions import Independent, Normal, kl_divergence

from counterpoint.base.errors import InputError
from counterpoint.encoders.topics import Read, TopicModel
from counterpoint.evaluation import topic_diversity


def made(words: int = 12, topics: int = 3, seed: int = 0) -> tuple[TopicModel, torch.Tensor]:
    torch.manual_seed(seed)
    bags = torch.poisson(torch.rand(20, words) * 2) + torch.eye(20, words)
    return TopicModel(bags.sum(0), topics), bags


def test_shares_sum_to_one():
    model, bags = made()
    for one in (model, model.eval()):
        read = one(bags)
        torch.testing.assert_close(read.topics.sum(1), torch.ones(20))
        torch.testing.assert_close(one.log_words(read.topics).exp().sum(1), torch.ones(20))


def test_without_topics_words_are_those_of_the_sample():
    model, bags = made()
    torch.nn.init.zeros_(model.words)
    torch.testing.assert_close(model.log_words(torch.ones(1, 3) / 3).exp()[0], bags.sum(0) / bags.sum())


def test_divergence_is_that_of_two_normals():
    model, bags = made(topics=4)
    model.eval()
    hidden = model.read(bags.log1p())
    posterior = Normal(model.mean(hidden), (model.log_variance(hidden) / 2).exp())
    prior = Normal(torch.zeros(20, 4), torch.full((20, 4), (1 - 1 / 4) ** 0.5))
    wanted = kl_divergence(Independent(posterior, 1), Independent(prior, 1))
    torch.testing.assert_close(model(bags).divergence, wanted)


def test_the_loss_is_the_bound_document_by_document():
    model, bags = made()
    read = Read(torch.rand(20, 3).softmax(1), torch.rand(20))
    wanted = []
    for bag, topics, divergence in zip(bags, read.topics, read.divergence, strict=True):
        shares = (model.background + topics @ model.words).softmax(0)
        wanted.append(divergence - sum(count * share.log() for count, share in zip(bag, shares, strict=True)))
    torch.testing.assert_close(model.loss(bags, read), torch.stack(wanted).mean())


def test_only_training_draws():
    model, bags = made()
    assert not torch.equal(model(bags).topics, model(bags).topics)
    model.eval()
    assert torch.equal(model(bags).topics, model(bags).topics)


def test_planted_topics_are_found():
    """Documents of one of three sets of words each; the top words of the three topics are the three sets."""
    torch.manual_seed(0)
    planted = torch.arange(300) % 3
    rates = torch.full((300, 12), 0.05)
    for topic in range(3):
        rates[planted == topic, 4 * topic : 4 * topic + 4] = 3.0
    bags = torch.poisson(rates)
    model = TopicModel(bags.sum(0), 3, hidden=20)
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(150):
        optimiser.zero_grad()
        model.loss(bags, model(bags)).backward()
        optimiser.step()
    top = model.top_words(4)
    assert topic_diversity(top.numpy()) == 1
    assert {frozenset(one.tolist()) for one in top} == {frozenset(range(4 * k, 4 * k + 4)) for k in range(3)}


def test_bad_input():
    with pytest.raises(InputError, match="all above 0"):
        TopicModel(torch.tensor([1.0, 0.0]), 2)
    with pytest.raises(InputError, match="topics must be at least 2, got 1"):
        TopicModel(torch.ones(3), 1)
    with pytest.raises(InputError, match="from 1 to the 12 words known, got 13"):
        made()[0].top_words(13)


@pytest.mark.parametrize("shape", [(20, 11), (12,)])
def test_bags_of_other_words_are_one_clear_error(shape):
    with pytest.raises(InputError, match=r"bags must be \[N, 12\], got shape"):
        made()[0](torch.ones(shape))


def test_one_bag_is_read_but_not_learnt_from():
    model, bags = made()
    with pytest.raises(InputError, match="needs at least 2 bags, got 1"):
        model(bags[:1])
    model.eval()
    torch.testing.assert_close(model(bags[:1]).topics, model(bags).topics[:1])
