"""An encoder back from its folder. Nothing in the folder is run or unpickled."""

from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.files import read_json
from counterpoint.base.spec import from_json
from counterpoint.encoders.contract import Encoder, EncoderSpec
from counterpoint.encoders.saving import DESCRIPTION, FORMAT, WEIGHTS, digest
from counterpoint.encoders.token_tables import check_token_tables


def load_encoder(folder: Path | str, *, trusted: tuple[str, ...] = ("counterpoint",)) -> Encoder:
    """The encoder that ``Encoder.save`` wrote, on the CPU and in evaluation mode.

    Args:
        folder: Where it was saved.
        trusted: Top-level packages whose specs the folder may name; add your own package for your own encoders.

    Raises:
        CheckpointError: A file is missing, corrupt, or not the one saved with the others; the message names it.
    """
    folder = Path(folder)
    description = _read_description(folder / DESCRIPTION)
    _check_files(folder, description["files"])
    try:
        spec = from_json(description["spec"], trusted=trusted)
    except InputError as error:
        raise CheckpointError(f"{folder / DESCRIPTION}: {error}") from error
    if not isinstance(spec, EncoderSpec):
        raise CheckpointError(f"{folder / DESCRIPTION} describes a {type(spec).__name__}, not an encoder")
    try:
        # weights are drawn before they are read; nobody who loads a model should find other random numbers afterwards
        with torch.random.fork_rng(devices=[]):
            encoder = spec.restore(description["fitted"], folder)
        check_token_tables(encoder)
    except (InputError, KeyError, TypeError, OSError, ValueError) as error:
        raise CheckpointError(f"cannot rebuild the encoder in {folder}: {error}") from error
    _load_weights(encoder, folder / WEIGHTS)
    return encoder.eval()


def _read_description(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CheckpointError(f"no encoder here: {path} is missing")
    try:
        description = read_json(path)
    except InputError as error:
        raise CheckpointError(str(error)) from error
    if not (isinstance(description, dict) and {"format", "spec", "fitted", "files"} <= description.keys()):
        raise CheckpointError(f"{path} lacks one of format, spec, fitted, files")
    if not (isinstance(description["files"], dict) and isinstance(description["fitted"], dict)):
        raise CheckpointError(f"{path}: files and fitted must be JSON objects")
    if description["format"] != FORMAT:
        raise CheckpointError(f"{path} has format {description['format']!r}; this version reads format {FORMAT}")
    return description


def _check_files(folder: Path, digests: dict[str, str]) -> None:
    for name in {WEIGHTS, *digests}:
        path = folder / name
        if not path.is_file():
            raise CheckpointError(f"the saved encoder is incomplete: {path} is missing")
        if digest(path) != digests.get(name):
            raise CheckpointError(f"{path} is corrupt: it is not the file that was saved with {DESCRIPTION}")


def _load_weights(encoder: Encoder, path: Path) -> None:
    try:
        weights = safetensors.torch.load_file(path)
        _check_names({*encoder.state_dict()}, {*weights}, path)
        encoder.load_state_dict(weights)
    except (SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"{path} does not hold the weights of this encoder: {error}") from error


def _check_names(own: set[str], saved: set[str], path: Path) -> None:
    """What torch would say of this is a list of all names."""
    parts = {"are missing": own - saved, "are none of its own": saved - own}
    told = [f"{len(names)} {how} (such as {min(names)})" for how, names in parts.items() if names]
    if told:
        raise CheckpointError(
            f"{path} does not hold the weights of this encoder: {' and '.join(told)}. An encoder whose parts were "
            "exchanged after it was built cannot come back: build it from a spec that says so, as TaskExperts does"
        )
