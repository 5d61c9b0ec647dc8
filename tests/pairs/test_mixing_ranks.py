"""Pairs made in embedding space, by two processes and by one."""

import torch
from mixing_work import losses, work

from processes import together


def test_two_processes_are_one():
    parts = together(work, 2)
    for name, expected in losses(slice(None)).items():
        found = [part[name] for part in parts]
        if "gradient" in name:
            torch.testing.assert_close(torch.cat(found) / 2, expected, msg=lambda m, n=name: f"{n}: {m}")
        elif name.startswith("rows"):
            torch.testing.assert_close(torch.cat(found), expected, msg=lambda m, n=name: f"{n}: {m}")
        else:
            torch.testing.assert_close(found[0], found[1])
            torch.testing.assert_close(found[0], expected, msg=lambda m, n=name: f"{n}: {m}")
