import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from counterpoint.base.settings import settings


@pytest.fixture
def real_data() -> Path:
    """The folder of real data sets; without it the test is skipped with a reason, and in CI it fails."""
    folder = settings().data_folder
    if folder is not None and folder.is_dir():
        return folder
    reason = f"REAL DATA MISSING: COUNTERPOINT_DATA is {folder}; the tests on real sets did not run"
    if settings().ci:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def png() -> Callable[..., bytes]:
    """Bytes of a PNG (or another format) of one colour."""

    def make(colour: object = (10, 20, 30), *, size: tuple[int, int] = (4, 4), mode: str = "RGB", form: str = "PNG"):
        image = Image.new(mode, size, colour)  # type: ignore[arg-type]
        stream = io.BytesIO()
        image.save(stream, form)
        return stream.getvalue()

    return make


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(0)
