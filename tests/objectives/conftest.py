"""Makes the helpers of this folder and of the laws importable, also by the processes that tests start."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "laws")]
