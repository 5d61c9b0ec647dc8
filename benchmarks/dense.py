"""The losses as they are written in plain PyTorch: the whole matrix at once, gradients by autograd.

Every function takes two views `[N, D]` and returns a scalar. Similarities are computed in the dtype of the views and
everything after them in float32 at least, as autocast does.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, logsigmoid, normalize, relu

CLASSES = 1_000
TEMPERATURE = {"info-nce": 0.07, "clip": 0.07, "nt-xent": 0.5, "sup-con": 0.1, "hcl": 0.5}
SCALE, BIAS = 10.0, -10.0
BETA = 1.0
MARGIN = 0.2
THRESHOLD = 0.2


def classes(a: Tensor) -> Tensor:
    """Labels of N rows, the same for the same N."""
    return torch.randint(CLASSES, (len(a),), generator=torch.Generator().manual_seed(1)).to(a.device)


def places(a: Tensor) -> Tensor:
    """0 to N - 1."""
    return torch.arange(len(a), device=a.device)


def cosines(a: Tensor, b: Tensor) -> Tensor:
    """`[N, M]`, in float32 or wider."""
    s = normalize(a) @ normalize(b).T
    return s if s.dtype == torch.float64 else s.float()


def stacked(a: Tensor, b: Tensor) -> Tensor:
    """Cosines of two views among themselves, `[2N, 2N]`."""
    z = torch.cat([a, b])
    return cosines(z, z)


def same_class(a: Tensor) -> tuple[Tensor, Tensor]:
    """Which of 2N rows are positive and which negative to each other by their labels; neither on the diagonal."""
    labels = classes(a).repeat(2)
    same = labels[:, None] == labels[None, :]
    return same.clone().fill_diagonal_(False), ~same


def info_nce(a: Tensor, b: Tensor) -> Tensor:
    """One direction."""
    return cross_entropy(cosines(a, b) / TEMPERATURE["info-nce"], places(a))


def clip(a: Tensor, b: Tensor) -> Tensor:
    """Both directions."""
    logits, own = cosines(a, b) / TEMPERATURE["clip"], places(a)
    return (cross_entropy(logits, own) + cross_entropy(logits.T, own)) / 2


def nt_xent(a: Tensor, b: Tensor) -> Tensor:
    """Each of 2N rows among the others."""
    logits = (stacked(a, b) / TEMPERATURE["nt-xent"]).fill_diagonal_(-torch.inf)
    return cross_entropy(logits, places(logits).roll(len(a)))


def sup_con(a: Tensor, b: Tensor) -> Tensor:
    """Mean log-probability of the rows of the same class."""
    positive, _ = same_class(a)
    logits = (stacked(a, b) / TEMPERATURE["sup-con"]).fill_diagonal_(-torch.inf)
    log_p = logits - torch.logsumexp(logits, 1, keepdim=True)
    return -(torch.where(positive, log_p, 0.0).sum(1) / positive.sum(1)).mean()


def sig_lip(a: Tensor, b: Tensor) -> Tensor:
    """Every pair its own question."""
    signs = 2 * torch.eye(len(a), device=a.device) - 1
    return -logsigmoid(signs * (SCALE * cosines(a, b) + BIAS)).sum() / len(a)


def hcl(a: Tensor, b: Tensor) -> Tensor:
    """NT-Xent whose negatives are weighted by exp(beta s), the weights averaging to one (Robinson et al. 2021)."""
    n, t = len(a), TEMPERATURE["hcl"]
    s = stacked(a, b)
    own = places(s)
    pos = s[own, own.roll(n)] / t
    nobody = torch.eye(2 * n, dtype=torch.bool, device=a.device)
    nobody |= nobody.roll(n, 1)
    s = s.masked_fill(nobody, -torch.inf)
    hard = torch.logsumexp((BETA + 1 / t) * s, 1) - torch.logsumexp(BETA * s, 1) + math.log(2 * n - 2)
    return (torch.logaddexp(pos, hard) - pos).mean()


def triplet(a: Tensor, b: Tensor) -> Tensor:
    """Hinge between each row's least similar positive and its most similar negative (Hermans et al. 2017)."""
    positive, negative = same_class(a)
    s = stacked(a, b)
    furthest = s.masked_fill(~positive, torch.inf).amin(1)
    nearest = s.masked_fill(~negative, -torch.inf).amax(1)
    return relu(nearest - furthest + MARGIN).mean()


def user_term(a: Tensor, b: Tensor) -> Tensor:
    """Squares of the negatives above a threshold, minus the positive: a term that no library knows."""
    s = cosines(a, b)
    own = torch.eye(len(a), dtype=torch.bool, device=a.device)
    push = torch.where(own, 0.0, relu(s - THRESHOLD) ** 2).sum(1)
    return (push - s.diagonal()).mean()
