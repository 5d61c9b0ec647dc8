"""Which job a file is for: learning from content, from who took what, or from the edges of a graph."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path

from counterpoint.base.errors import InputError
from counterpoint.data.names import ANCHORS, IMAGES, TEXTS, is_positive, plain
from counterpoint.experiments.arrays import array_names
from counterpoint.experiments.graph_job.opening import ENDS, OF_ANOMALIES, OF_NODES, OF_TYPES
from counterpoint.experiments.not_data import refuse_made
from counterpoint.experiments.protocols.graphs import is_graph
from counterpoint.experiments.recommender.items_file import CATEGORY
from counterpoint.experiments.recommender.opening import NAMES
from counterpoint.experiments.source import SET, DataSource, open_data


class Job(StrEnum):
    """What a run learns from."""

    CONTENT = "content"
    INTERACTIONS = "interactions"
    EDGES = "edges"


_ROLES: dict[Job, Mapping[str, Sequence[str]]] = {
    Job.INTERACTIONS: {**NAMES, CATEGORY: ()},
    Job.EDGES: {**ENDS, **OF_NODES, **OF_TYPES, **OF_ANOMALIES},
}
_NEEDED = {Job.INTERACTIONS: ("user", "item"), Job.EDGES: ("source", "target")}


def job_of(source: DataSource) -> Job:
    """The job of a file whose rows have a user and an item, or two ends of an edge, and no content; or as roles say.

    Raises:
        InputError: The file cannot be opened, is a whole graph in one .npz, which is no table, or a folder that holds a
            run or vectors.
    """
    refuse_made(source.data)
    _refuse_whole_graph(Path(source.data))
    given = {role for role, _ in source.columns}
    for job, needed in _NEEDED.items():
        if given >= {*needed}:
            return job
    if source.data.startswith(SET) or Path(source.data).is_dir():
        return Job.CONTENT
    fitting = [job for job, roles in _ROLES.items() if given <= roles.keys()]
    if not fitting:
        return Job.CONTENT
    columns = [plain(name) for name in open_data(source.data)[0].columns]
    if any(name in (*ANCHORS, *TEXTS, *IMAGES) or is_positive(name) for name in columns):
        return Job.CONTENT
    for job in fitting:
        if all(role in given or any(name in _ROLES[job][role] for name in columns) for role in _NEEDED[job]):
            return job
    return Job.CONTENT


def _refuse_whole_graph(path: Path) -> None:
    if path.suffix.lower() == ".npz" and path.is_file() and is_graph(array_names(path)):
        raise InputError(
            f"{path.name} is a whole graph, with edges and features of nodes: to learn from one, write its edges as a "
            "table with columns source and target, and name what is known of the nodes with --nodes (docs/graphs.md)"
        )
