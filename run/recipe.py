"""The recipe of this run, as resolved."""

from counterpoint.encoders.graph import Layer
from counterpoint.experiments.graph_job.recipe import NodeLearner
from counterpoint.experiments.node_contrast import NodeLoop
from counterpoint.objectives.info_nce import CLIP
from counterpoint.pairwise.similarity import Cosine
from counterpoint.views.graph import GraphView

recipe = NodeLearner(
    objective=CLIP(similarity=Cosine(), temperature=0.4, row_weight=0.5),
    nodes="/tmp/pytest-of-root/pytest-2/test_files_that_do_not_fit_eac0/others.csv",
    loop=NodeLoop(
        steps=300,
        hidden=256,
        dim=128,
        projection=128,
        layer=Layer.GCN,
        learning_rate=0.0005,
        decay=1e-05,
        views=(GraphView(edges=0.2, features=0.3), GraphView(edges=0.4, features=0.4)),
        batch=4096,
        neighbours=None,
    ),
    look=20,
    patience=4,
    seed=0,
)
