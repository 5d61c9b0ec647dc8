"""Mining for files: a run as the model, a table as the corpus, another one as the queries."""

from counterpoint.experiments.mining.job import Index, MiningJob
from counterpoint.experiments.mining.run import REPORT, mine_files

__all__ = ["REPORT", "Index", "MiningJob", "mine_files"]
