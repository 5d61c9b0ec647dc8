"""One template of query, key, similarity, transform and loss: classics as its instances, and what a transform does."""

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, normalize

from counterpoint.data import Supervision
from counterpoint.encoders import ConvNet, NoHead, ProjectionHead
from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.experiments.experiment import Experiment, run_experiment
from counterpoint.experiments.recipe import Recipe
from counterpoint.experiments.source import DataSource
from counterpoint.objectives import CLIP, InfoNCE, NContrast, NTXent, SigLIP, SupCon
from counterpoint.pairwise import Dot, SameKey
from counterpoint.training import AdamW, TrainSettings
from counterpoint.views import light_images

paper = Paper(
    short="CRL-Framework",
    title="Contrastive Representation Learning: A Framework and Review",
    authors="Le-Khac, Healy and Smeaton",
    year=2020,
    identifier="arXiv:2010.05113",
    wing=Wing.OBJECTIVES,
    implements="The template of the framework, five classics as its instances, and its transform head",
    deviates="A survey, without a claim in figures. 8 x 8 digits, a small residual network; temperature and learning "
    "rate are the same with and without a head, not tuned.",
)
claim = Claim(
    statement="Methods are instances of one template, and changing a slot changes one into another.",
    checks=(
        Within(measure="n_pair", below=1e-9, statement="Inner products and other pairs: torch's cross-entropy."),
        Within(
            measure="nt_xent", below=1e-9, statement="Keys of two views: SupCon with examples as classes is NT-Xent."
        ),
        Within(measure="clip", below=1e-9, statement="Query and key exchanged: two InfoNCE are CLIP."),
        Within(measure="classifier", below=1e-9, statement="Keys are classes: InfoNCE is a cosine classifier."),
        Within(measure="sig_lip", below=1e-9, statement="Pairs one by one: torch's binary cross-entropy is SigLIP."),
        Within(measure="neighbour", below=1e-9, statement="One neighbour in a graph: N-Contrast is InfoNCE."),
        Better(measure="knn_accuracy", statement="A transform that is dropped after training gives better features."),
    ),
    minutes=2,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 150, Setting.FULL: 20_000}
_TEMPERATURE = 0.2
_CLASSES = 5


def trial(setting: Setting, seed: int) -> Figures:
    """The equalities on random rows, and digits with and without a head."""
    found: dict[str, dict[str, float]] = {}
    for side, head in (("method", ProjectionHead(out_dim=64)), ("baseline", NoHead())):
        trained = run_experiment(_experiment(head, _STEPS[setting]).seeded(seed))
        found[side] = {"knn_accuracy": trained.figures["knn_accuracy"]}
    generator = torch.Generator().manual_seed(seed)
    found["method"].update(_equalities(*torch.randn(2, 24, 8, generator=generator, dtype=torch.float64)))
    return found


def _experiment(head: ProjectionHead | NoHead, steps: int) -> Experiment:
    view = light_images((8, 8))
    recipe = Recipe(
        encoder=ConvNet(width=8),
        head=head,
        objective=NTXent(temperature=_TEMPERATURE),
        supervision=Supervision.VIEWS,
        views=(view, view),
        training=TrainSettings(steps=steps, batch_size=64, optimiser=AdamW(learning_rate=1e-3)),
    )
    return Experiment(recipe=recipe, data=DataSource(data="set:digits"))


def _equalities(a_ND: Tensor, b_ND: Tensor) -> dict[str, float]:
    """How far each instance is from the method itself."""
    own_N, t = torch.arange(len(a_ND)), _TEMPERATURE
    one = InfoNCE(temperature=t)
    classes_N, cosines_NN = own_N % _CLASSES, normalize(a_ND, dim=1) @ normalize(b_ND, dim=1).T
    sigmoid = SigLIP()
    logits_NN = cosines_NN * sigmoid.scale + sigmoid.bias
    pairs = {
        "n_pair": (InfoNCE(temperature=1.0, similarity=Dot())(a_ND, b_ND), cross_entropy(a_ND @ b_ND.T, own_N)),
        "nt_xent": (
            SupCon(temperature=t)(torch.cat([a_ND, b_ND]), labels=own_N.repeat(2)),
            NTXent(temperature=t)(a_ND, b_ND),
        ),
        "clip": ((one(a_ND, b_ND) + one(b_ND, a_ND)) / 2, CLIP(temperature=t)(a_ND, b_ND)),
        "classifier": (
            one(a_ND, b_ND[:_CLASSES], relation=SameKey(classes_N, torch.arange(_CLASSES))),
            cross_entropy(cosines_NN[:, :_CLASSES] / t, classes_N),
        ),
        "sig_lip": (
            sigmoid(a_ND, b_ND),
            len(own_N) * binary_cross_entropy_with_logits(logits_NN, torch.eye(len(own_N), dtype=torch.float64)),
        ),
        "neighbour": (NContrast(temperature=t)(a_ND, b_ND), one(a_ND, b_ND)),
    }
    return {name: abs(float(found - expected)) for name, (found, expected) in pairs.items()}
