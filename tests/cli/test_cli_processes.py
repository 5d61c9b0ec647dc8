"""What only real processes show: kills, Ctrl-C, full disks, ranks."""

import json
import os
import random
import resource
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from counterpoint.training import list_checkpoints, read_records

RECIPE = """
from counterpoint.data import Supervision
from counterpoint.encoders import MLP, ProjectionHead
from counterpoint.experiments.recipe import Recipe
from counterpoint.objectives import SupCon
from counterpoint.training import EMA, SGD, TrainSettings
from counterpoint.base.content import Kind
from counterpoint.views import default_views

view = default_views(Kind.VECTOR)
recipe = Recipe(
    encoder=MLP(hidden=(8,), dim=4), head=ProjectionHead(out_dim=4), objective=SupCon(temperature=0.2),
    supervision=Supervision.LABELS, views=(view, view),
    training=TrainSettings(steps=40, batch_size=12, checkpoint_every=4, log_every=4, accumulate=2, ema=EMA(decay=0.9)),
)
"""


class Server:
    """The process that starts others; see ``serve.py``."""

    def __init__(self, log):
        script = str(Path(__file__).with_name("serve.py"))
        self.process = subprocess.Popen([sys.executable, script], stdin=-1, stdout=-1, text=True, bufsize=1)
        self.log = log

    def start(self, *arguments, environments=({},)):
        """Begin a command in one process or more; their numbers."""
        self.log.unlink(missing_ok=True)
        self.process.stdin.write(json.dumps([environments, [str(one) for one in arguments], str(self.log)]) + "\n")
        return json.loads(self.process.stdout.readline())

    def wait(self):
        """Until it ended: exit codes, and what was said."""
        codes = json.loads(self.process.stdout.readline())
        return codes, self.log.read_text()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("server") / "said")
    yield server
    server.process.stdin.close()
    assert server.process.wait(60) == 0
    server.process.stdout.close()


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "recipe.py"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def whole(data, recipe, tmp_path_factory):
    """The run that nothing broke."""
    from counterpoint.cli.main import main

    run = tmp_path_factory.mktemp("whole") / "run"
    with pytest.raises(SystemExit) as end:
        main(["train", str(data / "vectors.npz"), "--recipe", str(recipe), "--out", str(run), "--no-judge"])
    assert end.value.code == 0
    return run


def weights(run):
    return (run / "model" / "model.safetensors").read_bytes()


def losses(run):
    return [(record["step"], record["loss"]) for record in read_records(run / "metrics.jsonl")]


def wait_until(condition, process):
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        assert process is None or Path(f"/proc/{process}").exists()
        time.sleep(0.001)


def newest(run):
    found = list_checkpoints(run / "checkpoints")
    return int(found[-1].name.removeprefix("step-")) if found else 0


def errors(said):
    return [line for line in said.splitlines() if line.startswith("error:")]


def test_killed_and_resumed_equals_unbroken(server, whole, data, recipe, tmp_path):
    run, generator = tmp_path / "run", random.Random(1)
    start = ["train", data / "vectors.npz", "--recipe", recipe, "--out", run, "--no-judge"]
    for goal in sorted(generator.sample(range(4, 36, 4), 3)):
        (process,) = server.start(*start)
        wait_until(lambda goal=goal: newest(run) >= goal, process)
        time.sleep(generator.random() * 0.02)
        os.kill(process, signal.SIGKILL)
        assert server.wait()[0] == [-signal.SIGKILL]
        start = ["train", "--resume", run, "--no-judge"]
    assert not (run / "model").exists()
    assert newest(run) < 40
    server.start(*start)
    assert server.wait()[0] == [0]
    assert weights(run) == weights(whole)
    assert losses(run) == losses(whole)


def test_ctrl_c_says_how_to_go_on(server, whole, data, recipe, tmp_path):
    run = tmp_path / "my run"
    command = ["train", data / "vectors.npz", "--recipe", recipe, "--out", run, "--checkpoint-every", 1000]
    (process,) = server.start(*command, "--no-judge")
    wait_until(lambda: (run / "metrics.jsonl").exists() and len(losses(run)) > 1, process)
    os.kill(process, signal.SIGINT)
    codes, said = server.wait()
    assert codes == [130], said
    assert not errors(said)
    (line,) = [line for line in said.splitlines() if "--resume" in line]
    stopped, command = line.split("; continue with: counterpoint ")
    assert f"step {newest(run)}" in stopped
    assert 0 < newest(run) < 40
    server.start(*shlex.split(command), "--no-judge")
    assert server.wait()[0] == [0]
    assert weights(run) == weights(whole)


