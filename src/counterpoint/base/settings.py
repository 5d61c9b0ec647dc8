"""The only place that reads the environment."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """What the environment asks for.

    Attributes:
        data_folder: ``COUNTERPOINT_DATA``: real data sets already on this machine, or None.
        cache_folder: ``COUNTERPOINT_CACHE``: where downloads go (default ``~/.cache/counterpoint``).
        ci: ``CI`` is set: a test that lacks its data fails instead of skipping.
    """

    data_folder: Path | None
    cache_folder: Path
    ci: bool


def settings() -> Settings:
    """Read the environment now; nothing is remembered between calls."""
    data = os.environ.get("COUNTERPOINT_DATA")
    cache = os.environ.get("COUNTERPOINT_CACHE")
    return Settings(
        data_folder=Path(data) if data else None,
        cache_folder=Path(cache) if cache else Path.home() / ".cache" / "counterpoint",
        ci=os.environ.get("CI", "").lower() in ("1", "true", "yes"),
    )
