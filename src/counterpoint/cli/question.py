"""What ``search`` is asked: a query, a row of the corpus, or what a new user took."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.cli import console
from counterpoint.encoders import Role
from counterpoint.encoders.id_vectors import IdTables
from counterpoint.experiments.corpus import TableCorpus, encode_with
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.graph_job.opening import linked_to
from counterpoint.experiments.multi_task.recipe import MultiTask
from counterpoint.experiments.named_vectors import named_encoder
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.recommender.new_items import with_new_items
from counterpoint.experiments.recommender.newcomer import newcomer
from counterpoint.experiments.recommender.opening import taken_by
from counterpoint.experiments.recommender.taken_items import taken_items
from counterpoint.retrieval import Store
from counterpoint.retrieval.zeros import pointing


@dataclass(frozen=True, kw_only=True)
class Question:
    """How it is asked; one of the three is not None.

    Attributes:
        query: A text, the path of an image, a user or a node.
        row: Of the corpus.
        taken: What a user took who was not there in training, as typed.
        unlinked: Of a node, nodes that an edge joins to it are not to be found.

    Raises:
        InputError: None is given, or several; or links of what is no query.
    """

    query: str | None
    row: int | None
    taken: str | None
    unlinked: bool = False

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.query, self.row, self.taken)) != 1:
            raise InputError("give a query, or a row of the corpus with --row, or what a new user took with --taken")
        if self.unlinked and self.query is None:
            raise InputError("--unlinked goes with a node as the query")

    def asked(self, run: Path, corpus: TableCorpus, store: Store) -> tuple[np.ndarray, set[str]]:
        """The vector to search with `[1, D]`, and names that are not to be found: what a user has, or a node itself.

        Raises:
            InputError: The run or the corpus cannot be asked so, or the vector is zero.
        """
        if self.row is not None:
            if not 0 <= self.row < len(store):
                raise InputError(f"--row must be between 0 and {len(store) - 1}, got {self.row}")
            return pointing(np.array(store.vectors[self.row : self.row + 1]), f"row {self.row}"), set()
        if self.taken is not None:
            vector, known = _newcomer(run, corpus, self.taken)
            return pointing(vector, f"--taken {self.taken!r}"), known
        assert self.query is not None  # checked when it was made
        known = _known(run, self.query) | (_linked(run, self.query) if self.unlinked else set())
        return pointing(_encoded(run, corpus, self.query), f"query {self.query!r}"), known


def _newcomer(run: Path, corpus: TableCorpus, taken: str) -> tuple[np.ndarray, set[str]]:
    folder, source = RunFolder(run), corpus.source
    if (recommender := folder.recommender()) is None:
        raise InputError(f"--taken is for a recommender, and {run} did not learn from interactions")
    encoder = named_encoder(folder)
    if isinstance(encoder, IdTables) and source.column is not None:
        encoder = with_new_items(folder, source.data, source.column)
    items = taken_items(taken, recommender[1], set(encoder.names["items"]))
    found = newcomer(encoder, items)
    if found.told:
        console.say(found.told)
    return found.vector, set(items)


def _known(run: Path, query: str) -> set[str]:
    folder = RunFolder(run)
    if isinstance(folder.plan()[0], (Recipe, MultiTask)):
        return set()
    recommender = folder.recommender()
    return {query} if recommender is None else taken_by(query, recommender[1])


def _linked(run: Path, node: str) -> set[str]:
    graph = RunFolder(run).graph()
    if graph is None or graph[0].meta_paths is not None:
        raise InputError(f"--unlinked is for a graph of one type of nodes, and {run} did not learn from one")
    return linked_to(node, graph[1])


def _encoded(run: Path, corpus: TableCorpus, query: str) -> np.ndarray:
    content: Content = [query]
    if corpus.roles.kind is Kind.VECTOR:
        raise InputError("a corpus of vectors can be searched with --row")
    if corpus.roles.kind is Kind.IMAGE:
        if not Path(query).is_file():
            raise InputError(f"the corpus holds images: the query must be the path of one, got {query!r}")
        content = corpus.like([str(Path(query).resolve())])
    return encode_with(run, role=Role.QUERY)(content)
