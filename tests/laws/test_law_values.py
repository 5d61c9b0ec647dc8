"""Values and gradients against the paper's equation and finite differences; mutants show that the laws can fail."""

from dataclasses import fields, replace

import pytest
from law_cases import cases, every_call, labels_of, pairwise_variants, variants
from law_checks import equals_reference, every_number_matters, has_right_gradient, streams
from torch.autograd.gradcheck import GradcheckError

from counterpoint.objectives import CLIP, Alignment, InfoNCE, SigLIP
from counterpoint.pairwise import EachView, Loss, Needs, Others, Plan, Problem, Streams, WholeBatch
from counterpoint.pairwise.terms import Axis


@pytest.mark.parametrize(("objective", "case"), every_call(), ids=labels_of)
def test_dense_equals_reference(objective, case):
    equals_reference(objective, case)


@pytest.mark.parametrize(
    ("objective", "case"),
    [(one, case) for one in variants() if not one.detached for case in cases(one, n=4, d=2)],
    ids=labels_of,
)
def test_streamed_gradient_equals_finite_differences(objective, case):
    has_right_gradient(objective, case, Plan(rows=3, cols=2))


@pytest.mark.parametrize("objective", variants(), ids=labels_of)
def test_every_number_has_an_effect(objective):
    every_number_matters(objective, cases(objective))


def mutant(objective: Loss, **methods: object) -> Loss:
    """The objective with some of its methods replaced; its reference stays."""
    kind = type(objective)
    settings = {field.name: getattr(objective, field.name) for field in fields(objective) if field.init}
    return type(f"Mutant{kind.__name__}", (kind,), methods)(**settings)


def wrong_sign(objective):
    return mutant(objective, head=lambda self, *found: -type(objective).head(self, *found))


def half_gradient(objective):
    """The value is right."""

    def terms(self, s_NM, rel):
        return type(objective).terms(self, (s_NM + s_NM.detach()) / 2, rel)

    return mutant(objective, terms=terms)


def compared_with_itself(objective):
    def arrange(self, anchors, candidates, given):
        problem = type(objective).arrange(self, anchors, candidates, given)
        relation = problem.relation
        return Problem(
            problem.anchors, problem.candidates, relation.inner if isinstance(relation, Others) else relation
        )

    return mutant(objective, arrange=arrange)


def ignores(objective, name):
    """A number is not what the caller set."""

    return mutant(
        objective,
        terms=lambda self, s_NM, rel: scaled(objective, self, name).terms(s_NM, rel),
        head=lambda self, *found: scaled(objective, self, name).head(*found),
    )


def scaled(objective, called, name):
    """The objective with one number other than it was called with."""
    return replace(objective, **{name: 1.5 * getattr(called, name)})


def swapped_axes(objective):
    def terms(self, s_NM, rel):
        for term in type(objective).terms(self, s_NM, rel):
            yield replace(term, axis=Axis.COLS if term.axis is Axis.ROWS else Axis.ROWS)

    return mutant(objective, terms=terms)


def looks_beyond_its_entry(objective):
    """Dense it is a loss; on tiles it is another one for every size of tile."""

    def terms(self, s_NM, rel):
        return type(objective).terms(self, s_NM - 0.1 * s_NM.mean(), rel)

    return mutant(objective, terms=terms)


def rejected(law, objective, *arguments) -> bool:
    """Whether some case of the objective shows that it breaks the law."""
    for case in cases(objective):
        try:
            law(objective, case, *arguments)
        except AssertionError:
            return True
    return False


@pytest.mark.parametrize("objective", [one for one in variants() if isinstance(one, WholeBatch)], ids=labels_of)
def test_mutants_of_whole_batches_are_rejected(objective):
    kind = type(objective)
    half = mutant(objective, of=lambda self, z, y: kind.of(self, (z + z.detach()) / 2, y))
    assert not rejected(equals_reference, objective)
    assert rejected(equals_reference, mutant(objective, of=lambda self, z, y: -kind.of(self, z, y)))
    assert rejected(equals_reference, half)
    for name in objective.numbers():
        other = mutant(objective, of=lambda self, z, y, name=name: kind.of(scaled(objective, self, name), z, y))
        assert rejected(equals_reference, other), name


@pytest.mark.parametrize("objective", pairwise_variants(), ids=labels_of)
def test_mutants_are_rejected(objective):
    assert not rejected(equals_reference, objective)
    assert rejected(equals_reference, wrong_sign(objective))
    assert rejected(equals_reference, half_gradient(objective))
    if objective.streams is Streams.TILES:
        assert rejected(streams, looks_beyond_its_entry(objective), Plan(rows=3, cols=2))
    for name in objective.numbers():
        assert rejected(equals_reference, ignores(objective, name)), name
    if not (objective.prototypes or isinstance(objective, EachView) or objective.needs & (Needs.SCORES | Needs.VIEWS)):
        assert rejected(equals_reference, compared_with_itself(objective))


@pytest.mark.parametrize("objective", [InfoNCE(), SigLIP(), Alignment()], ids=labels_of)
def test_swapped_axes_are_rejected(objective):
    """Where anchors are compared among themselves, or both axes are used alike, it is no mutant."""
    assert rejected(equals_reference, swapped_axes(objective))


def test_one_direction_twice_is_rejected():
    def terms(self, s_NM, rel):
        for term in CLIP.terms(self, s_NM, rel):
            if term.axis is Axis.ROWS:
                yield term
        yield from InfoNCE.terms(self, s_NM, rel)

    assert rejected(equals_reference, mutant(CLIP(), terms=terms))


def test_a_number_without_effect_is_rejected():
    idle = mutant(InfoNCE(), having=lambda self, *_: self)
    with pytest.raises(AssertionError, match="no effect"):
        every_number_matters(idle, cases(idle))


def test_a_wrong_backward_is_rejected():
    objective = half_gradient(InfoNCE())
    with pytest.raises(GradcheckError):
        has_right_gradient(objective, cases(objective, n=3, d=2)[0], Plan(rows=2, cols=2))
