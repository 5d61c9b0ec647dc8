import pytest
import torch

TEXTS = [
    "a plane is taking off",
    "an air plane is taking off",
    "a man is playing a large flute",
    "",
    "the dog ran away, and the cat ran after the dog; nobody saw where they went in the end",
    "A MAN is playing!",
]


@pytest.fixture(autouse=True)
def _seeded():
    """The same random numbers in every test."""
    torch.manual_seed(0)


@pytest.fixture
def texts() -> list[str]:
    return list(TEXTS)


@pytest.fixture
def images() -> torch.Tensor:
    return torch.randint(0, 256, (6, 3, 16, 16), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def vectors() -> torch.Tensor:
    return torch.randn(6, 5, generator=torch.Generator().manual_seed(0)) * 3 + 2


@pytest.fixture(scope="session")
def tiny_bert(tmp_path_factory) -> str:
    """A folder with a BERT of 16 dimensions, its word-piece tokenizer and nothing from the network."""
    tokenizers = pytest.importorskip("tokenizers")
    transformers = pytest.importorskip("transformers")
    folder = tmp_path_factory.mktemp("tiny_bert")
    words = sorted({word.strip(",;!") for text in TEXTS for word in text.lower().split()})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", ",", ";", "!", ":", "query", "passage", *words]
    tokenizer = tokenizers.BertWordPieceTokenizer({piece: index for index, piece in enumerate(pieces)})
    fast = transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer._tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=40,
    )
    torch.manual_seed(7)
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
    )
    transformers.BertModel(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return str(folder)
