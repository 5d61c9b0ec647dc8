"""The toy method and data, loaded by path because tests are not packages."""

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

TOY = Path(__file__).with_name("toy.py")


def _load():
    spec = importlib.util.spec_from_file_location("training_toy", TOY)
    module = importlib.util.module_from_spec(spec)
    sys.modules["training_toy"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def toy():
    return sys.modules.get("training_toy") or _load()


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
