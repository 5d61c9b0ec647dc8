"""Makes the helpers of this folder importable, also by the processes that the rank law starts."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
