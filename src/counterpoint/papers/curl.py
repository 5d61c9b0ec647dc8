"""CURL: a small contrastive loss guarantees a small loss of the mean classifier, less what collisions cost."""

import numpy as np

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within

paper = Paper(
    short="CURL-theory",
    title="A Theoretical Analysis of Contrastive Unsupervised Representation Learning",
    authors="Arora, Khandeparkar, Khodak, Plevrakis and Saunshi",
    year=2019,
    identifier="arXiv:1902.09229",
    wing=Wing.OBJECTIVES,
    implements="the bound of the mean classifier's loss by the unsupervised loss, one negative, logistic loss",
    deviates="Latent classes of a few points each, so that every expectation is exact and no generalisation error is "
    "left; encoders are mixtures of random maps with the classes.",
)
claim = Claim(
    statement="The mean classifier's average loss is at most (contrastive loss - collisions) / (1 - collision rate).",
    checks=(
        Within(measure="excess", below=1e-9, statement="No encoder breaks the bound."),
        Within(measure="rank_correlation", above=0.8, statement="Encoders of lower contrastive loss classify better."),
        Better(measure="gap", than="many classes", statement="With few classes collisions hide more of the loss."),
    ),
    minutes=0.1,
)

_ENCODERS = {Setting.TINY: 5, Setting.SMALL: 400, Setting.FULL: 4_000}
_FEW, _MANY, _POINTS, _DIM = 3, 12, 6, 8


def trial(setting: Setting, seed: int) -> Figures:
    """Many encoders of the same points, of 3 and of 12 classes."""
    few, many = (_encoders(classes, _ENCODERS[setting], seed) for classes in (_FEW, _MANY))
    bound, loss = few["bound"], few["loss"]
    order = np.stack([np.argsort(np.argsort(one)) for one in (bound, loss)])
    return {
        "method": {
            "excess": float((loss - bound).max()),
            "rank_correlation": float(np.corrcoef(order)[0, 1]),
            "gap": float(few["collisions"].mean()),
        },
        "many classes": {"gap": float(many["collisions"].mean())},
    }


def _encoders(classes: int, count: int, seed: int) -> dict[str, np.ndarray]:
    """Per encoder: the bound, the supervised loss, and the part of the contrastive loss that collisions make."""
    rng = np.random.default_rng(seed)
    found = []
    for step in range(count):
        centre, noise = rng.normal(size=(classes, 1, _DIM)), rng.normal(size=(classes, _POINTS, _DIM))
        share = step / max(count - 1, 1)
        found.append(_exact(2 * share * centre + (1 - share) * noise))
    return {name: np.array([one[name] for one in found]) for name in found[0]}


def _exact(f: np.ndarray) -> dict[str, float]:
    """All expectations over latent classes of equal probability, of embeddings `[C, P, D]`.

    The unsupervised loss is ``E log(1 + exp(-f(x)^T (f(x+) - f(x-))))``; with probability ``tau = 1/C`` the negative's
    class is the anchor's, and then it is at least ``log 2`` on average, by convexity. The mean classifier scores
    ``f(x)^T mu_c`` with the mean embedding of each class, for two classes drawn at random.
    """
    classes = len(f)
    tau = 1 / classes
    s = np.einsum("cpd,kqd->cpkq", f, f)
    own = s[np.arange(classes), :, np.arange(classes), :]  # [C, P, P]
    pair = np.log1p(np.exp(-(own[:, :, :, None, None] - s[:, :, None, :, :]))).mean(axis=(1, 2, 4))  # [C, K]
    same = np.eye(classes, dtype=bool)
    unsupervised, collided = pair.mean(), pair[same].mean()
    means = s.mean(axis=3)  # f(x)^T mu_k
    margin = means[np.arange(classes), :, np.arange(classes)][:, :, None] - means
    supervised = np.log1p(np.exp(-margin)).mean(axis=1)[~same].mean()
    bound = (unsupervised - tau * np.log(2)) / (1 - tau)
    return {"bound": float(bound), "loss": float(supervised), "collisions": float(tau * collided)}
