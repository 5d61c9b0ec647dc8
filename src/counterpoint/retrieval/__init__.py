"""Embeddings to rows: sharded stores of vectors that survive a kill, and exact search over them."""

from counterpoint.pairwise.similarity import Cosine, Dot, Similarity
from counterpoint.retrieval.corpus import Corpus, Encode, Table, TableColumn, as_content
from counterpoint.retrieval.cosines import cosines
from counterpoint.retrieval.embed import SHARD_ROWS, embed
from counterpoint.retrieval.fingerprint import fingerprint_path
from counterpoint.retrieval.manifest import Manifest, Shard
from counterpoint.retrieval.ray_engine import embed_with_ray
from counterpoint.retrieval.search import Hits, search
from counterpoint.retrieval.store import Store

__all__ = [
    "SHARD_ROWS",
    "Corpus",
    "Cosine",
    "Dot",
    "Encode",
    "Hits",
    "Manifest",
    "Shard",
    "Similarity",
    "Store",
    "Table",
    "TableColumn",
    "as_content",
    "cosines",
    "embed",
    "embed_with_ray",
    "fingerprint_path",
    "search",
]
