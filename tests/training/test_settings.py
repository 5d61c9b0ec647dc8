import pytest

from counterpoint.base.errors import InputError
from counterpoint.base.spec import from_json, to_json
from counterpoint.training import EMA, LARS, Constant, Precision, TrainSettings


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({}, "exactly one of steps and epochs"),
        ({"steps": 3, "epochs": 1.0}, "exactly one of steps and epochs"),
        ({"steps": 0}, "steps"),
        ({"epochs": 0.0}, "epochs"),
        ({"epochs": float("inf")}, "epochs"),
        ({"steps": 1, "batch_size": 1}, "batch_size"),
        ({"steps": 1, "batch_size": 2.5}, "batch_size"),
        ({"steps": 1, "cache_chunk": 0}, "cache_chunk"),
        ({"steps": 1, "accumulate": 0}, "accumulate"),
        ({"steps": 1, "log_every": 0}, "log_every"),
        ({"steps": 1, "checkpoint_every": 0}, "checkpoint_every"),
        ({"steps": 1, "keep_checkpoints": 0}, "keep_checkpoints"),
        ({"steps": 1, "workers": -1}, "workers"),
        ({"steps": 1, "seed": -1}, "seed"),
        ({"steps": 1, "clip_norm": 0.0}, "clip_norm"),
        ({"steps": 1, "precision": "half"}, "precision must be one of no, bf16, fp16, got 'half'"),
    ],
)
def test_what_cannot_run_is_refused_by_name(values, named):
    with pytest.raises(InputError, match=named):
        TrainSettings(**values)


def test_settings_survive_json():
    before = TrainSettings(epochs=1.5, optimiser=LARS(), schedule=Constant(), precision=Precision.BF16, ema=EMA())
    after = from_json(to_json(before))
    assert after == before
    assert isinstance(after.precision, Precision)


def test_epochs_to_steps():
    assert TrainSettings(epochs=2.0).total_steps(10) == 20
    assert TrainSettings(epochs=0.25).total_steps(10) == 3
    assert TrainSettings(epochs=2.0, accumulate=3).total_steps(10) == 7
    assert TrainSettings(epochs=0.1 * 3).total_steps(10) == 3  # 3.0000000000000004 batches are 3
    assert TrainSettings(steps=5).total_steps(10) == 5


def test_decay_must_average():
    for decay in (0.0, 1.0):
        with pytest.raises(InputError, match="decay"):
            EMA(decay=decay)
