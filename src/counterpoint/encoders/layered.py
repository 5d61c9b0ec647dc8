"""Embeddings from every layer of a transformer, so that one that is cut short still embeds."""

from torch import Tensor

from counterpoint.encoders.contract import Inputs
from counterpoint.encoders.hugging_face import HuggingFaceEncoder


def layer_embeddings(encoder: HuggingFaceEncoder, inputs: Inputs) -> list[Tensor]:
    """What the encoder would return were it cut after the first, second, ... layer: `[N, D]` each, the last its own.

    Args:
        encoder: Whose pooling is used for all of them.
        inputs: What its ``collate`` made.
    """
    states = encoder.model(**inputs, output_hidden_states=True).hidden_states
    return [encoder.pool(states_NLD, inputs["attention_mask"]) for states_NLD in states[1:]]
