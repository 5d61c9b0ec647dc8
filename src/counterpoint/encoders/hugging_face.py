"""Any Hugging Face text encoder: loaded by name or folder, or built anew from a configuration."""

import contextlib
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.base.extras import require
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.encoding import check_kind
from counterpoint.encoders.pooling import Pooling
from counterpoint.encoders.role import Role
from counterpoint.encoders.sentence_folder import read_max_length, read_pooling

LONGEST = 512
"""Tokens kept of a text when neither the user nor the model says how many."""


class TextTransformer(EncoderSpec):
    """What :class:`HuggingFaceEncoder` is built from: weights and tokenizer from a folder, or new ones."""

    @abstractmethod
    def prompt_for(self, role: Role) -> str:
        """What is put before a text of this role."""

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "HuggingFaceEncoder":
        """The same architecture and tokenizer, from the files of a saved encoder only."""
        transformers = _transformers()
        config = transformers.AutoConfig.from_pretrained(folder, local_files_only=True)
        tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = transformers.AutoModel.from_config(config)
        pooling = from_json(fitted["pooling"])
        return HuggingFaceEncoder(self, model, tokenizer, pooling, int(fitted["max_length"]))


@dataclass(frozen=True, kw_only=True)
class HuggingFace(TextTransformer):
    """A transformer through ``AutoModel`` and ``AutoTokenizer``, and a pooling.

    Only safetensors weights are read, and no code that comes with a model is run.

    Attributes:
        name_or_path: A name on the Hugging Face hub or a folder.
        pooling: How token vectors become one; None takes what a sentence-transformers folder says, else the mean.
        max_length: Tokens kept of a text, prompt included; None takes what the folder says, at most what the model
            has positions for.
        prompt: Put before a text of no particular role.
        query_prompt: Put before a query; None takes ``prompt``.
        document_prompt: Put before a document; None takes ``prompt``.
        from_config: Take configuration and tokenizer only, and begin with new weights.
        layers: Keep only the first so many blocks; None keeps all.
        local_files_only: Never ask the network.
    """

    name_or_path: str
    pooling: Pooling | None = None
    max_length: int | None = None
    prompt: str = ""
    query_prompt: str | None = None
    document_prompt: str | None = None
    from_config: bool = False
    layers: int | None = None
    local_files_only: bool = False

    def __post_init__(self) -> None:
        if self.layers is not None and self.layers < 1:
            raise InputError(f"layers must be at least 1, got {self.layers}")

    def build(self, sample: Content | None = None) -> "HuggingFaceEncoder":
        """The model with its weights; the sample is not needed.

        Raises:
            InputError: The model cannot be found or read; the message says what was tried.
            MissingExtraError: transformers is not installed.
        """
        transformers = _transformers()
        try:
            with quiet():
                tokenizer, model, missing = self._load(transformers)
        except (OSError, ValueError, KeyError) as error:
            raise InputError(self._not_loaded(error)) from error
        if missing:
            raise InputError(f"the text model {self.name_or_path!r} lacks the weights {', '.join(missing[:5])}")
        folder = Path(self.name_or_path)
        pooling = self.pooling or read_pooling(folder)
        max_length = self.max_length or read_max_length(folder) or LONGEST
        return HuggingFaceEncoder(self, model, tokenizer, pooling, min(max_length, _positions(model, tokenizer)))

    def prompt_for(self, role: Role) -> str:
        """What is put before a text of this role."""
        own = {Role.PLAIN: self.prompt, Role.QUERY: self.query_prompt, Role.DOCUMENT: self.document_prompt}[role]
        return self.prompt if own is None else own

    def _load(self, transformers: Any) -> tuple[Any, Any, list[str]]:
        """Tokenizer, model, and the weights that the model's files should have held and did not."""
        name, offline = self.name_or_path, {"local_files_only": self.local_files_only}
        tokenizer = transformers.AutoTokenizer.from_pretrained(name, **offline)
        cut = {} if self.layers is None else {"num_hidden_layers": self.layers}
        if self.from_config:
            config = transformers.AutoConfig.from_pretrained(name, **cut, **offline)
            return tokenizer, transformers.AutoModel.from_config(config), []
        model, found = transformers.AutoModel.from_pretrained(
            name, use_safetensors=True, output_loading_info=True, **cut, **offline
        )
        return tokenizer, model, sorted(key for key in found["missing_keys"] if not key.startswith("pooler."))

    def _not_loaded(self, error: Exception) -> str:
        where = "a folder" if Path(self.name_or_path).is_dir() else "no folder here, so tried as a name on the hub"
        network = ", in the local cache only" if self.local_files_only else ""
        return f"cannot load the text model {self.name_or_path!r} ({where}{network}): {_first_line(error)}"


class HuggingFaceEncoder(Encoder):
    """See :class:`HuggingFace`. ``collate`` returns what the tokenizer makes: ``input_ids``, ``attention_mask``, ..."""

    spec: TextTransformer

    def __init__(self, spec: TextTransformer, model: Any, tokenizer: Any, pooling: Pooling, max_length: int) -> None:
        super().__init__(spec, kind=Kind.TEXT, embedding_dim=int(model.config.hidden_size))
        if getattr(model, "pooler", None) is not None:
            # the pooler of next-sentence prediction: we pool ourselves, and weights that get no gradient
            # would stop distributed training
            model.pooler = nn.Identity()
        if tokenizer.pad_token is None:
            tokenizer.pad_token = tokenizer.eos_token
        self.model = model.float().train()
        self.tokenizer = tokenizer
        self.pooling = pooling
        self.pool = pooling.build(self.embedding_dim)
        self.max_length = max_length

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """Token ids and mask `[N, L]`, with the role's prompt first, cut at ``max_length``.

        Raises:
            InputError: The content is not text.
        """
        check_kind(content, Kind.TEXT)
        prompt = self.spec.prompt_for(role)
        texts = [prompt + str(text) for text in content]
        return dict(
            self.tokenizer(texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt")
        )

    def forward(self, inputs: Inputs) -> Tensor:
        """Embeddings `[N, D]`."""
        states_NLD = self.model(**inputs).last_hidden_state
        return self.pool(states_NLD, inputs["attention_mask"])

    def fitted(self) -> dict[str, Any]:
        """Pooling and length as resolved when the model was found."""
        return {"pooling": to_json(self.pooling), "max_length": self.max_length}

    def write_files(self, folder: Path) -> None:
        """Write the configuration and the tokenizer as transformers does."""
        self.model.config.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)


def _transformers() -> Any:
    return require("transformers", extra="text", purpose="a Hugging Face encoder")


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """No progress bar of transformers and no table of unused weights; what is missing we check ourselves."""
    logging = _transformers().utils.logging
    level, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bar:
            logging.enable_progress_bar()


def _positions(model: Any, tokenizer: Any) -> int:
    """The longest input that model and tokenizer both take."""
    limits: Sequence[int | None] = (getattr(model.config, "max_position_embeddings", None), tokenizer.model_max_length)
    return min(limit for limit in (*limits, 10**6) if limit is not None and limit > 0)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]
