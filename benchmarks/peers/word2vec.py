"""gensim's word2vec on texts from a file of lines; run by ../word_vectors.py with a Python that has gensim 4.4.0."""

import sys
import time

import numpy as np
from gensim.models import Word2Vec


def main(texts: str, out: str, epochs: int) -> None:
    """Learn on one thread, write words and vectors, and print the seconds that it took."""
    with open(texts, encoding="utf-8") as lines:
        read = [line.split() for line in lines]
    began = time.perf_counter()
    model = Word2Vec(read, vector_size=100, window=5, min_count=5, sg=1, negative=5, sample=1e-3, workers=1, seed=0,
                     epochs=epochs)  # fmt: skip
    print(time.perf_counter() - began)
    np.savez(out, words=np.array(model.wv.index_to_key), vectors=model.wv.vectors)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
