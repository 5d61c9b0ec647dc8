"""Analogies in word2vec's layout: lines of four words, under headings that begin with a colon."""

import gzip
import zlib
from pathlib import Path

import numpy as np
from scipy import sparse

from counterpoint.base.content import Kind
from counterpoint.base.errors import InputError
from counterpoint.evaluation import Embeddings, analogies
from counterpoint.experiments.protocols.task import Layout, Task


def analogy_layout(path: Path) -> Layout:
    """Each question is answered from the words of all questions, in lower case; texts of one word are embedded.

    Raises:
        InputError: A line that is neither a heading nor four words.
    """
    questions = read_analogies(path)
    words = sorted({word for question in questions for word in question})
    row = {word: place for place, word in enumerate(words)}
    asked = np.array([[row[word] for word in question] for question in questions], dtype=np.int64)
    task = Task("analogies", lambda system: analogies(_dense(system.encode(words)), asked))
    return Layout(f"{path.name}: {len(asked):,} analogies of {len(words):,} words.", Kind.TEXT, words, (task,))


def read_analogies(path: Path) -> list[tuple[str, ...]]:
    """The questions, in lower case; the file may be gzipped.

    Raises:
        InputError: Not UTF-8, a line that is neither a heading nor four words, or fewer than two questions.
    """
    found: list[tuple[str, ...]] = []
    for number, line in enumerate(_text(path).splitlines(), 1):
        words = tuple(line.lower().split())
        if not words or line.startswith(":"):
            continue
        if len(words) != 4:
            raise InputError(f"{path}, line {number}: four words or a heading ': name' are expected, got {line!r}")
        found.append(words)
    if len(found) < 2:
        raise InputError(f"{path} holds {len(found)} analogies; two or more are expected")
    return found


def _text(path: Path) -> str:
    content = path.read_bytes()
    try:
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(f"{path} is no text in UTF-8, or its compression is damaged: {error}") from error


def _dense(embeddings: Embeddings) -> np.ndarray:
    """The vectors of raw texts are sparse."""
    return embeddings.toarray() if sparse.issparse(embeddings) else np.asarray(embeddings)
