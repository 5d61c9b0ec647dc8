"""What a recipe of nodes allows: hidden features, clusters that are learnt, clusters that are found afterwards."""

from dataclasses import replace

import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders.graph import Layer
from counterpoint.experiments.graph_job.recipe import (
    BY_META_PATHS,
    CLUSTERING,
    DRAWN,
    LARGE,
    LOOP,
    MASKED,
    Anomalies,
    MetaPaths,
    NodeLearner,
)
from counterpoint.experiments.graph_job.spread import Spread
from counterpoint.methods.masked_graph import Masking
from counterpoint.objectives import DEC, LogDeterminant, PamC, SupCon, SwAV
from counterpoint.views import Diffusion

TYPED = {"nodes": "nodes.csv", "meta_paths": MetaPaths(node_type="paper")}
NO_LAYERS = replace(LOOP, layer=Layer.NONE)


@pytest.mark.parametrize(
    "recipe",
    [
        NodeLearner(objective=Masking(share=0.3), loop=MASKED),
        NodeLearner(clusters=4),
        NodeLearner(clusters=4, anomalies=Anomalies(clusters=8)),
        NodeLearner(nodes="nodes.csv", meta_paths=MetaPaths(node_type="a", paths=(("b", "c"),)), loop=BY_META_PATHS),
        NodeLearner(objective=PamC(), clusters=4, clustering=CLUSTERING, loop=NO_LAYERS, spread=Spread(linear=False)),
    ],
)
def test_a_recipe_comes_back_as_it_was_written(recipe):
    assert from_json(to_json(recipe)) == recipe


def test_a_large_graph_is_not_encoded_whole_where_a_draw_can_stand_for_it():
    assert NodeLearner(objective=Masking(), loop=MASKED).fitted(LARGE + 1).loop.neighbours == DRAWN
    assert NodeLearner(**TYPED).fitted(LARGE + 1).loop.neighbours is None
    learnt = NodeLearner(objective=PamC(), clusters=4, clustering=CLUSTERING)
    assert learnt.fitted(LARGE + 1) is learnt
    assert learnt.steps == CLUSTERING.steps
    with pytest.raises(InputError, match="clusters must be at most the number of nodes, 3, got 4"):
        learnt.fitted(3)


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"clusters": 1}, "clusters must be at least 2, got 1"),
        ({"objective": PamC()}, "say how many, clusters got None"),
        ({"objective": PamC(), "clusters": 3}, "clustering goes with PamC and PamC with it, got PamC"),
        ({"clusters": 3, "clustering": CLUSTERING}, "clustering goes with PamC and PamC with it, got CLIP"),
        ({"objective": Masking(), "loop": NO_LAYERS}, "rebuilt by layers that see the graph"),
        ({"objective": Masking(), "diffusion": Diffusion()}, "from one view of it"),
        ({"meta_paths": MetaPaths(node_type="paper")}, "meta_paths need a file of nodes and their types"),
        ({**TYPED, "diffusion": Diffusion()}, "meta_paths leave no room for diffusion"),
        ({**TYPED, "anomalies": Anomalies()}, "meta_paths leave no room for anomalies"),
        ({**TYPED, "objective": Masking(), "loop": MASKED}, "not by Masking or draws of neighbours"),
        ({**TYPED, "loop": replace(LOOP, neighbours=(3, 2))}, "not by Masking or draws of neighbours"),
        ({"objective": SupCon()}, "SupCon cannot learn from two views of nodes alone"),
        ({"objective": LogDeterminant()}, "LogDeterminant cannot learn from two views"),
        ({"objective": SwAV()}, "SwAV cannot learn from two views"),
        ({"objective": DEC()}, "DEC cannot learn from two views"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_is_learnt(parts, told):
    with pytest.raises(InputError, match=told):
        NodeLearner(**parts)


def test_parts_of_a_recipe_are_checked_too():
    with pytest.raises(InputError, match="paths must each name at least one type of edge"):
        MetaPaths(node_type="paper", paths=((),))
    with pytest.raises(InputError, match="clusters and steps must be at least 1, got 0 and 150"):
        Anomalies(clusters=0)