@pytest.fixture
def tmpfs(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk is not allowed here; the limit on file size stands for it")
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(folder):
    with open(folder / "filler", "wb", buffering=0) as handle:
        for size in (2**16, 1):
            try:
                while True:
                    handle.write(bytes(size))
            except OSError:
                continue


def full_disk(server, command, run, exhaust):
    (process,) = server.start(*command)
    wait_until(lambda: newest(run) >= 8, process)
    exhaust(process)
    codes, said = server.wait()
    assert codes == [2], said
    assert len(errors(said)) == 1, said
    assert "cannot write" in errors(said)[0]
    assert "Traceback" not in said
    assert 8 <= newest(run) < 160


def test_a_file_that_may_not_grow_leaves_the_last_checkpoint_whole(server, data, recipe, tmp_path):
    run = tmp_path / "run"
    command = ["train", data / "vectors.npz", "--recipe", recipe, "--out", run, "--steps", 160, "--no-judge"]

    def exhaust(process):
        # What it says goes to a file as well, and must still fit.
        resource.prlimit(process, resource.RLIMIT_FSIZE, (6000, resource.RLIM_INFINITY))

    full_disk(server, command, run, exhaust)
    server.start("train", "--resume", run, "--no-judge")
    assert server.wait()[0] == [0]
    assert newest(run) == 160


def test_a_full_disk_leaves_the_last_checkpoint_whole(server, data, recipe, tmpfs):
    run = tmpfs / "run"
    command = ["train", data / "vectors.npz", "--recipe", recipe, "--out", run, "--steps", 160, "--no-judge"]
    full_disk(server, command, run, lambda process: fill(tmpfs))
    (tmpfs / "filler").unlink()
    server.start("train", "--resume", run, "--no-judge")
    assert server.wait()[0] == [0]
    assert newest(run) == 160


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def two_ranks():
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": free_port(), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
    return [{**common, "RANK": rank, "LOCAL_RANK": rank} for rank in ("0", "1")]


def close(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        # The ring sums in another order than one process does, and Adam makes much of the smallest gradients.
        assert found[name] == pytest.approx(value, rel=1e-3, abs=1e-4), name


def test_torchrun_equals_one_process(ok, data, tmp_path):
    """The same global batches: the same weights and measures; one process alone writes and speaks."""
    command = ["train", data / "pairs.csv", "--encoder", "static", "--objective", "clip", "--supervision", "pairs"]
    command = [str(one) for one in (*command, "--steps", 6, "--batch-size", 8, "--json", "--out")]
    one = ok(*command, tmp_path / "one").json
    launch = ["-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", free_port()]
    done = subprocess.run(
        [sys.executable, *launch, "-m", "counterpoint", *command, str(tmp_path / "two")],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    two = json.loads(done.stdout)
    assert done.stderr.count("Anchor: text") == 1
    assert two["loss"] == pytest.approx(one["loss"], rel=1e-4)
    close(*(load_file(tmp_path / name / "model" / "model.safetensors") for name in ("two", "one")))
    for ours, theirs in zip(two["measures"], one["measures"], strict=True):
        assert [row["value"] for row in ours["rows"]] == pytest.approx(
            [row["value"] for row in theirs["rows"]], abs=0.03
        )
    assert [step for step, _ in losses(tmp_path / "two")] == [step for step, _ in losses(tmp_path / "one")]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["nowhere.csv"], "no such file"),
        (["pairs.csv", "--nope"], "No such option"),
        (["pairs.csv", "--batch-size", 9], "9.*2|2.*9"),
        (["pairs.csv", "--precision", "fp8"], "precision must be one of"),
    ],
)
def test_two_ranks_make_one_error(server, data, tmp_path, options, expected):
    server.start("train", data / options[0], *options[1:], "--out", tmp_path / "run", environments=two_ranks())
    codes, said = server.wait()
    assert codes == [2, 2], said
    assert len(errors(said)) == 1, said
    assert "Traceback" not in said


def test_a_folder_that_rank_0_alone_cannot_use(server, data, tmp_path):
    """The other rank loses its peer, and does not say so in a traceback."""
    (tmp_path / "file").write_text("")
    server.start("train", data / "pairs.csv", "--out", tmp_path / "file" / "run", environments=two_ranks())
    codes, said = server.wait()
    assert codes[0] == 2, said
    assert codes[1] != 0
    assert len(errors(said)) == 1, said
    assert "Traceback" not in said


def found(folder, name):
    """Lines of a comparison, without times."""
    lines = [json.loads(line) for line in (folder / name).read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def test_a_comparison_that_was_killed_and_stopped_goes_on_and_comes_out_the_same(server, data, tmp_path):
    command = ["compare", data / "vectors.npz", "--objectives", "sup-con,dcl", "--steps", 60, "--trials", 2]
    command += ["--seeds", 2, "--batch-size", 8, "--out"]
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    server.start(*command, whole)
    assert server.wait()[0] == [0]
    (process,) = server.start(*command, broken)
    wait_until(lambda: (broken / "trials.jsonl").exists(), process)
    os.kill(process, signal.SIGKILL)
    assert server.wait()[0] == [-signal.SIGKILL]
    kept = len(found(broken, "trials.jsonl"))
    (process,) = server.start(*command, broken)
    wait_until(lambda: len(found(broken, "trials.jsonl")) > kept, process)
    os.kill(process, signal.SIGINT)
    codes, said = server.wait()
    assert codes == [130], said
    assert not errors(said)
    assert "the same command goes on" in said
    assert not (broken / "verdict.json").exists()
    server.start(*command, broken)
    assert server.wait()[0] == [0]
    for name in ("trials.jsonl", "runs.jsonl"):
        assert found(broken, name) == found(whole, name)
    assert (broken / "recommended.py").read_text() == (whole / "recommended.py").read_text()


def test_a_command_leaves_the_group_it_joined_and_ends_its_threads(tmp_path):
    """A gloo thread that outlives the interpreter aborts the process now and then; compiling used to hold the group."""
    script = tmp_path / "joined.py"
    script.write_text(
        "import importlib, pathlib\n"
        "import torch.distributed as dist\n"
        "from counterpoint.cli.main import main\n"
        "def threads():\n"
        "    return [one for one in pathlib.Path('/proc/self/task').glob('*/comm') if 'gloo' in one.read_text()]\n"
        "dist.init_process_group('gloo')\n"
        "dist.barrier()\n"
        "importlib.import_module('torch._dynamo')\n"
        "before = len(threads())\n"
        "try:\n"
        "    main(['objectives'])\n"
        "finally:\n"
        "    print('open' if dist.is_initialized() else 'left', before > 0, len(threads()))\n"
    )
    environment = os.environ | two_ranks()[0] | {"WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1"}
    done = subprocess.run(
        [sys.executable, script], env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "left True 0"
