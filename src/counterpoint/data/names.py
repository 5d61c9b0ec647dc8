"""The column names that mean something, and how a misspelt one is recognised."""

import difflib
import re
from collections.abc import Iterable

ANCHORS = ("anchor", "query", "question", "premise")
TEXTS = ("text", "sentence", "utterance", "document", "content")
IMAGES = ("image", "img", "jpg", "jpeg", "png", "photo", "picture", "images")
VECTORS = ("vector", "vectors", "embedding", "embeddings", "features", "x", "data")
FIRSTS = ("sentence1", "sentence_1", "text1", "text_1", "image1", "image_1")
SECONDS = ("sentence2", "sentence_2", "text2", "text_2", "image2", "image_2")
ANSWERS = ("answer", "hypothesis", "document", "passage", "response")
CAPTIONS = ("caption", "captions", "text", "description", "alt_text")
LABELS = ("label", "labels", "category", "class", "intent")
WEAK_LABELS = ("target", "y")
"""Labels only where no better name is found: a point may have a coordinate y."""
SCORES = ("score", "similarity", "similarity_score")
GROUPS = ("group", "group_id")
IDENTIFIERS = ("id", "index", "idx", "row", "row_id", "index_in_class")
"""Numbers that name a row: never part of a vector."""

FACTS = {
    "label": (*LABELS, *WEAK_LABELS),
    "score": (*SCORES, "grade", "relevance"),
    "group": GROUPS,
    "cluster": ("cluster_id", "topic"),
    "duplicate": ("duplicate_of", "duplicates", "duplicate_group"),
    "time": ("timestamp", "date", "datetime"),
    "place": ("location", "position", "coordinates"),
    "metadata": ("covariates", "attributes"),
    "tags": ("labels", "categories", "keywords", "topics"),
    "id": ("node", "node_id", "row_id", "example_id"),
    "links": ("neighbours", "neighbors", "edges", "cites"),
    "teacher": ("teacher_embedding", "teacher_vector", "guide"),
}
"""What a relation may want to know of a row, and the other names that its column may have."""

ROLE_OF = {
    **dict.fromkeys(("anchor", "query", "text", "sentence", "image", "vector", "sentence1", "premise"), "anchor"),
    **dict.fromkeys(("positive", "positives", "caption", "sentence2", "hypothesis"), "positives"),
    **dict.fromkeys(("negative", "negatives"), "negatives"),
    **dict.fromkeys(("label", "labels", "category", "class", "intent"), "label"),
    "score": "score",
    "group": "group",
}
"""What a user may call a role, and the role it is."""

_POSITIVE = re.compile(r"(positives?|pos)(_?\d+)?")
_NEGATIVE = re.compile(r"(hard_)?(negatives?|neg)(_?\d+)?")
_SPELLINGS = ("anchor", "query", "text", "sentence", "image", "caption", *LABELS, "score", "positive", "negative")


def plain(name: str) -> str:
    """A column name as it is compared: lower case, blanks and hyphens as underscores."""
    return re.sub(r"[\s\-]+", "_", name.strip().lower())


def is_positive(name: str) -> bool:
    """``positive``, ``positives``, ``pos``, each also numbered."""
    return _POSITIVE.fullmatch(plain(name)) is not None


def is_negative(name: str) -> bool:
    """``negative``, ``negatives``, ``hard_negative``, ``neg``, each also numbered."""
    return _NEGATIVE.fullmatch(plain(name)) is not None


def is_identifier(name: str) -> bool:
    """Names a row rather than describing it: ``id``, ``..._id``, a column without a header."""
    bare = plain(name)
    return bare in IDENTIFIERS or bare.endswith("_id") or bare.startswith("unnamed_")


def closest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, if one is near."""
    by_plain = {plain(item): item for item in known}
    found = difflib.get_close_matches(plain(name), list(by_plain), n=1, cutoff=0.6)
    return by_plain[found[0]] if found else None


def misspelt(name: str, *, cutoff: float = 0.8) -> str | None:
    """The role name that ``name`` is almost, but not quite: ``postive`` for ``positive``.

    ``cutoff`` is the likeness from 0 to 1; two letters swapped in ``label`` give 0.8.
    """
    bare = re.sub(r"_?\d+$", "", plain(name))
    if bare in _SPELLINGS or is_positive(name) or is_negative(name):
        return None
    found = difflib.get_close_matches(bare, _SPELLINGS, n=1, cutoff=cutoff)
    return found[0] if found else None
