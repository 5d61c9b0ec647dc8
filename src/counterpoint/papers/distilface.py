"""DistilFace: SimCSE's loss on a small distilled encoder, against a larger one that was never tuned."""

from dataclasses import replace

from counterpoint.encoders import HuggingFace
from counterpoint.encoders.hugging_face import HuggingFaceEncoder
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.sentence_tuning import sentence_data, sentence_loop, sentence_start, tuned
from counterpoint.objectives import InfoNCE

paper = Paper(
    short="DistilFace",
    title="Contrastive Learning in Distilled Models",
    authors="Lim, Ng and Lim",
    year=2024,
    identifier="arXiv:2401.12472",
    wing=Wing.TEXT,
    implements="unsupervised contrast of two passes on a distilled encoder",
    deviates="The small setting of SimCSE (see there): MiniLM is distilled from a BERT, and its first 3 layers are the "
    "small encoder, its first 4 without tuning the larger one. Speed is counted in weights that work on every token.",
)
claim = Claim(
    statement="A small distilled encoder that was tuned by contrast beats a larger one that was not.",
    checks=(
        Better(measure="spearman", than="untuned", by=0.05, statement="Far better than before."),
        Better(measure="spearman", than="larger", statement="Better than a larger encoder as it is."),
        Within(measure="share_of_weights", below=0.8, statement="With less than 80 % of its weights at work."),
    ),
    minutes=7,
    seeds=10,
)


def trial(setting: Setting, seed: int) -> Figures:
    """The small encoder before and after, and one layer more without tuning."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    spec = start.spec
    assert isinstance(spec, HuggingFace)
    larger = replace(spec, layers=(spec.layers or 0) + 1).build()
    method = tuned(start, data.train, InfoNCE(temperature=0.05), loop, seed=seed)
    return {
        "method": data.test.judged(method) | {"share_of_weights": _at_work(start) / _at_work(larger)},
        "untuned": data.test.judged(start),
        "larger": data.test.judged(larger),
    }


def _at_work(encoder: HuggingFaceEncoder) -> int:
    """Weights of the blocks: those of token vectors are looked up, not multiplied."""
    return sum(one.numel() for one in encoder.model.encoder.parameters())
