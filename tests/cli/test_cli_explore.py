"""A corpus as a map: what is in its file, and how the program that shows it is started."""

import io
import json
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image


@pytest.fixture(scope="module")
def vectors(data, runs, tmp_path_factory):
    """Folders of vectors by the name of their corpus; made when first asked for."""
    from counterpoint.cli.main import main

    made = {}

    def embed(name):
        if name not in made:
            made[name] = tmp_path_factory.mktemp("vectors") / "v"
            with pytest.raises(SystemExit) as end:
                main(["embed", str(runs(name)), str(data / name), "-o", str(made[name])])
            assert end.value.code == 0
        return made[name]

    return embed


@pytest.fixture
def viewer(tmp_path):
    """A program that writes down how it was called."""
    told = tmp_path / "told.json"

    def make(code=0):
        program = tmp_path / f"viewer{code}"
        write = f"json.dump(sys.argv[1:], open({str(told)!r}, 'w'))"
        program.write_text(f"#!{sys.executable}\nimport json, sys\n{write}\nsys.exit({code})\n")
        program.chmod(0o755)
        return program

    make.told = lambda: json.loads(told.read_text())
    return make


def test_a_map_of_texts_holds_places_texts_labels_and_neighbours(ok, vectors, tmp_path):
    folder, out = vectors("texts.parquet"), tmp_path / "map.parquet"
    said = ok("explore", folder, "--no-show", "--neighbours", 3, "-o", out)
    assert f"{out}: 48 rows, t-SNE" in said.err
    rows = pq.read_table(out).to_pylist()
    assert list(rows[0]) == ["x", "y", "row", "text", "neighbours", "label"]
    assert [one["row"] for one in rows] == list(range(48))
    assert rows[5]["text"].endswith("number 5")
    assert {one["label"] for one in rows} == {"cat", "dog", "sun", "rain"}
    matrix = np.load(folder / "vectors.npy").astype(np.float64)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    cosines = matrix @ matrix.T
    for one in rows:
        near, row = one["neighbours"], one["row"]
        assert row not in near["ids"]
        best = np.sort(np.delete(cosines[row], row))[::-1][:3]
        np.testing.assert_allclose(1 - np.array(near["distances"]), best, atol=1e-5)
        np.testing.assert_allclose(cosines[row, near["ids"]], best, atol=1e-5)


def test_a_map_of_images_holds_small_pictures(ok, vectors, tmp_path):
    out = tmp_path / "map.parquet"
    ok("explore", vectors("images"), "--no-show", "-o", out)
    rows = pq.read_table(out).to_pylist()
    assert Image.open(io.BytesIO(rows[0]["image"]["bytes"])).size == (8, 8)
    assert "neighbours" not in rows[0]


def test_a_map_of_vectors_shows_numbers_as_numbers(ok, vectors):
    folder = vectors("vectors.npz")
    ok("explore", folder, "--no-show")
    table = pq.read_table(folder / "map.parquet")
    assert table.schema.names == ["x", "y", "row", "label"]
    assert table["label"].to_pylist() == [float(i % 3) for i in range(48)]


def test_the_viewer_is_told_what_is_in_the_file(ok, vectors, viewer, tmp_path):
    out = tmp_path / "map.parquet"
    ok("explore", vectors("texts.parquet"), "-o", out, "--neighbours", 2, "--viewer", viewer(), "--port", 6001)
    told = viewer.told()
    assert told[0] == str(out)
    options = dict(zip(told[1::2], told[2::2], strict=False))
    assert {"--x": "x", "--y": "y", "--text": "text", "--neighbors": "neighbours", "--port": "6001"}.items() <= (
        options.items()
    )
    assert "--image" not in told


def test_a_viewer_that_fails_is_an_error_and_the_map_is_kept(cli, vectors, viewer, tmp_path):
    out = tmp_path / "map.parquet"
    said = cli("explore", vectors("vectors.npz"), "-o", out, "--viewer", viewer(3))
    assert said.code == 2
    assert "ended with exit code 3" in said.err
    assert len(pq.read_table(out)) == 48


def test_a_viewer_that_is_not_there_is_known_before_any_work(cli, vectors, tmp_path, monkeypatch):
    out = tmp_path / "map.parquet"
    said = cli("explore", vectors("vectors.npz"), "-o", out, "--viewer", tmp_path / "nothing")
    assert said.code == 2
    assert "viewer must be a program" in said.err
    monkeypatch.setenv("PATH", str(tmp_path))
    said = cli("explore", vectors("vectors.npz"), "-o", out)
    assert said.code == 2
    assert "pipx install embedding-atlas" in said.err
    assert not out.exists()


@pytest.mark.parametrize("neighbours", [-1, 48])
def test_too_many_neighbours(cli, vectors, tmp_path, neighbours):
    said = cli("explore", vectors("vectors.npz"), "--no-show", "--neighbours", neighbours, "-o", tmp_path / "m")
    assert said.code == 2
    assert f"neighbours must be between 0 and 47, got {neighbours}" in said.err


def test_a_corpus_that_grew_is_refused(cli, ok, data, runs, tmp_path):
    texts = tmp_path / "texts.jsonl"
    texts.write_text("".join(json.dumps({"text": f"a cat number {i}"}) + "\n" for i in range(9)))
    ok("embed", runs("texts.parquet"), texts, "-o", tmp_path / "v")
    texts.write_text("".join(json.dumps({"text": f"a cat number {i}"}) + "\n" for i in range(10)))
    said = cli("explore", tmp_path / "v", "--no-show")
    assert said.code == 2
    assert "holds 9 vectors, but its corpus has 10 rows" in said.err
