"""Word vectors by push and pull beside word2vec: 15 novels (4.6 million words), 100 dimensions, one thread.

Prints a line of JSON for each: words a second (vocabulary included), the share of word2vec's analogies that are
answered right, and the rank correlation with people's scores of four sets. Usage: python benchmarks/word_vectors.py
[--epochs 5] [--rate 0.1] [--gensim PYTHON], where PYTHON is that of an environment with gensim 4.4.0 (skip-gram, 5
negatives).
"""

import argparse
import csv
import gzip
import json
import lzma
import re
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

from counterpoint.data.sets.place import must_be_placed
from counterpoint.evaluation import analogies, rank_correlation
from counterpoint.experiments.protocols.words import read_analogies
from counterpoint.experiments.push_pull import PushPull
from counterpoint.experiments.word_vectors import WordVectors, learn_word_vectors

SETS = ("WS-353-ALL", "MEN-TR-3k", "SIMLEX-999", "MTurk-771")


def paragraphs(folder: Path) -> list[list[str]]:
    """Lower-case words of every paragraph."""
    with lzma.open(folder / "gutenberg.txt.xz", "rt", encoding="utf-8") as text:
        found = [re.findall(r"[a-z']+", paragraph) for paragraph in re.split(r"\n\s*\n", text.read().lower())]
    return [words for words in found if words]


def judged(found: WordVectors, folder: Path) -> dict[str, float]:
    """Analogies whose four words are known, and similarities whose two words are."""
    place = {word: number for number, word in enumerate(found.words)}
    asked = [one for one in read_analogies(folder / "questions-words.txt.gz") if all(word in place for word in one)]
    rows = np.array([[place[word] for word in one] for one in asked])
    scores = {"analogies": analogies(found.vectors, rows)[0].value}
    unit = found.vectors / np.linalg.norm(found.vectors, axis=1, keepdims=True)
    with gzip.open(folder / "wordsim.csv.gz", "rt", encoding="utf-8") as file:
        pairs = list(csv.DictReader(file))
    for name in SETS:
        sides = [(one["word1"].lower(), one["word2"].lower(), one["score"]) for one in pairs if one["dataset"] == name]
        known = [(place[a], place[b], float(score)) for a, b, score in sides if a in place and b in place]
        first, second, people = np.array(known).T
        cosines = (unit[first.astype(int)] * unit[second.astype(int)]).sum(1)
        scores[name] = rank_correlation(cosines, people)
    return {name: round(value, 3) for name, value in scores.items()}


def peer(python: str, texts: list[list[str]], epochs: int) -> tuple[WordVectors, float]:
    """What word2vec learns, and its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        lines, out = Path(folder) / "texts.txt", Path(folder) / "vectors.npz"
        lines.write_text("\n".join(" ".join(text) for text in texts), encoding="utf-8")
        script = Path(__file__).parent / "peers" / "word2vec.py"
        command = [python, str(script), str(lines), str(out), str(epochs)]
        seconds = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        with np.load(out) as kept:
            return WordVectors(tuple(kept["words"].tolist()), kept["vectors"]), seconds


def main() -> None:
    """Learn, and print a line of JSON for each."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rate", type=float, default=PushPull().learning_rate)
    parser.add_argument("--gensim", metavar="PYTHON", help="of an environment with gensim")
    given = parser.parse_args()
    torch.set_num_threads(1)
    folder = must_be_placed("words", ["gutenberg.txt.xz", "questions-words.txt.gz", "wordsim.csv.gz"])
    texts = paragraphs(folder)
    count = given.epochs * sum(map(len, texts))
    began = time.perf_counter()
    found = learn_word_vectors(texts, learner=PushPull(learning_rate=given.rate), epochs=given.epochs)
    results = {"push and pull": (found, time.perf_counter() - began)}
    if given.gensim:
        results["word2vec"] = peer(given.gensim, texts, given.epochs)
    for name, (vectors, seconds) in results.items():
        row = {"by": name, "epochs": given.epochs, "words_per_second": round(count / seconds)}
        print(json.dumps(row | judged(vectors, folder)), flush=True)


if __name__ == "__main__":
    main()
