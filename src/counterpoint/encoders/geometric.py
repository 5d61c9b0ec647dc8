"""The one place that imports PyTorch Geometric, and only when a graph encoder is built."""

import warnings
from functools import cache
from types import ModuleType

from counterpoint.base.extras import require


@cache
def geometric_layers() -> ModuleType:
    """``torch_geometric.nn``; the import takes seconds.

    Raises:
        MissingExtraError: It is not installed.
    """
    with warnings.catch_warnings():
        # It scripts classes while it is imported, which newer versions of torch warn about.
        warnings.simplefilter("ignore", DeprecationWarning)
        return require("torch_geometric.nn", extra="graph", purpose="a graph encoder")
