"""Real data sets by name: from ``COUNTERPOINT_DATA``, from the cache, or downloaded when allowed."""

from collections.abc import Callable, Mapping

from counterpoint.base.errors import InputError
from counterpoint.data.downloading import Progress
from counterpoint.data.names import closest
from counterpoint.data.sets.cifar import cifar10
from counterpoint.data.sets.digits import digits
from counterpoint.data.sets.emoji import emoji_image_text
from counterpoint.data.sets.fashion import fashion_mnist_partial
from counterpoint.data.sets.intents import banking77, trec_qc
from counterpoint.data.sets.novels import novels
from counterpoint.data.sets.omniglot import omniglot
from counterpoint.data.sets.place import Access
from counterpoint.data.sets.scifact import scifact
from counterpoint.data.sets.sentences import stsb
from counterpoint.data.sets.sts_years import sts12_16
from counterpoint.data.sets.translations import multi30k
from counterpoint.data.sets.types import NamedSet, Retrieval

SETS: Mapping[str, Callable[..., NamedSet]] = {
    "banking77": banking77,
    "cifar10": cifar10,
    "digits": digits,
    "emoji_image_text": emoji_image_text,
    "fashion_mnist_partial": fashion_mnist_partial,
    "multi30k": multi30k,
    "novels": novels,
    "omniglot": omniglot,
    "scifact": scifact,
    "sts12_16": sts12_16,
    "stsb": stsb,
    "trec_qc": trec_qc,
}
"""What a user may type, and the function it stands for; the functions have options of their own."""


def named(name: str, *, download: bool = False, progress: Progress | None = None) -> NamedSet:
    """The set of that name, with default options.

    It is taken from ``COUNTERPOINT_DATA/<folder>`` if that is there, else from the cache folder; with ``download``
    a set that has public sources is fetched into the cache first (nothing is fetched unasked).

    Raises:
        InputError: An unknown name (the names are listed), or a set that is not on this machine.
    """
    if name not in SETS:
        near = closest(name, SETS)
        hint = f" (did you mean {near!r}?)" if near else ""
        raise InputError(f"unknown data set {name!r}{hint}; known: {', '.join(sorted(SETS))}")
    return SETS[name](access=Access(download=download, progress=progress))


__all__ = [
    "SETS",
    "Access",
    "NamedSet",
    "Retrieval",
    "banking77",
    "cifar10",
    "digits",
    "emoji_image_text",
    "fashion_mnist_partial",
    "multi30k",
    "named",
    "novels",
    "omniglot",
    "scifact",
    "sts12_16",
    "stsb",
    "trec_qc",
]
