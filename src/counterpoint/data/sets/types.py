"""What a real data set is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from counterpoint.data.inference import infer_roles
from counterpoint.data.roles import Roles
from counterpoint.data.table import Table


@dataclass(frozen=True, kw_only=True)
class Retrieval:
    """A retrieval task.

    Attributes:
        corpus: Columns ``doc_id``, ``title``, ``text``.
        queries: Columns ``query_id``, ``text``; those of the test split.
        qrels: Columns ``query_id``, ``doc_id``, ``score`` (1 = relevant); those of the test split.
    """

    corpus: Table
    queries: Table
    qrels: Table


@dataclass(frozen=True, kw_only=True)
class NamedSet:
    """A real data set, split.

    Attributes:
        name: What it is called.
        train: Rows to learn from.
        validation: Rows to choose by; None where the set has no such part.
        test: Rows to judge by.
        overrides: Column roles, as ``infer_roles`` takes them.
        citation: Who made it.
        licence: As stated by its makers; read it before passing anything on.
        notes: Deviations from the original release.
        class_names: What the numbers in a label column mean; empty where labels are names.
        retrieval: Corpus, queries and judgements, for a retrieval set.
    """

    name: str
    train: Table
    validation: Table | None = None
    test: Table
    overrides: Mapping[str, str] = field(default_factory=dict)
    citation: str
    licence: str
    notes: tuple[str, ...] = ()
    class_names: tuple[str, ...] = ()
    retrieval: Retrieval | None = None

    @property
    def roles(self) -> Roles:
        """The roles of its columns."""
        return infer_roles(self.train, self.overrides)
