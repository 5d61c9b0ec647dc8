"""Real processes of the command line, quickly: importing takes seconds, forking milliseconds.

For each line on standard input (JSON: the environments of the processes, the arguments, a file for what they say) it
starts them, prints their numbers, and, once they ended, their exit codes.
"""

import json
import os
import sys

import torch
import torch.utils.tensorboard

from counterpoint.cli.main import main


def serve():
    torch.set_num_threads(1)
    torch.optim.SGD([torch.zeros(1)])  # the first optimiser of a process imports torch._dynamo
    for line in sys.stdin:
        environments, arguments, log = json.loads(line)
        children = [start(environment, arguments, log) for environment in environments]
        say(children)
        say([os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children])


def say(value):
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


def start(environment, arguments, log):
    child = os.fork()
    if child:
        return child
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.environ.update(environment)
    code = 70
    try:
        main(arguments)
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    serve()
