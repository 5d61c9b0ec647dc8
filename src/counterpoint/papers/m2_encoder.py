"""Contrast within groups of workers: less to send and to hold than among all of them."""

import torch
from torch import Tensor, nn

from counterpoint.experiments.claim import Better, Claim, Figures, Paper, Setting, Wing, Within
from counterpoint.objectives import CLIP, InfoNCE

paper = Paper(
    short="M2-Encoder",
    title="M2-Encoder: Advancing Bilingual Image-Text Understanding by Large-scale Efficient Pretraining",
    authors="Guo, Xu, Zhang, Ren, Ma, Ju, Wang, Chen and Yang",
    year=2024,
    identifier="arXiv:2401.15896",
    wing=Wing.SCALE,
    implements="Image-text contrast with features gathered within groups of workers",
    deviates="How the paper groups workers and orders accumulation is unsure: here neighbours form a group, without "
    "accumulation. Eight workers in one process, bytes counted by formula; made images and captions in two languages; "
    "fine-grained objectives and speed are left out. One learning rate for both sides, not tuned.",
)
claim = Claim(
    statement="Groups send and hold less than all workers, and retrieval in both languages hardly suffers.",
    checks=(
        Within(measure="loss_error", below=1e-12, statement="One group of all workers is the global loss."),
        Within(
            measure="gradient_error", below=1e-12, statement="Its gradient, averaged over workers, is the global one."
        ),
        Better(measure="megabytes_received", lower=True, statement="Groups of two send less than a group of all."),
        Better(measure="similarities", lower=True, statement="A worker holds fewer similarities."),
        Better(measure="recall", by=-0.05, statement="Recall at 1 over both languages is lower by less than 0.05."),
    ),
    minutes=0.5,
)

_STEPS = {Setting.TINY: 1, Setting.SMALL: 400, Setting.FULL: 10_000}
_WORKERS, _SHARE, _DIM = 8, 32, 32
_GROUP = 2
_LATENT, _IMAGE, _TEXT = 16, 96, 64
_TEMPERATURE = 0.1


def trial(setting: Setting, seed: int) -> Figures:
    """The identity on random rows, then two towers trained with groups of two and of all."""
    found: dict[str, dict[str, float]] = {}
    for side, group in (("method", _GROUP), ("baseline", _WORKERS)):
        found[side] = {
            "megabytes_received": 4 * 2 * (group - 1) * _SHARE * _DIM / 2**20,  # float32, images and captions
            "similarities": _SHARE * group * _SHARE,
            "recall": _recall(group, _STEPS[setting], seed),
        }
    return {**found, "method": {**found["method"], **_identity(seed)}}


def _grouped(image_ND: Tensor, text_ND: Tensor, group: int) -> Tensor:
    """Mean over workers of their own rows among those of their group, in both directions."""
    one = InfoNCE(temperature=_TEMPERATURE)
    losses: list[Tensor] = []
    for images, texts in zip(image_ND.split(group * _SHARE), text_ND.split(group * _SHARE), strict=True):
        for start in range(0, len(images), _SHARE):
            order = torch.arange(len(images)).roll(-start)
            mine, others = order[:_SHARE], order[_SHARE:]
            losses.append(one(images[mine], texts[mine], negatives=texts[others]) / 2)
            losses.append(one(texts[mine], images[mine], negatives=images[others]) / 2)
    return torch.stack(losses).sum() / _WORKERS


def _identity(seed: int) -> dict[str, float]:
    """One group of all workers, against the loss of the whole batch."""
    generator = torch.Generator().manual_seed(seed)
    shape = (_WORKERS * _SHARE, _DIM)
    sides = [torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_() for _ in range(2)]
    grouped, whole = _grouped(sides[0], sides[1], _WORKERS), CLIP(temperature=_TEMPERATURE)(*sides)
    gradients = [torch.cat(torch.autograd.grad(loss, sides)) for loss in (grouped, whole)]
    return {
        "loss_error": abs(float(grouped.detach() - whole.detach())),
        "gradient_error": float((gradients[0] - gradients[1]).abs().max()),
    }


class _World:
    """Things that are seen in images and named in two languages, each through a random layer of its own."""

    def __init__(self) -> None:
        self.image_LI = torch.randn(_LATENT, _IMAGE)
        self.text_KLT = torch.randn(2, _LATENT, _TEXT)

    def draw(self, count: int, language: Tensor) -> tuple[Tensor, Tensor]:
        """Images and their captions, with noise."""
        latent = torch.randn(count, _LATENT)
        image = torch.tanh(latent @ self.image_LI) + 0.3 * torch.randn(count, _IMAGE)
        text = torch.tanh(torch.einsum("nl,nlt->nt", latent, self.text_KLT[language]))
        # The script of a caption can be seen.
        return image, torch.cat([text + 0.3 * torch.randn(count, _TEXT), language[:, None].float()], 1)


def _tower(inputs: int) -> nn.Module:
    return nn.Sequential(nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, _DIM))


def _recall(group: int, steps: int, seed: int) -> float:
    """Mean over two languages of how often an image's own caption is the nearest of 500."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        world, towers = _World(), nn.ModuleList([_tower(_IMAGE), _tower(_TEXT + 1)])
        optimiser = torch.optim.Adam(towers.parameters(), lr=2e-3)
        for _ in range(steps):
            pairs = world.draw(_WORKERS * _SHARE, torch.randint(2, (_WORKERS * _SHARE,)))
            optimiser.zero_grad()
            _grouped(towers[0](pairs[0]), towers[1](pairs[1]), group).backward()
            optimiser.step()
        with torch.no_grad():
            return sum(_found(towers, world, language) for language in (0, 1)) / 2


def _found(towers: nn.ModuleList, world: _World, language: int) -> float:
    pairs = world.draw(500, torch.full((500,), language))
    image, text = (nn.functional.normalize(tower(side), dim=1) for tower, side in zip(towers, pairs, strict=True))
    return float(((image @ text.T).argmax(1) == torch.arange(500)).float().mean())
