"""What a sentence-transformers folder says about its model, besides the weights."""

from pathlib import Path
from typing import Any

from counterpoint.base.errors import InputError
from counterpoint.base.files import read_json
from counterpoint.encoders.pooling import CLS, LastToken, Mean, Pooling

MODES: dict[str, Pooling] = {"mean": Mean(), "cls": CLS(), "lasttoken": LastToken()}
"""The poolings that both libraries have, by the name sentence-transformers gives them."""

OLD_KEYS = {
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "cls",
    "pooling_mode_lasttoken": "lasttoken",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
}
"""One flag for each mode, as written before version 5.4."""


def read_pooling(folder: Path) -> Pooling:
    """The pooling of a sentence-transformers folder; the mean where the folder says nothing.

    Raises:
        InputError: A pooling that Counterpoint does not have.
    """
    config = _module_config(folder, "Pooling")
    if config is None:
        return Mean()
    modes = config.get("pooling_mode") or [mode for key, mode in OLD_KEYS.items() if config.get(key)]
    modes = [modes] if isinstance(modes, str) else list(modes)
    if len(modes) != 1 or modes[0] not in MODES:
        raise InputError(f"{folder} pools by {modes}; give pooling= one of Mean, CLS, LastToken, Attention")
    return MODES[modes[0]]


def read_max_length(folder: Path) -> int | None:
    """The ``max_seq_length`` of a sentence-transformers folder, or None."""
    path = folder / "sentence_bert_config.json"
    length = read_json(path).get("max_seq_length") if path.is_file() else None
    return None if length is None else int(length)


def _module_config(folder: Path, kind: str) -> dict[str, Any] | None:
    """The configuration of the module whose type ends in ``kind``, or None."""
    modules = folder / "modules.json"
    if not modules.is_file():
        return None
    for module in read_json(modules):
        if str(module["type"]).rsplit(".", 1)[-1] == kind:
            return read_json(folder / module["path"] / "config.json")
    return None
