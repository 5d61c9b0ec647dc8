"""Where a run begins: at the start, or at its newest checkpoint if it is the same run."""

from pathlib import Path
from typing import Any

from counterpoint.base.errors import CheckpointError, InputError
from counterpoint.base.spec import to_json
from counterpoint.methods.base import Method
from counterpoint.training import ranks
from counterpoint.training.checkpoint import list_checkpoints, newest_checkpoint, set_damaged_aside
from counterpoint.training.settings import MAY_CHANGE, TrainSettings
from counterpoint.training.state import TrainState, load_weights, restore

ORDER = "the order of rows"


def identity(
    settings: TrainSettings, *, examples: int, world: int, batches: str, outside: dict[str, str]
) -> dict[str, Any]:
    """What a resumed run must share with the run it continues, as JSON values.

    Args:
        settings: Of the run.
        examples: How many there are to learn from.
        world: Processes.
        batches: Digest of the order of rows.
        outside: Digests of what the method reads besides its own state.
    """
    fixed = {name: value for name, value in to_json(settings).items() if name not in MAY_CHANGE}
    return {**fixed, "training examples": examples, "processes": world, ORDER: batches, **outside}


def resume_from(root: Path, state: TrainState, own: dict[str, Any], *, fall_back: bool) -> None:
    """Put ``state`` where the newest checkpoint was; without any, leave it at step 0.

    Args:
        root: The folder of checkpoints.
        state: Restored in place.
        own: The identity of the run at hand.
        fall_back: Accept an earlier checkpoint where the newest is damaged.

    Raises:
        CheckpointError: The checkpoint is damaged or holds another model.
        InputError: The settings, the data or the number of processes are not those of the checkpoint.
    """
    if fall_back:
        if ranks.is_main():
            set_damaged_aside(root)
        ranks.barrier()
    found = newest_checkpoint(root)
    if found is None:
        return
    folder, contents = found
    before, now = _leaves(contents.values["identity"]), _leaves(own)
    changed = [
        f"{name} was {before.get(name)} and is {now.get(name)}"
        for name in {**before, **now}
        if before.get(name) != now.get(name)
    ]
    if changed:
        # What decides the order has changed too, wherever anything else has; alone it says that the data have.
        told = [one for one in changed if not one.startswith(ORDER)] or changed
        raise InputError(f"cannot resume from {folder}: {'; '.join(told)}")
    try:
        restore(state, contents)
    except CheckpointError as error:
        raise CheckpointError(f"cannot resume from {folder}: {error}") from error


def load_newest_weights(root: Path, method: Method) -> bool:
    """Give a method the weights of the newest checkpoint, heads and temperature included; False without any.

    Raises:
        CheckpointError: The checkpoint is damaged or holds another model.
    """
    found = newest_checkpoint(root)
    if found is None:
        return False
    load_weights(method, found[1].tensors["model"])
    return True


def refuse_second_run(root: Path) -> None:
    """Never write a new run over an old one.

    Raises:
        InputError: There are checkpoints already.
    """
    folders = list_checkpoints(root)
    if folders:
        raise InputError(f"{root.parent} already holds a run ({folders[-1].name}): resume it or choose another folder")


def _leaves(value: Any, name: str = "") -> dict[str, Any]:
    """Nested JSON values under dotted names; the empty name for a value that is not nested."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    else:
        return {name: value}
    return {
        inner: leaf
        for key, part in parts
        for inner, leaf in _leaves(part, f"{name}.{key}" if name else str(key)).items()
    }
