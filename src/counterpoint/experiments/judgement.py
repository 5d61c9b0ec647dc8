"""What a run was found to be worth, kept in its folder."""

from collections.abc import Sequence
from dataclasses import asdict

from counterpoint.base.files import write_json
from counterpoint.experiments.folder import RunFolder
from counterpoint.experiments.judge import Comparison


def write_judgement(folder: RunFolder, found: Sequence[Comparison]) -> None:
    """Keep it in ``evaluation.json``."""
    write_json(folder.evaluation, [asdict(one) for one in found])
