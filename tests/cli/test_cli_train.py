"""Training from the command line."""

import pytest

KINDS = {
    "pairs.csv": ("recall@1", "pairs"),
    "images": ("knn_accuracy", "labels"),
    "vectors.npz": ("knn_accuracy", "labels"),
    "scored.jsonl": ("spearman", "scores"),
    "texts.parquet": ("knn_accuracy", "labels"),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_data_becomes_a_judged_run(ok, data, tmp_path, name):
    said = ok("train", data / name, "--out", tmp_path / "run", "--steps", 3, "--batch-size", 8, "--json")
    found = said.json
    assert found["steps"] == 3
    assert found["skipped"] == []
    assert KINDS[name][0] in {one["measure"] for one in found["measures"]}
