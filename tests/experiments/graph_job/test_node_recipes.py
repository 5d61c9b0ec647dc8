"""What a recipe of nodes allows: hidden features, clusters that are learnt, clusters that are found afterwards."""

from dataclasses import replace

import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.encoders.graph import Layer
from counterpoint.experiments.graph_job.recipe import CLUSTERING, DRAWN, LARGE, LOOP, MASKED, NodeLearner
from counterpoint.experiments.graph_job.spread import Spread
from counterpoint.methods.masked_graph import Masking
from counterpoint.objectives import DEC, LogDeterminant, PamC, SupCon, SwAV
from counterpoint.views import Diffusion

NO_LAYERS = replace(LOOP, layer=Layer.NONE)


@pytest.mark.parametrize(
    "recipe",
    [
        NodeLearner(objective=Masking(share=0.3), loop=MASKED),
        NodeLearner(clusters=4),
        NodeLearner(objective=PamC(), clusters=4, clustering=CLUSTERING, loop=NO_LAYERS, spread=Spread(linear=False)),
    ],
)
def test_a_recipe_comes_back_as_it_was_written(recipe):
    assert from_json(to_json(recipe)) == recipe


def test_a_large_graph_is_not_encoded_whole_where_a_draw_can_stand_for_it():
    assert NodeLearner(objective=Masking(), loop=MASKED).fitted(LARGE + 1).loop.neighbours == DRAWN
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
        ({"objective": SupCon()}, "SupCon cannot learn from two views of nodes alone"),
        ({"objective": LogDeterminant()}, "LogDeterminant cannot learn from two views"),
        ({"objective": SwAV()}, "SwAV cannot learn from two views"),
        ({"objective": DEC()}, "DEC cannot learn from two views"),
    ],
)
def test_what_does_not_go_together_is_told_before_anything_is_learnt(parts, told):
    with pytest.raises(InputError, match=told):
        NodeLearner(**parts)
