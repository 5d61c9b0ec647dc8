"""The toy method and data, loaded by path because tests are not packages."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import pytest

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


class Server:
    """The process that starts runs; see ``serve`` in the toy."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(TOY)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def start(self, *, environments=({},), **arguments):
        """Begin a run of one process or more; their numbers."""
        self.process.stdin.write(json.dumps([environments, arguments]) + "\n")
        return json.loads(self.process.stdout.readline())

    def wait(self):
        """Until the run ended; the exit codes."""
        return json.loads(self.process.stdout.readline())


@pytest.fixture(scope="session")
def server():
    server = Server()
    yield server
    server.process.stdin.close()
    assert server.process.wait(60) == 0
    server.process.stdout.close()
