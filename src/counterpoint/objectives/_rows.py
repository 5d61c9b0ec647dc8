"""What objectives of whole rows share."""

import torch
from torch import Tensor

from counterpoint.pairwise import Tile


def positives_side_by_side(s_NM: Tensor, rel: Tile) -> tuple[Tensor, Tensor]:
    """The similarities of every row's positives, `[N, P]` with P the most that a row has, and which of them are there.

    Rows with fewer are padded with entries that are none of theirs.
    """
    places = places_of_positives(rel)
    return s_NM.gather(1, places), rel.positive.gather(1, places)


def places_of_positives(rel: Tile) -> Tensor:
    """Where the positives of every row are, `[N, P]`, those that are not there at places of others."""
    count_N = rel.positive.sum(1)
    most = int(count_N.max()) if len(count_N) else 0
    return torch.topk(rel.positive.to(torch.uint8), most, dim=1).indices
