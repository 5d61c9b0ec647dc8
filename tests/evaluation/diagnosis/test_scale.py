import numpy as np
import pytest

from counterpoint.evaluation import space, spectrum
from counterpoint.evaluation.bootstrap import Bootstrap
from counterpoint.evaluation.diagnosis import DIAGNOSTICS, Subject

COMPUTE = {one.name: one.compute for one in DIAGNOSTICS}
N, D = 100_000, 8
EXACT = {
    "spread": lambda x, y: space.spread(x, bootstrap=Bootstrap(resamples=10)).value,
    "isotropy": lambda x, y: spectrum.isotropy(x, bootstrap=Bootstrap(resamples=10)).value,
    "alignment": lambda x, y: space.alignment(x, y, bootstrap=Bootstrap(resamples=10)).value,
    "participation_ratio": lambda x, y: spectrum.participation_ratio(x, bootstrap=Bootstrap(resamples=10)).value,
    "rank_me": lambda x, y: space.effective_rank(x, bootstrap=Bootstrap(resamples=10)).value,
    "coding_rate": lambda x, y: spectrum.coding_rate(x),
    "iso_score": lambda x, y: spectrum.iso_score(x / np.linalg.norm(x, axis=1, keepdims=True)),
}


@pytest.fixture(scope="module")
def many():
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(N, D)) * np.linspace(2, 0.5, D) + 0.5).astype(np.float32)
    return x, x + rng.normal(size=x.shape).astype(np.float32)


@pytest.mark.parametrize("name", EXACT)
def test_a_sample_agrees_with_all_rows_within_its_stated_error(many, name):
    exact = EXACT[name](*many)
    subject = Subject(anchors=many[0], positives=many[1], sample=3000)
    found = COMPUTE[name](subject)
    assert found.n == 3000
    half = (found.high - found.low) / 2
    assert abs(found.value - exact) < 1.5 * half  # 95 %, and seven measures
    assert half < 0.1 * abs(exact)


def test_of_a_map_only_the_sampled_rows_are_read(tmp_path, many):
    np.save(tmp_path / "rows.npy", many[0])
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    found = COMPUTE["spread"](Subject(anchors=mapped, sample=2000))
    assert found.value == COMPUTE["spread"](Subject(anchors=many[0], sample=2000)).value


def test_duplicates_of_sampled_rows_are_looked_for_among_all_rows():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(20_000, D)).astype(np.float32)
    x[10_000:14_000] = x[:4_000]  # 8,000 of 20,000 rows have a twin, which a sample alone would miss
    found = COMPUTE["duplicates"](Subject(anchors=x, sample=1000))
    assert found.low <= 0.4 <= found.high
