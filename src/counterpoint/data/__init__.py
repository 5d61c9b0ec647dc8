"""Bytes to batches: tables, the roles of columns, examples, their order and splits, and real data sets.

Imports only ``base``. A user's file becomes batches in four lines::

    table = open_table("pairs.csv")
    roles = infer_roles(table)
    examples = Examples(table, roles)
    sampler = EpochSampler(len(examples), batch_size=64, seed=0, blocks=table.blocks)
"""

from counterpoint.data.annotating import Annotator, Writer, one_by_one, rated, written
from counterpoint.data.bad_rows import BadRows, SkippedRow
from counterpoint.data.batch import Batch
from counterpoint.data.downloading import Progress, Source, download
from counterpoint.data.edge_lists import EdgeList, read_edges
from counterpoint.data.event_lists import EventList, read_events
from counterpoint.data.examples import Examples
from counterpoint.data.fact_columns import FactColumns, present_facts
from counterpoint.data.graph_matrices import propagated
from counterpoint.data.graphs import Graph, LinkSplit, graph_from, hold_out_edges, split_links
from counterpoint.data.hyperedge_lists import HyperedgeList, read_hyperedges
from counterpoint.data.images import ImageFormat
from counterpoint.data.inference import infer_roles
from counterpoint.data.interactions import Interactions, leave_last_out, read_interactions
from counterpoint.data.neighbourhoods import Neighbourhoods
from counterpoint.data.opening import open_table, table_from
from counterpoint.data.roles import Roles, Supervision
from counterpoint.data.sampler import BatchSampler, EpochSampler
from counterpoint.data.sets import SETS, Access, NamedSet, Retrieval, named
from counterpoint.data.split import split_by_fraction, split_by_group, split_by_value, split_rows
from counterpoint.data.table import Concatenated, MemoryTable, Subset, Table
from counterpoint.data.task_examples import TASK, Learnable, TaskExamples
from counterpoint.data.typed_edge_lists import read_typed_graph
from counterpoint.data.typed_graphs import TypedGraph

__all__ = [
    "SETS",
    "TASK",
    "Access",
    "Annotator",
    "BadRows",
    "Batch",
    "BatchSampler",
    "Concatenated",
    "EdgeList",
    "EpochSampler",
    "EventList",
    "Examples",
    "FactColumns",
    "Graph",
    "HyperedgeList",
    "ImageFormat",
    "Interactions",
    "Learnable",
    "LinkSplit",
    "MemoryTable",
    "NamedSet",
    "Neighbourhoods",
    "Progress",
    "Retrieval",
    "Roles",
    "SkippedRow",
    "Source",
    "Subset",
    "Supervision",
    "Table",
    "TaskExamples",
    "TypedGraph",
    "Writer",
    "download",
    "graph_from",
    "hold_out_edges",
    "infer_roles",
    "leave_last_out",
    "named",
    "one_by_one",
    "open_table",
    "present_facts",
    "propagated",
    "rated",
    "read_edges",
    "read_events",
    "read_hyperedges",
    "read_interactions",
    "read_typed_graph",
    "split_by_fraction",
    "split_by_group",
    "split_by_value",
    "split_links",
    "split_rows",
    "table_from",
    "written",
]
