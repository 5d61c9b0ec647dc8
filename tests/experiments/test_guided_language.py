import pytest
import torch

from counterpoint.experiments.guided_language import Writer, WriterSettings, bridge_plans, learn_to_write


def test_a_bridge_has_the_ends_drawn_and_the_variance_of_its_time():
    torch.manual_seed(0)
    first, last = torch.randn(500, 2) * 0.1, torch.randn(500, 2) * 0.1 + torch.tensor([4.0, -2.0])
    plans = bridge_plans(first, last, count=4000, points=5)
    assert plans.shape == (4000, 5, 2)
    assert plans[:, 0].mean(0) == pytest.approx([0, 0], abs=0.05)
    assert plans[:, -1].mean(0) == pytest.approx([4, -2], abs=0.05)
    share = torch.arange(5) / 4
    off = plans - (1 - share)[:, None] * plans[:, :1] - share[:, None] * plans[:, -1:]
    assert off.var(0).mean(1) == pytest.approx(share * (1 - share), abs=0.02)
    assert bridge_plans(first, last, count=3, points=2).shape == (3, 2, 2)


def test_a_writer_sees_the_sentence_before_and_no_word_to_come():
    torch.manual_seed(0)
    writer = Writer(20, 3, 16)
    before, words, plan = torch.randint(20, (2, 4)), torch.randint(20, (2, 3)), torch.randn(2, 2, 3)
    scores = writer(before, words, plan)
    assert scores.shape == (2, 4, 20)
    later = words.clone()
    later[:, 2] = (later[:, 2] + 1) % 20
    assert torch.equal(writer(before, later, plan)[:, :3], scores[:, :3])
    assert not torch.equal(writer(before.flip(0), words, plan), scores)
    assert not torch.equal(writer(before, words, plan.flip(1)), scores)


def test_it_writes_what_the_plan_says_and_leaves_the_random_state_alone():
    torch.manual_seed(0)
    told = torch.rand(200, 4, 1).round()
    words = (told * 5).long() + torch.randint(5, (200, 4, 3))  # 0 to 4 where the plan says 0, else 5 to 9
    state = torch.get_rng_state()
    writer = learn_to_write(words, told, 10, WriterSettings(steps=80, width=32, learning_rate=3e-2), seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    plans = torch.rand(50, 4, 1).round()
    written = writer.write(plans, words=3)
    assert written.shape == (50, 4, 3)
    assert ((written >= 5) == (plans > 0)).float().mean() > 0.95
