"""What the heads of a transformer attend to, as numbers that can be compared between two passes."""

import torch
from torch import Tensor

from counterpoint.encoders.contract import Inputs
from counterpoint.encoders.hugging_face import HuggingFaceEncoder


def keep_attention(encoder: HuggingFaceEncoder) -> HuggingFaceEncoder:
    """The same encoder, computing attention so that its maps can be had; in place."""
    encoder.model.set_attn_implementation("eager")
    return encoder


def with_attention(encoder: HuggingFaceEncoder, inputs: Inputs) -> tuple[Tensor, Tensor]:
    """Embeddings `[N, D]` and attention `[N, S, L, L]` of the S = layers x heads maps of every text.

    The encoder is one that :func:`keep_attention` has seen.
    """
    found = encoder.model(**inputs, output_attentions=True)
    maps_NSLL = torch.cat(list(found.attentions), dim=1)
    return encoder.pool(found.last_hidden_state, inputs["attention_mask"]), maps_NSLL


def drawn_entries(maps_NSLL: Tensor, there_NL: Tensor, *, count: int) -> Tensor:
    """Logarithms of ``count`` entries of every map, `[N, S, count]`: from tokens to tokens that are there.

    Places are drawn with replacement from torch's global random state, the same for all maps of a text; compare two
    passes by drawing from both stacked along the second axis.
    """
    real_NP = (there_NL[:, :, None] & there_NL[:, None, :]).flatten(1)
    places_NC = torch.multinomial(real_NP.float(), count, replacement=True)
    flat_NSP = maps_NSLL.flatten(2)
    return flat_NSP.gather(2, places_NC[:, None].expand(-1, flat_NSP.shape[1], -1)).clamp_min(1e-9).log()
