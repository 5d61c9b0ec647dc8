"""Words hidden from a transformer and the head that guesses them: masked language modelling."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, gelu

from counterpoint.base.errors import InputError
from counterpoint.encoders.contract import Inputs
from counterpoint.encoders.hugging_face import HuggingFaceEncoder


@dataclass(frozen=True, eq=False)
class Masked:
    """Texts with some tokens hidden.

    Attributes:
        inputs: What the encoder takes, hidden tokens replaced.
        hidden: Which tokens were chosen, bool `[N, L]`.
        tokens: int64 `[N, L]`, as they were.
    """

    inputs: Inputs
    hidden: Tensor
    tokens: Tensor


def mask_words(encoder: HuggingFaceEncoder, inputs: Inputs, *, rate: float = 0.15, keep: float = 0.2) -> Masked:
    """Choose tokens at random, from torch's global random state, and hide them.

    Devlin et al., "BERT: Pre-training of Deep Bidirectional Transformers" (2019), arXiv:1810.04805, Section 3.1: 15 %
    of the tokens are chosen; 80 % of those become the mask, 10 % another token, 10 % stay. Tokens that stand for
    nothing (padding, the first) are never chosen.

    Args:
        encoder: Whose tokenizer has a mask token.
        inputs: What its ``collate`` made.
        rate: Share of tokens chosen.
        keep: Share of those that do not become the mask, half of them random tokens; 0 masks all.

    Raises:
        InputError: The tokenizer has no mask, or a share is not in 0 to 1.
    """
    tokenizer = encoder.tokenizer
    if tokenizer.mask_token_id is None:
        raise InputError("hiding words needs a tokenizer with a mask token, and this encoder's has none")
    if not (0 <= rate <= 1 and 0 <= keep <= 1):
        raise InputError(f"rate and keep must be between 0 and 1, got {rate} and {keep}")
    tokens_NL = inputs["input_ids"]
    special = torch.isin(tokens_NL, torch.tensor(tokenizer.all_special_ids, device=tokens_NL.device))
    hidden_NL = (torch.rand(tokens_NL.shape, device=tokens_NL.device) < rate) & ~special
    fate_NL = torch.rand(tokens_NL.shape, device=tokens_NL.device)
    shown_NL = torch.where(hidden_NL & (fate_NL >= keep), tokenizer.mask_token_id, tokens_NL)
    drawn_NL = torch.randint_like(tokens_NL, len(tokenizer))
    shown_NL = torch.where(hidden_NL & (fate_NL < keep / 2), drawn_NL, shown_NL)
    return Masked({**inputs, "input_ids": shown_NL}, hidden_NL, tokens_NL)


class WordHead(nn.Module):
    """From states to scores of all tokens: a layer, a norm, and the encoder's own token vectors.

    Formula: ``E norm(gelu(W x + b)) + c`` with E the input token vectors, which learn from both sides.

    Args:
        encoder: Whose states are read; it is not registered here, so its parameters are counted once.
    """

    def __init__(self, encoder: HuggingFaceEncoder) -> None:
        super().__init__()
        table = encoder.model.get_input_embeddings().weight
        self._table = [table]  # in a list, so that it is nobody's second parameter
        self.layer = nn.Linear(table.shape[1], table.shape[1])
        self.norm = nn.LayerNorm(table.shape[1])
        self.bias = nn.Parameter(torch.zeros(len(table)))

    def forward(self, states: Tensor) -> Tensor:
        """Scores `[..., tokens]` of states `[..., D]`."""
        return self.norm(gelu(self.layer(states))) @ self._table[0].T + self.bias

    def loss(self, states_NLD: Tensor, masked: Masked) -> Tensor:
        """Mean cross-entropy of the hidden tokens in nats; 0 where none is hidden."""
        hidden = masked.hidden
        found = cross_entropy(self(states_NLD[hidden]), masked.tokens[hidden], reduction="sum")
        return found / hidden.sum().clamp_min(1)
