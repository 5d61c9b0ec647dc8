"""Small knowledge graphs with a sentence for each: who was born, works and studied where, in other words."""

from dataclasses import dataclass

import numpy as np

from counterpoint.base.errors import InputError

RELATIONS: dict[str, tuple[str, ...]] = {
    "birth place": ("{s} was born in {o}", "{o} is where {s} came into the world"),
    "employer": ("{s} works for {o}", "{o} pays the salary of {s}"),
    "alma mater": ("{s} studied at {o}", "{o} gave {s} a degree"),
    "residence": ("{s} lives in {o}", "the home of {s} stands in {o}"),
    "spouse": ("{s} is married to {o}", "{o} shares a household with {s}"),
    "founded by": ("{s} was set up by {o}", "{o} started {s} from nothing"),
}
_SYLLABLES = ("ba", "ke", "lo", "mi", "nu", "ra", "se", "ti", "vo", "zan", "dor", "fel")


@dataclass(frozen=True)
class GraphText:
    """A graph and what says the same.

    Attributes:
        triples: Subject, relation and object.
        text: Its sentences.
    """

    triples: tuple[tuple[str, str, str], ...]
    text: str

    @property
    def linear(self) -> str:
        """The graph as one text, in the order of its triples."""
        return " ".join(f"subject {s} relation {r} object {o}" for s, r, o in self.triples)


def made_triples(count: int, *, names: int = 30, triples: int = 2, seed: int) -> list[GraphText]:
    """Different graphs about few names, so that neither names nor relations alone tell them apart.

    Args:
        count: How many graphs.
        names: How many there are.
        triples: Of a graph, all with one subject.
        seed: Of everything.

    Raises:
        InputError: More triples than relations, or fewer names than a graph needs.
    """
    if not 1 <= triples <= len(RELATIONS) or names <= triples:
        raise InputError(f"triples must lie in 1..{len(RELATIONS)} and below names, got {triples} and {names}")
    rng = np.random.default_rng(seed)
    pool = sorted({"".join(rng.choice(_SYLLABLES, 3)) for _ in range(4 * names)})[:names]
    found: dict[str, GraphText] = {}
    while len(found) < count:
        subject, *objects = (pool[i] for i in rng.permutation(len(pool))[: triples + 1])
        relations = rng.permutation(list(RELATIONS))[:triples]
        made = said(tuple((subject, str(r), o) for r, o in zip(relations, objects, strict=True)), rng)
        found.setdefault(made.linear, made)
    return list(found.values())


def said(triples: tuple[tuple[str, str, str], ...], rng: np.random.Generator) -> GraphText:
    """The graph with one of the ways to say each triple."""
    sentences = [RELATIONS[r][rng.integers(len(RELATIONS[r]))].format(s=s, o=o) for s, r, o in triples]
    return GraphText(triples, " and ".join(sentences))


def spoilt(example: GraphText, others: list[GraphText], rng: np.random.Generator) -> str:
    """A text that does not fit the graph any more: an object is another one, or a triple is left out.

    Args:
        example: The graph.
        others: Whose objects take its place.
        rng: Of the draw.
    """
    kept = list(example.triples)
    place = int(rng.integers(len(kept)))
    if rng.random() < 0.5 and len(kept) > 1:
        del kept[place]
    else:
        taken = {name for s, _, o in kept for name in (s, o)}
        free = [o for other in others for _, _, o in other.triples if o not in taken]
        kept[place] = (*kept[place][:2], free[rng.integers(len(free))])
    return said(tuple(kept), rng).text
