"""What an objective learns from."""

from counterpoint.data import Supervision
from counterpoint.objectives import SupCon
from counterpoint.pairwise import Loss, Needs, Objective


def supervision_of(objective: Loss | None) -> Supervision | None:
    """What an objective cannot do without, None when the data may decide."""
    if objective is None:
        return None
    if Needs.SCORES in objective.needs:
        return Supervision.SCORES
    if Needs.VIEWS in objective.needs:
        return Supervision.VIEWS
    if isinstance(objective, SupCon) or (isinstance(objective, Objective) and objective.prototypes):
        return Supervision.LABELS
    return None
