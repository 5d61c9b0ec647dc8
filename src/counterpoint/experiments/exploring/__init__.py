"""A corpus as a map to wander about in: places for any number of vectors, one file, and the program that shows it."""

from counterpoint.experiments.exploring.layout import lay_out
from counterpoint.experiments.exploring.map_file import write_map
from counterpoint.experiments.exploring.viewer import Viewer

__all__ = ["Viewer", "lay_out", "write_map"]
