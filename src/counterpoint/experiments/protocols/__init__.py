"""Ways to judge a run, chosen by what the data hold."""

from counterpoint.experiments.protocols.layouts import open_layout
from counterpoint.experiments.protocols.tables import table_tasks
from counterpoint.experiments.protocols.task import Layout, LeftOut, Task, run_tasks

__all__ = ["Layout", "LeftOut", "Task", "open_layout", "run_tasks", "table_tasks"]
