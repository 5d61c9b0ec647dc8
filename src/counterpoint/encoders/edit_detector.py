"""Which words were replaced, told by a second transformer that has seen the embedding of the original."""

import copy

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from counterpoint.encoders.contract import Inputs
from counterpoint.encoders.hugging_face import HuggingFaceEncoder


class EditDetector(nn.Module):
    """Conditional detection of replaced tokens.

    Chuang et al., "DiffCSE: Difference-based Contrastive Learning for Sentence Embeddings" (2022), arXiv:2204.10298,
    Eq. 2 and 3. The embedding h of the original takes the place of the first token's vector; a linear layer says of
    every other token whether it was replaced. The gradient reaches the encoder through h alone.

    Args:
        encoder: Whose transformer is copied; embeddings must be as wide as its states.
    """

    def __init__(self, encoder: HuggingFaceEncoder) -> None:
        super().__init__()
        self.body = copy.deepcopy(encoder.model)
        self.layer = nn.Linear(encoder.embedding_dim, 1)

    def forward(self, h_ND: Tensor, edited: Inputs) -> Tensor:
        """Log-odds of every token to have been replaced, `[N, L]`; those of the first say nothing."""
        words_NLD = self.body.get_input_embeddings()(edited["input_ids"])
        seen_NLD = torch.cat([h_ND[:, None], words_NLD[:, 1:]], dim=1)
        states = self.body(inputs_embeds=seen_NLD, attention_mask=edited["attention_mask"]).last_hidden_state
        return self.layer(states)[..., 0]

    def loss(self, h_ND: Tensor, original: Inputs, edited: Inputs) -> Tensor:
        """Mean cross-entropy over the tokens of all texts but their first, in nats.

        Args:
            h_ND: Embeddings of the originals.
            original: Tokens `[N, L]` as they were.
            edited: As they are shown.
        """
        counted = original["attention_mask"][:, 1:].bool()
        replaced = (original["input_ids"] != edited["input_ids"])[:, 1:][counted]
        found = self(h_ND, edited)[:, 1:][counted]
        return binary_cross_entropy_with_logits(found, replaced.to(found))
