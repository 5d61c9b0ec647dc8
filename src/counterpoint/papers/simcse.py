"""SimCSE: the same sentence passed twice is its own positive, and dropout the whole difference."""

from counterpoint.encoders import without_dropout
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing
from counterpoint.experiments.sentence_tuning import sentence_data, sentence_loop, sentence_start, tuned
from counterpoint.objectives import InfoNCE
from counterpoint.views import Identity, WordDrop

paper = Paper(
    short="SimCSE",
    title="SimCSE: Simple Contrastive Learning of Sentence Embeddings",
    authors="Gao, Yao and Chen",
    year=2021,
    identifier="arXiv:2104.08821",
    wing=Wing.TEXT,
    implements="Eq. 4 (unsupervised): in-batch InfoNCE of two passes that differ by dropout, temperature 0.05, against "
    "no dropout and deleted words",
    deviates="The first 3 layers of MiniLM in place of BERT-base, the mean over tokens in place of the first with a "
    "layer on it, 30 batches of 32 sentences of STS-B's training part in place of a million of Wikipedia. Every second "
    "pair of STS-B's test part. The learning rate was chosen of 3e-5, 1e-4 and 3e-4 on its development part.",
)
claim = Claim(
    statement="Dropout alone makes positives that beat the untuned encoder, no dropout and deleted words.",
    checks=(
        Better(measure="spearman", than="untuned", by=0.05, statement="Far better than the encoder before."),
        Better(measure="spearman", than="no dropout", statement="Better than the same pass twice."),
        Better(measure="spearman", than="deletion", statement="Better than leaving out a tenth of the words besides."),
        Better(measure="uniformity", than="untuned", lower=True, statement="Sentences are spread more evenly."),
        Better(
            measure="alignment", than="no dropout", lower=True, statement="Without dropout close pairs drift apart."
        ),
    ),
    minutes=5,
    seeds=10,
)


def trial(setting: Setting, seed: int) -> Figures:
    """The encoder before, and after the same steps with each kind of positive."""
    data, start, loop = sentence_data(setting), sentence_start(setting), sentence_loop(setting)
    loss, deleting = InfoNCE(temperature=0.05), WordDrop(rate=0.1)
    sides = {
        "method": (start, (Identity(), Identity())),
        "no dropout": (without_dropout(start), (Identity(), Identity())),
        "deletion": (start, (deleting, deleting)),
    }
    found = {
        side: data.test.judged(tuned(encoder, data.train, loss, loop, *views, seed=seed))
        for side, (encoder, views) in sides.items()
    }
    return {**found, "untuned": data.test.judged(start)}
