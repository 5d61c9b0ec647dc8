"""The words of a text from its embedding and what noise has left of them."""

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, dropout

from counterpoint.encoders.contract import Inputs
from counterpoint.encoders.hugging_face import HuggingFaceEncoder


class Restorer(nn.Module):
    """A denoising decoder that reads the sentence's embedding.

    Wang et al., "DenoSent: A Denoising Objective for Self-Supervised Sentence Representation Learning" (2024),
    arXiv:2401.13621, Section 3: the encoder's own input vectors, without their gradient and with most of their entries
    dropped, attend to each other and to a linear map of the embedding, and tell the tokens again. Nothing is hidden
    from what comes before: the noise is what there is to undo.

    Deviation: a token is told from those of the batch, not of the whole vocabulary, which is a hundredth of the work.

    Args:
        encoder: Whose input vectors are shown and whose token vectors score; not registered here.
        layers: Of the decoder.
        heads: Of its attention.
        noise: Share of entries that are dropped, in training only.
    """

    def __init__(self, encoder: HuggingFaceEncoder, *, layers: int = 1, heads: int = 1, noise: float = 0.825) -> None:
        super().__init__()
        dim = encoder.embedding_dim
        self._encoder, self.noise = [encoder], noise  # in a list, so that it is nobody's second part
        self.memory = nn.Linear(dim, dim)
        layer = nn.TransformerDecoderLayer(dim, heads, 4 * dim, dropout=0.1, batch_first=True)
        self.decoder = nn.TransformerDecoder(layer, layers)
        self.out = nn.Linear(dim, dim)

    def loss(self, h_ND: Tensor, inputs: Inputs) -> Tensor:
        """Mean cross-entropy of the tokens of all texts, in nats.

        Args:
            h_ND: Embeddings of the texts.
            inputs: Their tokens `[N, L]`.
        """
        body = self._encoder[0].model
        with torch.no_grad():
            shown_NLD = body.embeddings(input_ids=inputs["input_ids"])
        there_NL = inputs["attention_mask"].bool()
        states_NLD = self.decoder(
            dropout(shown_NLD, self.noise, self.training),
            self.memory(h_ND)[:, None],
            tgt_key_padding_mask=~there_NL,
        )
        known, places = inputs["input_ids"][there_NL].unique(return_inverse=True)
        return cross_entropy(self.out(states_NLD[there_NL]) @ body.get_input_embeddings().weight[known].T, places)
