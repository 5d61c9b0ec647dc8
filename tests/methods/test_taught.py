"""Distillation: the loss against the teacher's embeddings, who learns, and what a run remembers of its teacher."""

import pytest
import torch

from counterpoint.base.errors import InputError
from counterpoint.data import Examples, MemoryTable, Supervision, infer_roles
from counterpoint.encoders import LinearHead, NoHead, Saved, SmallBert, StaticText
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import Alignment, InfoNCE
from counterpoint.training import TrainSettings
from counterpoint.training.caching import backward, cached_backward
from counterpoint.views import Identity, WordDrop, fork

TO_SIX = LinearHead(out_dim=6)
AS_THEY_ARE = (Identity(), Identity())
TEXTS = [f"{first} {second} here" for first in ("cat", "dog", "sun") for second in ("one", "two", "three")]


@pytest.fixture
def teacher(tmp_path):
    torch.manual_seed(5)
    StaticText(dim=6, min_frequency=1).build(TEXTS).save(tmp_path / "teacher")
    return Saved(folder=str(tmp_path / "teacher"))


def made(teacher, objective, *, dim=4, head=TO_SIX, encoder=None, views=AS_THEY_ARE):
    recipe = Recipe(
        encoder=encoder or StaticText(dim=dim, min_frequency=1),
        objective=objective,
        supervision=Supervision.VIEWS,
        training=TrainSettings(steps=1, batch_size=9),
        head=head,
        teacher=teacher,
        views=views,
    )
    table = MemoryTable({"text": TEXTS})
    return recipe.build(TEXTS), Examples(table, infer_roles(table)).batch(range(9))


@pytest.mark.parametrize("objective", [InfoNCE(temperature=0.1), Alignment()])
def test_the_loss_is_that_against_the_teachers_embeddings(teacher, objective):
    method, batch = made(teacher, objective)
    output = backward(method, method.prepare(batch, torch.arange(9)))
    known = torch.from_numpy(teacher.build().encode(TEXTS, normalize=False))
    student = method.head(method.student(method.student.collate(TEXTS)))
    torch.testing.assert_close(output.loss, objective(student, known))
    assert all(one.grad is not None for one in method.parameters() if one.requires_grad)
    assert all(one.grad is None for one in method.teacher.parameters())
    assert not any("teacher" in name for name in method.state_dict()), "it is in no checkpoint"


def test_each_side_has_its_own_view(teacher):
    first, second = WordDrop(rate=0.3), WordDrop(rate=0.6)
    method, batch = made(teacher, Alignment(), views=(first, second))
    seeds = torch.arange(9)
    output = backward(method, method.prepare(batch, seeds))
    seen, taught = (view(TEXTS, fork(seeds, call)) for call, view in enumerate((first, second)))
    assert len({*map(tuple, (TEXTS, seen, taught))}) == 3
    known = torch.from_numpy(teacher.build().encode(taught, normalize=False))
    student = method.head(method.student(method.student.collate(seen)))
    torch.testing.assert_close(output.loss, Alignment()(student, known))


def test_chunks_change_nothing_and_do_not_read_the_teacher_twice(teacher):
    method, batch = made(teacher, InfoNCE(temperature=0.1))
    backward(method, method.prepare(batch, torch.arange(9)))
    first = [one.grad.clone() for one in method.parameters()]
    method.zero_grad()
    asked: list[int] = []
    method.teacher.register_forward_hook(lambda *_: asked.append(1))
    cached_backward(method, method.prepare(batch, torch.arange(9), chunk=4))
    assert len(asked) == 3
    for one, expected in zip(method.parameters(), first, strict=True):
        torch.testing.assert_close(one.grad, expected)


def test_another_teacher_is_another_run(teacher, tmp_path):
    method, _ = made(teacher, InfoNCE())
    torch.manual_seed(6)
    StaticText(dim=6, min_frequency=1).build(TEXTS).save(tmp_path / "other")
    other, _ = made(Saved(folder=str(tmp_path / "other")), InfoNCE())
    assert method.outside.keys() == {"the teacher"}
    assert method.outside != other.outside


def test_what_cannot_teach(teacher):
    with pytest.raises(
        InputError, match=r"into 6 dimensions, and what learns into 4: give head=LinearHead\(out_dim=6\)"
    ):
        made(teacher, InfoNCE(), head=NoHead())
    found, _ = made(teacher, InfoNCE(), dim=6, head=NoHead(), encoder=SmallBert(dim=6, heads=2, min_frequency=1))
    assert found.encoder.embedding_dim == 6
