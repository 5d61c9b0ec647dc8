"""A text encoder as a sentence-transformers folder, of that library's own module types only."""

import json
import tempfile
from pathlib import Path
from typing import Any

import safetensors.torch
from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Encoder
from counterpoint.encoders.hugging_face import HuggingFaceEncoder, quiet
from counterpoint.encoders.projected import ProjectedEncoder
from counterpoint.encoders.role import Role
from counterpoint.encoders.saving import copy_atomically
from counterpoint.encoders.sentence_folder import MODES, OLD_KEYS
from counterpoint.encoders.static_text import StaticTextEncoder

TYPES = "sentence_transformers.models"


def export_sentence_transformers(encoder: Encoder, folder: Path | str) -> None:
    """Write ``folder`` so that ``SentenceTransformer(folder)`` gives what ``encoder.encode`` gives.

    The vectors are normalised. The folder may be the one that ``Encoder.save`` wrote, since no file of it is touched;
    after saving there again, export again. Prompts go along under the names "query", "document" and, as the default,
    "plain".

    Raises:
        InputError: Not a text encoder of Counterpoint, or of parts that sentence-transformers does not have.
        StorageError: Writing failed.
    """
    why_not = export_obstacle(encoder)
    if why_not is not None:
        raise InputError(f"sentence-transformers {why_not}")
    folder = Path(folder)
    with tempfile.TemporaryDirectory() as staging:
        modules, prompts = _write_modules(encoder, Path(staging))
        _write_layout(Path(staging), [*modules, "Normalize"], prompts)
        for path in sorted(path for path in Path(staging).rglob("*") if path.is_file()):
            copy_atomically(path, folder / path.relative_to(staging))


def export_obstacle(encoder: Encoder) -> str | None:
    """Why ``encoder`` cannot be exported, to follow the name of the library; None when it can."""
    match encoder:
        case StaticTextEncoder():
            return None
        case HuggingFaceEncoder():
            known = encoder.pooling in MODES.values()
            return None if known else f"has no pooling {encoder.pooling}; it has {list(MODES.values())}"
        case ProjectedEncoder() if isinstance(encoder.head.layers, nn.Linear):
            return export_obstacle(encoder.backbone)
        case ProjectedEncoder():
            return f"has no projection like {encoder.spec.head}; it has linear ones"
    return f"takes text encoders, not a {type(encoder).__name__}"


def _write_modules(encoder: Encoder, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Write what turns a text into a vector; the types of these modules in order, and the prompts."""
    if isinstance(encoder, ProjectedEncoder):
        modules, prompts = _write_modules(encoder.backbone, folder)
        _write_dense(encoder, _folder_of(folder, len(modules), "Dense"))
        return [*modules, "Dense"], prompts
    if isinstance(encoder, HuggingFaceEncoder):
        prompts = {role.value: encoder.spec.prompt_for(role) for role in Role}
        return _write_transformer(encoder, folder), prompts
    assert isinstance(encoder, StaticTextEncoder)
    return _write_static(encoder, folder), {}


def _write_dense(encoder: ProjectedEncoder, inner: Path) -> None:
    weights = {name: tensor.detach().cpu() for name, tensor in encoder.head.layers.state_dict(prefix="linear.").items()}
    safetensors.torch.save_file(weights, inner / "model.safetensors")
    sizes = {"in_features": encoder.backbone.embedding_dim, "out_features": encoder.head.out_dim}
    activation = f"{nn.Identity.__module__}.{nn.Identity.__name__}"
    _write(inner / "config.json", {**sizes, "bias": "linear.bias" in weights, "activation_function": activation})


def _write_static(encoder: StaticTextEncoder, folder: Path) -> list[str]:
    """The plain mean of the folded token vectors is exactly our weighted sum over the number of tokens."""
    inner = _folder_of(folder, 0, "StaticEmbedding")
    table = encoder.token_vectors().cpu().contiguous()
    safetensors.torch.save_file({"embedding.weight": table}, inner / "model.safetensors")
    encoder.write_files(inner)
    return ["StaticEmbedding"]


def _write_transformer(encoder: HuggingFaceEncoder, folder: Path) -> list[str]:
    mode = next(name for name, pooling in MODES.items() if pooling == encoder.pooling)
    inner = _folder_of(folder, 0, "Transformer")
    with quiet():
        encoder.model.save_pretrained(inner)
    encoder.tokenizer.save_pretrained(inner)
    _write(inner / "sentence_bert_config.json", {"max_seq_length": encoder.max_length, "do_lower_case": False})
    inner = _folder_of(folder, 1, "Pooling")
    # the spelling that every version of the library reads
    flags = {key: name == mode for key, name in OLD_KEYS.items()}
    _write(inner / "config.json", {"word_embedding_dimension": encoder.embedding_dim, **flags})
    return ["Transformer", "Pooling"]


def _write_layout(folder: Path, modules: list[str], prompts: dict[str, str]) -> None:
    last = len(modules) - 1
    _write(_folder_of(folder, last, modules[last]) / "config.json", {})
    layout = [
        {"idx": index, "name": str(index), "path": f"{index}_{name}", "type": f"{TYPES}.{name}"}
        for index, name in enumerate(modules)
    ]
    _write(folder / "modules.json", layout)
    default = Role.PLAIN.value if any(prompts.values()) else None
    settings = {"prompts": prompts if default else {}, "default_prompt_name": default, "similarity_fn_name": "cosine"}
    _write(folder / "config_sentence_transformers.json", settings)


def _folder_of(folder: Path, index: int, name: str) -> Path:
    inner = folder / f"{index}_{name}"
    inner.mkdir(exist_ok=True)
    return inner


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
