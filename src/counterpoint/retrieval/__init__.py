"""Embeddings to rows: sharded stores of vectors that survive a kill, exact search over them, and indexes of faiss."""

from counterpoint.pairwise.similarity import Cosine, Dot, Similarity
from counterpoint.retrieval.ann import HNSW, IVF, AnnIndex, Flat
from counterpoint.retrieval.corpus import Corpus, Encode, Table, TableColumn, as_content
from counterpoint.retrieval.cosines import cosines
from counterpoint.retrieval.embed import SHARD_ROWS, embed
from counterpoint.retrieval.fingerprint import fingerprint_path
from counterpoint.retrieval.manifest import Manifest, Shard
from counterpoint.retrieval.ray_engine import embed_with_ray
from counterpoint.retrieval.recall import Recall, measured_recall
from counterpoint.retrieval.search import Hits, search
from counterpoint.retrieval.store import Store
from counterpoint.retrieval.store_index import Answer, IndexManifest, StoreIndex, build_index, open_index

__all__ = [
    "HNSW",
    "IVF",
    "SHARD_ROWS",
    "AnnIndex",
    "Answer",
    "Corpus",
    "Cosine",
    "Dot",
    "Encode",
    "Flat",
    "Hits",
    "IndexManifest",
    "Manifest",
    "Recall",
    "Shard",
    "Similarity",
    "Store",
    "StoreIndex",
    "Table",
    "TableColumn",
    "as_content",
    "build_index",
    "cosines",
    "embed",
    "embed_with_ray",
    "fingerprint_path",
    "measured_recall",
    "open_index",
    "search",
]
