"""Whether the table of token vectors has a row for every token that the tokenizer may give."""

from torch import nn

from counterpoint.base.errors import InputError
from counterpoint.encoders.hugging_face import HuggingFaceEncoder


def check_token_tables(module: nn.Module) -> None:
    """Refuse transformers whose tokenizer knows tokens that they have no vector for.

    A folder with the tokenizer of one model and the weights of another opens without complaint, and fails at the first
    text that holds such a token.

    Args:
        module: An encoder, or what holds some: low-rank changes, a projection, a whole method.

    Raises:
        InputError: Of a transformer inside, with both counts.
    """
    for encoder in module.modules():
        if not isinstance(encoder, HuggingFaceEncoder):
            continue
        tokens = 1 + max(encoder.tokenizer.get_vocab().values(), default=-1)
        rows = len(encoder.model.get_input_embeddings().weight)
        if tokens > rows:
            name = getattr(encoder.spec, "name_or_path", type(encoder.spec).__name__)
            raise InputError(
                f"the text model {name!r} does not fit its tokenizer: the tokenizer has {tokens:,} tokens, and the "
                f"model's table has {rows:,} rows (vocab_size); put the tokenizer of this model beside its weights"
            )
