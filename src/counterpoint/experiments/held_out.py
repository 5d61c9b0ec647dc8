"""Other data to judge a run by: a file, a folder or a named set, with columns of its own."""

from dataclasses import replace

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.data import BadRows, Examples, ImageFormat, Roles, Supervision, Table, infer_roles, present_facts
from counterpoint.data.overrides import overridden
from counterpoint.experiments.judge import collect
from counterpoint.experiments.source import Data, DataSource, load_data, open_data


def load_to_judge(
    source: DataSource,
    on: str,
    *,
    columns: tuple[tuple[str, str], ...] = (),
    reference: str | None = None,
    unlabelled: bool = False,
) -> Data:
    """Examples to judge by, and examples that kNN and the probe may learn from.

    Columns are found by name in ``on`` itself, so a model trained on pairs can be judged on scored or labelled data.

    Args:
        source: What the run was trained on; of that its image size and channels are kept.
        on: File, folder, or ``set:NAME`` for the part of a named set that is to judge by.
        columns: Pairs (role, column) for ``on`` (and ``reference``); without any, those of the run where its columns
            are there.
        reference: File or folder of labelled examples; otherwise the other part of a named set, otherwise the run's
            training data.
        unlabelled: Labels may be judged without labelled examples to learn from, since class names are asked for.

    Raises:
        InputError: A file, column or row is not what was expected, or labels are to be judged and there are no
            labelled examples to learn from.
    """
    trained = load_data(replace(source, test=None, test_fraction=_fraction(source)))
    test, known, overrides = _tables(on, reference)
    usual = _columns_for(test, source)
    if not columns and set(usual.values()) <= set(test.columns):
        overrides = overridden(overrides, usual)
    overrides = overridden(overrides, dict(columns))
    roles = _roles(test, overrides, source)
    if roles.kind is not trained.roles.kind:
        raise InputError(f"{on} holds {roles.kind} examples, and the run was trained on {trained.roles.kind} examples")
    image = trained.train.image if roles.kind is Kind.IMAGE else ImageFormat()
    limit = BadRows(limit=source.bad_rows)
    learnt = trained.train
    if known is not None:
        learnt = Examples(known, _roles(known, overrides, source), bad_rows=limit, image=image)
    if roles.supervision is Supervision.LABELS and learnt.roles.label is None and not unlabelled:
        raise InputError(
            f"{on} has labels, but kNN and the probe have no labelled examples to learn from: the run was trained "
            "without labels. Name a file of such examples with --reference"
        )
    # Without labels in training, the classes are those of the judged rows themselves.
    names = (learnt.label_names or None) if roles.supervision is Supervision.LABELS else None
    judged = Examples(test, roles, bad_rows=limit, image=image, label_names=names)
    return Data(train=learnt, test=judged, roles=roles, described=roles.describe(test))


def _columns_for(test: Table, source: DataSource) -> dict[str, str]:
    """The columns that were named for the run, but for what its relation reads and ``test`` does not have."""
    words = {fact.column for fact in source.facts}
    return {role: column for role, column in source.columns if role not in words or column in test.columns}


def _roles(table: Table, overrides: dict[str, str], source: DataSource) -> Roles:
    """What the relation of the run reads is not needed here, and where it is there, it is no content."""
    facts = present_facts(table, overrides, source.facts)
    return replace(infer_roles(table, overrides, facts=facts), facts=())


def load_outside(source: DataSource, other: str, judged: Data) -> Content:
    """Examples of other data, read as those that are judged: what out-of-distribution detection is to tell apart.

    Args:
        source: What the run was trained on.
        other: File, folder, or ``set:NAME`` for the part of a named set that is to judge by.
        judged: Gives the kind, and size and channels of images.

    Raises:
        InputError: Examples of another kind, or of vectors of another length.
    """
    first, second, overrides = open_data(other)
    table = first if second is None else second
    roles = infer_roles(table, overrides)
    if roles.kind is not judged.roles.kind:
        raise InputError(f"{other} holds {roles.kind} examples, and what is judged holds {judged.roles.kind} examples")
    image = judged.train.image if roles.kind is Kind.IMAGE else ImageFormat()
    roles = replace(roles, positives=(), negatives=(), label=None, score=None, other_kind=None)
    return collect(Examples(table, roles, bad_rows=BadRows(limit=source.bad_rows), image=image)).anchor


def _fraction(source: DataSource) -> float:
    """What was held out of the training data stays out of them."""
    return 0.0 if source.test is not None else source.test_fraction


def _tables(on: str, reference: str | None) -> tuple[Table, Table | None, dict[str, str]]:
    first, second, overrides = open_data(on)
    if reference is not None:
        return first if second is None else second, open_data(reference)[0], overrides
    return (first, None, overrides) if second is None else (second, first, overrides)
