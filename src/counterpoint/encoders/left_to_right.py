"""A text encoder whose tokens see only those before them."""

from typing import Any

import torch
from torch import Tensor, nn

from counterpoint.encoders.hugging_face import HuggingFaceEncoder


class LeftToRight(nn.Module):
    """A model of Hugging Face's kind, called with a causal mask on top of its padding."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor, **inputs: Tensor) -> Any:
        """What the model returns; a token's state depends on tokens up to its own alone."""
        length = input_ids.shape[1]
        before_LL = torch.ones(length, length, dtype=torch.bool, device=input_ids.device).tril()
        seen_NLL = before_LL & (attention_mask[:, None, :] != 0)
        # A row of padding sees itself: a softmax over nothing is NaN.
        seen_NLL = seen_NLL | torch.eye(length, dtype=torch.bool, device=input_ids.device)
        return self.model(input_ids=input_ids, attention_mask=seen_NLL[:, None], **inputs)


def read_left_to_right(encoder: HuggingFaceEncoder) -> HuggingFaceEncoder:
    """Put a causal mask on an encoder, in place; it is for trials and cannot be saved as the model it was."""
    encoder.model = LeftToRight(encoder.model)
    return encoder
