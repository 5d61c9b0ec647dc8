"""From column names and values to roles."""

from collections.abc import Mapping, Sequence

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.base.facts import Fact, Form
from counterpoint.data import names
from counterpoint.data.fact_columns import find_facts
from counterpoint.data.kinds import Heads
from counterpoint.data.overrides import Given, read_overrides
from counterpoint.data.roles import Roles
from counterpoint.data.table import Table, listed

Columns = tuple[str, ...]

WANTED = (
    "anchor + positive (+ negative, negative_1, ...); query + positive; text + label; image + caption; image + label; "
    "sentence1 + sentence2 (+ score); a single column of text, images or vectors; or numeric columns (+ label)"
)


def infer_roles(table: Table, overrides: Mapping[str, str] | None = None, *, facts: Sequence[Fact] = ()) -> Roles:
    """Find out which column is what, by name and by the kind of its values.

    Names are compared without regard to case, and ``-`` or blanks count as ``_``. What the user gives in
    ``overrides`` is never guessed again; roles not mentioned there still are.

    Args:
        table: The data.
        overrides: Role to column name(s); see :func:`counterpoint.data.overrides.read_overrides`.
        facts: What a relation wants to know of every row; their columns are no content.

    Raises:
        InputError: Missing, ambiguous or misspelt columns, or values of the wrong kind; the message lists the columns
            found, the roles wanted and the nearest name.
    """
    given = read_overrides(table, overrides, facts=facts)
    known = find_facts(table, given, facts)
    heads = Heads(table)
    several = {name for one in known if one.fact.form is not Form.NAME for name in one.columns}
    label = _single(table, given, "label", [_without(several, one) for one in (names.LABELS, names.WEAK_LABELS)])
    group = _single(table, given, "group", (names.GROUPS,))
    other = {label, group, *(name for one in known for name in one.columns)}
    free = [name for name in table.columns if name not in given.taken and name not in other]
    anchor, positives = _content(heads, given, free)
    negatives = given.columns("negatives")
    if negatives is None:
        negatives = tuple(name for name in free if names.is_negative(name)) if positives else ()
    score = _single(table, given, "score", (names.SCORES,)) if positives or given.columns("score") else None
    if positives and label and not score and given.columns("label") is None:
        label, score = _pair_label(heads, label, anchor, positives)
    roles = Roles(
        anchor=anchor,
        positives=positives,
        negatives=negatives,
        label=label,
        score=score,
        group=group,
        facts=known,
        kind=_anchor_kind(heads, anchor),
        other_kind=_common_kind(heads, (*positives, *negatives)),
    )
    _refuse_misspelt(roles, given, table)
    return roles


def _single(table: Table, given: Given, role: str, preferences: Sequence[Sequence[str]]) -> str | None:
    if given.columns(role) is not None:
        return given.single(role)
    for known in preferences:
        found = [name for name in table.columns if names.plain(name) in known and name not in given.taken]
        if len(found) > 1:
            raise InputError(f"{table.description}: {listed(found)} could each be the {role}; say {role}=COLUMN")
        if found:
            return found[0]
    return None


def _without(taken: set[str], known: Sequence[str]) -> tuple[str, ...]:
    """Names of a convention that no column has which holds something else."""
    return tuple(name for name in known if name not in {names.plain(one) for one in taken})


def _content(heads: Heads, given: Given, free: list[str]) -> tuple[Columns, Columns]:
    """Anchor and positive columns: as given, else by the first naming convention that fits."""
    anchor, positives = given.columns("anchor"), given.columns("positives")
    if anchor:
        return anchor, _partner(heads, anchor, free) if positives is None else positives
    if positives is not None:
        return _anchor_alone(heads, free), positives
    for convention in (_named_pairs, _numbered_pair, _image_caption):
        found = convention(heads, free)
        if found is not None:
            return found
    return _anchor_alone(heads, free), ()


def _partner(heads: Heads, anchor: Columns, free: list[str]) -> Columns:
    """The positives of an anchor that the user named."""
    positives = tuple(name for name in free if names.is_positive(name))
    if positives or len(anchor) != 1:
        return positives
    known = names.CAPTIONS if heads.kind(anchor[0]) is Kind.IMAGE else (*names.ANSWERS, *names.SECONDS)
    return _one(heads, _named(free, known))


def _named_pairs(heads: Heads, free: list[str]) -> tuple[Columns, Columns] | None:
    positives = tuple(name for name in free if names.is_positive(name))
    rest = [name for name in free if not names.is_positive(name) and not names.is_negative(name)]
    if positives:
        return _anchor_alone(heads, rest), positives
    anchor = _one(heads, _named(rest, names.ANCHORS))
    answer = _one(heads, _named(rest, names.ANSWERS)) if anchor else None
    return (anchor, answer) if anchor and answer else None


