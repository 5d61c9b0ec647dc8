"""Embeddings to ids: sharded stores of vectors, and exact search over them."""

from counterpoint.retrieval.corpus import Corpus, Encode
from counterpoint.retrieval.embed import SHARD_ROWS, embed
from counterpoint.retrieval.ray_engine import embed_with_ray
from counterpoint.retrieval.search import Hits, search
from counterpoint.retrieval.store import Store

__all__ = ["SHARD_ROWS", "Corpus", "Encode", "Hits", "Store", "embed", "embed_with_ray", "search"]
