"""A local Ray of two workers gives the folder that one process gives, byte for byte."""

import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from counterpoint.base.errors import InputError, StorageError
from counterpoint.encoders import MLP
from counterpoint.experiments.corpus import CorpusSource, TableCorpus, encode_with
from counterpoint.retrieval import Store, embed, embed_with_ray
from counterpoint.retrieval.ray_engine import ShardWorker, _shard

ray = pytest.importorskip("ray")

# Ray warns of its own future and leaves its sockets to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ROWS, SHARD_ROWS = 50, 8


@pytest.fixture(scope="module")
def cluster():
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error")
    yield
    ray.shutdown()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with an encoder, a corpus of vectors, one with a row that is not finite, and the folder to equal."""
    root = tmp_path_factory.mktemp("ray")
    torch.manual_seed(0)
    MLP(hidden=(8,), dim=4).build(torch.randn(30, 3)).save(root / "run" / "model")
    vectors = np.random.default_rng(0).normal(size=(ROWS, 3)).astype(np.float32)
    names = np.array([f"n{row}" for row in range(ROWS)])
    np.savez(root / "good.npz", vector=vectors, name=names)
    vectors[41, 1] = np.nan
    np.savez(root / "bad.npz", vector=vectors, name=names)
    embed(
        TableCorpus(source(root)),
        encode_with(root / "run"),
        root / "here",
        model="m",
        shard_rows=SHARD_ROWS,
        batch_size=3,
    )
    return root


def source(root: Path, name: str = "good") -> CorpusSource:
    return CorpusSource(data=str(root / f"{name}.npz"), column="vector", id_column="name")


def embed_there(root: Path, folder: Path, name: str = "good", workers: int = 2) -> list[tuple[int, int]]:
    """Embed on the cluster; what was told of the progress."""
    told: list[tuple[int, int]] = []
    embed_with_ray(
        partial(TableCorpus, source(root, name)),
        partial(encode_with, root / "run"),
        folder,
        model="m",
        shard_rows=SHARD_ROWS,
        batch_size=3,
        workers=workers,
        progress=lambda *now: told.append(now),
    )
    return told


def test_ray_finishes_a_folder_with_the_same_files(cluster, kit, place, tmp_path) -> None:
    """Five of seven shards are missing, so that both workers have something to do."""
    folder = shutil.copytree(place / "here", tmp_path / "there")
    for number in (0, 1, 3, 6):
        (folder / f"part-0000{number}.parquet").unlink()
    (folder / "part-00004.parquet").write_bytes(b"PAR1")
    kept = {path: path.stat().st_mtime_ns for path in folder.glob("part-0000[25].parquet")}
    told = embed_there(place, folder)
    assert ray.is_initialized()  # a Ray that was there is left running
    assert kit.files(folder) == kit.files(place / "here")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert (told[0], told[-1], len(told)) == ((16, ROWS), (ROWS, ROWS), 6)
    assert embed_there(place, folder) == [(ROWS, ROWS)]
    assert Store(folder).ids == [f"n{row}" for row in range(ROWS)]


def test_errors_of_workers_arrive_as_they_are(cluster, place, tmp_path) -> None:
    with pytest.raises(InputError, match="row 41") as caught:
        embed_there(place, tmp_path, "bad")
    assert type(caught.value) is InputError


def test_a_worker_that_cannot_write_says_so(place, tmp_path) -> None:
    (tmp_path / "part-00002.parquet").mkdir()
    manifest = Store(place / "here").manifest
    worker = ShardWorker(
        partial(TableCorpus, source(place)), partial(encode_with, place / "run"), tmp_path, manifest, batch_size=3
    )
    good, bad = worker({"number": np.array([1, 2])})["answer"]
    assert _shard(good) == manifest.shards[1]
    with pytest.raises(StorageError, match=r"cannot write .*part-00002\.parquet: Is a directory"):
        _shard(bad)


def test_what_can_be_known_is_refused_before_ray_starts(place, tmp_path) -> None:
    with pytest.raises(InputError, match="workers must be at least 1, got 0"):
        embed_there(place, tmp_path, workers=0)
    with pytest.raises(InputError, match="another corpus"):
        embed_there(place, place / "here", "bad")