def _numbered_pair(heads: Heads, free: list[str]) -> tuple[Columns, Columns] | None:
    for first, second in zip(names.FIRSTS, names.SECONDS, strict=True):
        one, two = _one(heads, _named(free, (first,))), _one(heads, _named(free, (second,)))
        if one and two:
            return one, two
    return None


def _image_caption(heads: Heads, free: list[str]) -> tuple[Columns, Columns] | None:
    image, caption = _one(heads, _named(free, names.IMAGES)), _one(heads, _named(free, names.CAPTIONS))
    return (image, caption) if image and caption else None


def _anchor_alone(heads: Heads, free: list[str]) -> Columns:
    """The one content column: by name, else the only column, else all numeric columns stacked."""
    scalar = [name for name in free if heads.scalars(name)]
    for known in (names.ANCHORS, names.TEXTS, names.IMAGES, names.VECTORS):
        # A single number named x is one feature among others, not the vector.
        found = _one(heads, [name for name in _named(free, known) if name not in scalar])
        if found:
            return found
    content = [name for name in free if not names.is_identifier(name)]
    if len(content) == 1:
        return (content[0],)
    numeric = [name for name in content if name in scalar]
    if numeric and len(numeric) == len(content):
        return tuple(numeric)
    raise InputError(_nothing_found(heads.table, content, numeric))


def _nothing_found(table: Table, content: list[str], numeric: list[str]) -> str:
    parts = [f"{table.description}: no column says what an example is. Columns found: {listed(table.columns)}."]
    near = {name: names.misspelt(name, cutoff=0.6) for name in content}
    meant = [f"{name!r} (did you mean {word!r}?)" for name, word in near.items() if word]
    if meant:
        parts.append(f"Nearly right: {', '.join(meant)}.")
    others = [name for name in content if name not in numeric]
    if numeric and others:
        parts.append(f"{listed(numeric, 5)} are numbers and could be stacked into a vector, {listed(others, 5)} not.")
    parts.append(f"Expected: {WANTED}. Or name the columns: anchor=..., positive=..., label=...")
    return " ".join(parts)


def _pair_label(heads: Heads, label: str, anchor: Columns, positives: Columns) -> tuple[str | None, str | None]:
    """A label beside a pair of sentences says how the two relate: 0/1 is a score, classes of relation are refused."""
    pair = {names.plain(name) for name in (*anchor, *positives)}
    if not pair & {"premise", "hypothesis", *names.FIRSTS, *names.SECONDS}:
        return label, None
    values = {str(value) for value in heads.values(label)}
    if values <= {"0", "1", "0.0", "1.0", "True", "False"}:
        return None, label
    raise InputError(
        f"{heads.table.description}: column {label!r} seems to say how {anchor[0]!r} and {positives[0]!r} relate "
        f"({listed(sorted(values), 4)}), so not every pair is a positive. Keep the rows that are and say label= (no "
        "label), or turn them into the columns anchor, positive, negative"
    )


def _refuse_misspelt(roles: Roles, given: Given, table: Table) -> None:
    """A role that is empty while a column has nearly its name is a mistake, not a choice."""
    filled = {"label": roles.label, "score": roles.score or not roles.positives, "positives": roles.score}
    for name in table.columns:
        meant = names.misspelt(name) if name not in (*roles.used, roles.group) else None
        role = names.ROLE_OF.get(meant or "", "anchor")
        if role != "anchor" and role not in given.roles and not filled.get(role):
            raise InputError(
                f"{table.description}: the column {name!r} is not used, but looks like a misspelt {meant!r}. Rename "
                f"it, or say what it is ({meant}={name}), or that there is none ({meant}=)"
            )


def _anchor_kind(heads: Heads, anchor: Columns) -> Kind:
    if len(anchor) == 1:
        return heads.kind(anchor[0])
    for name in anchor:
        if not heads.scalars(name):
            raise InputError(
                f"{heads.table.description}: several anchor columns are stacked, but {name!r} is no number"
            )
    return Kind.VECTOR


def _common_kind(heads: Heads, columns: Columns) -> Kind | None:
    # A column of rare extra negatives may be empty at the start.
    kinds = {name: heads.kind(name) for name in columns if heads.values(name)}
    if len(set(kinds.values())) > 1:
        spelt = ", ".join(f"{name!r} is {kind}" for name, kind in kinds.items())
        raise InputError(f"{heads.table.description}: positives and negatives must be of one kind: {spelt}")
    return next(iter(kinds.values())) if kinds else heads.kind(columns[0]) if columns else None


def _named(columns: Sequence[str], known: Sequence[str]) -> list[str]:
    return [name for name in columns if names.plain(name) in known]


def _one(heads: Heads, found: list[str]) -> Columns:
    if len(found) > 1:
        where = heads.table.description
        raise InputError(f"{where}: {listed(found)} could each be the example; say which with anchor=COLUMN")
    return tuple(found)
