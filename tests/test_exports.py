"""Every room hands on what its list says, each name once, from a file of its own."""

import importlib
from types import ModuleType

import pytest

ROOMS = ("data", "encoders", "evaluation", "methods", "objectives", "pairs", "retrieval", "training", "views")
WANTED = {
    "data": {"EdgeList", "Graph", "Interactions", "propagated", "read_edges", "read_interactions", "split_links"},
    "evaluation": {"graph_classification", "topological_concentration"},
    "methods": {
        *(
            "CommunalContrast",
            "EdgeBounds",
            "EdgeDrop",
            "GraphContrast",
            "HypergraphContrast",
            "MaskedGraphAutoencoder",
        ),
        *("MetaAugmentation", "ModalContrast", "QuantisedContrast", "SequenceContrast"),
    },
    "pairs": {"Bands", "band_triplets", "paired_mixes"},
    "training": {"compromise", "delta_soup", "uniform_soup"},
    "views": {"CommunalView", "CropItems", "DiffusedView", "EasyAugmentation", "GraphView", "Reworded"},
}


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_hands_on_what_it_lists(name: str) -> None:
    room = importlib.import_module(f"counterpoint.{name}")
    assert len(set(room.__all__)) == len(room.__all__)
    for one in room.__all__:
        assert not isinstance(getattr(room, one), ModuleType), f"{one} is a file of the room, not what is in it"


@pytest.mark.parametrize("name", WANTED)
def test_what_graphs_and_recommenders_brought_is_handed_on(name: str) -> None:
    assert set(importlib.import_module(f"counterpoint.{name}").__all__) >= WANTED[name]
