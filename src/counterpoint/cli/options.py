"""Names that a person may type, and what they stand for; nothing below the command line looks things up by name."""

from counterpoint.base.errors import InputError
from counterpoint.encoders import MLP, ConvNet, EncoderSpec, HuggingFace, Passthrough, ResNet18, StaticText, ViTTiny
from counterpoint.objectives import CLIP, DCL, CoSENT, InfoNCE, NTXent, SigLIP, SupCon
from counterpoint.pairwise import Objective

OBJECTIVES: dict[str, type[Objective]] = {
    "info-nce": InfoNCE,
    "clip": CLIP,
    "nt-xent": NTXent,
    "sup-con": SupCon,
    "dcl": DCL,
    "sig-lip": SigLIP,
    "cosent": CoSENT,
}
ENCODERS: dict[str, type[EncoderSpec]] = {
    "conv-net": ConvNet,
    "resnet18": ResNet18,
    "vit-tiny": ViTTiny,
    "static": StaticText,
    "mlp": MLP,
    "passthrough": Passthrough,
}


def objective_named(name: str, temperature: float | None) -> Objective:
    """The objective a person asked for.

    Raises:
        InputError: No such name, or a temperature for an objective that has none.
    """
    if name not in OBJECTIVES:
        raise InputError(f"--objective must be one of {', '.join(OBJECTIVES)}, got {name!r}")
    try:
        return OBJECTIVES[name]() if temperature is None else OBJECTIVES[name](temperature=temperature)  # pyright: ignore[reportCallIssue]
    except TypeError as error:
        raise InputError(f"--objective {name} has no temperature") from error


def encoder_named(name: str) -> EncoderSpec:
    """The encoder a person asked for: a name of ours, or any Hugging Face model by name or folder."""
    return ENCODERS[name]() if name in ENCODERS else HuggingFace(name_or_path=name)


def columns_of(given: list[str]) -> tuple[tuple[str, str], ...]:
    """``role=column`` pairs.

    Raises:
        InputError: An entry has no equals sign.
    """
    for entry in given:
        if "=" not in entry:
            raise InputError(f"--column must look like role=column (such as positive=caption), got {entry!r}")
    pairs = [entry.split("=", 1) for entry in given]
    return tuple((role.strip(), column.strip()) for role, column in pairs)
