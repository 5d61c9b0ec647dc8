"""Bytes that an action held at once, against what is known of it."""

import torch

from counterpoint.experiments.peak import peak_bytes

MEGABYTE = 1 << 18
"""Numbers of float32 that take one."""


def test_what_is_held_together_adds_up_and_what_is_let_go_does_not():
    def together() -> object:
        return [torch.ones(MEGABYTE) for _ in range(3)]

    def in_turn() -> None:
        for _ in range(3):
            torch.ones(MEGABYTE)

    assert 3 * 2**20 <= peak_bytes(together) < 3.1 * 2**20
    assert 2**20 <= peak_bytes(in_turn) < 1.1 * 2**20
