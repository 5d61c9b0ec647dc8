"""Makes the tables of this folder importable, also where the page is made from them."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
