"""What comes next: users by name or by their items in order, and the items that may follow, by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize as unit
from torch.nn.functional import pad

from counterpoint.base.content import Content, Kind
from counterpoint.base.errors import InputError
from counterpoint.base.files import read_json, write_json
from counterpoint.encoders.contract import Encoder, EncoderSpec, Inputs
from counterpoint.encoders.encoding import check_kind, evaluating
from counterpoint.encoders.id_vectors import NAMES, as_cosines, looked_up
from counterpoint.encoders.role import Role
from counterpoint.encoders.sequences import LearntItems, SequenceEncoder, padded


@dataclass(frozen=True, kw_only=True)
class ItemSequences(EncoderSpec):
    """A sequence encoder that has learnt, with the names of items and the items of every user, oldest first.

    A user is ``(u, 0)`` with u the state after the last item, an item ``(v, sqrt(m^2 - |v|^2))`` with m the greatest
    length: cosines order a user's items as the dot products do that were learnt (see :func:`as_cosines`).

    Attributes:
        dim: D of states and items; embeddings have one dimension more.
        longest: Places of :class:`SequenceEncoder`.
        layers: Its blocks.
        heads: Of its attention.
        from_end: Its order of places.
    """

    dim: int
    longest: int
    layers: int
    heads: int = 2
    from_end: bool = True

    def build(self, sample: Content | None = None) -> "NextItemEncoder":
        """Nothing can be built from content: see :func:`next_item_encoder`.

        Raises:
            InputError: Always.
        """
        raise InputError("ItemSequences holds what was learnt of sequences; train on interactions with times to get it")

    def restore(self, fitted: Mapping[str, Any], folder: Path) -> "NextItemEncoder":
        """As it was built, with the names that were saved."""
        return NextItemEncoder(self, read_json(folder / NAMES), taken=int(fitted["taken"]))


class NextItemEncoder(Encoder):
    """See :class:`ItemSequences`.

    ``collate`` returns ``{"sequence": int64 [N, L]}`` for users (queries), ``{"item": int64 [N]}`` for anything else.

    Args:
        spec: The sizes.
        names: Of ``items`` and of ``users``.
        taken: How many items all users have together.

    Attributes:
        names: As given.
    """

    def __init__(self, spec: ItemSequences, names: Mapping[str, Sequence[str]], *, taken: int) -> None:
        super().__init__(spec, kind=Kind.TEXT, embedding_dim=spec.dim + 1)
        self.names = {side: list(names[side]) for side in ("items", "users")}
        self._numbers = {side: {name: row for row, name in enumerate(own)} for side, own in self.names.items()}
        items, users = (len(own) for own in self.names.values())
        self.network = SequenceEncoder(
            LearntItems(items, dim=spec.dim), dim=spec.dim, longest=spec.longest, layers=spec.layers, heads=spec.heads,
            dropout=0.0, from_end=spec.from_end,
        )  # fmt: skip
        self.register_buffer("rest", torch.zeros(items))
        self.register_buffer("taken", torch.zeros(taken, dtype=torch.int64))
        self.register_buffer("starts", torch.zeros(users + 1, dtype=torch.int64))
        self.requires_grad_(False)

    def collate(self, content: Content, *, role: Role = Role.PLAIN) -> Inputs:
        """The items of users for queries, and items for documents and for what plays no part.

        Raises:
            InputError: A name that was not there in training (the message counts them), or a user without items.
        """
        check_kind(content, Kind.TEXT)
        side = "users" if role is Role.QUERY else "items"
        rows = looked_up(content, self._numbers[side], side)
        if side == "items":
            return {"item": torch.tensor(rows, dtype=torch.int64)}
        starts, taken = self.get_buffer("starts").cpu().numpy(), self.get_buffer("taken").cpu().numpy()
        sequences = [taken[starts[row] : starts[row + 1]] for row in rows]
        if bare := [str(name) for name, one in zip(content, sequences, strict=True) if not len(one)]:
            raise InputError(f"users: {bare[0]!r} has no items to go on from")
        return {"sequence": padded(sequences, self.network.longest)}

    def forward(self, inputs: Inputs) -> Tensor:
        """Vectors `[N, D + 1]`."""
        if "sequence" in inputs:
            return pad(self.network.last(inputs["sequence"]), (0, 1))
        rows = inputs["item"]
        return torch.cat([self.network.items()[rows], self.get_buffer("rest")[rows].unsqueeze(1)], dim=1)

    def encode_sequences(
        self, sequences: Sequence[Sequence[str]], *, batch_size: int = 256, normalize: bool = True
    ) -> np.ndarray:
        """Users by what they took, known before or not: float32 `[N, D + 1]`.

        Args:
            sequences: The items of each, oldest first; the last ``longest`` of them count.
            batch_size: Sequences encoded at once.
            normalize: Scale every row to length 1.

        Raises:
            InputError: A sequence is a string or empty, items were not there in training (the message counts them), or
                ``batch_size`` is below 1.
        """
        for place, one in enumerate(sequences):
            if isinstance(one, str):
                raise InputError(f"sequences must be lists of items, such as [[{one!r}]], got the string {one!r}")
            if not len(one):
                raise InputError(f"sequences must have at least one item each, got none in sequence {place}")
        every = looked_up([item for one in sequences for item in one], self._numbers["items"], "items")
        ends = np.cumsum([len(one) for one in sequences], dtype=np.int64)
        numbers = np.split(np.array(every, dtype=np.int64), ends[:-1]) if len(sequences) else []
        return self.encode_numbers(numbers, batch_size=batch_size, normalize=normalize)

    def encode_numbers(
        self, sequences: Sequence[np.ndarray], *, batch_size: int = 256, normalize: bool = True
    ) -> np.ndarray:
        """As :meth:`encode_sequences`, of items by number; an empty sequence is a user of whom nothing is known.

        Raises:
            InputError: ``batch_size`` is below 1.
        """
        if batch_size < 1:
            raise InputError(f"batch_size must be at least 1, got {batch_size}")
        found = np.zeros((len(sequences), self.embedding_dim), dtype=np.float32)
        with evaluating(self), torch.inference_mode():
            for start in range(0, len(sequences), batch_size):
                rows = padded(sequences[start : start + batch_size], self.network.longest).to(self.device)
                vectors = self({"sequence": rows})
                found[start : start + batch_size] = (unit(vectors, dim=1) if normalize else vectors).cpu().numpy()
        return found

    def fitted(self) -> dict[str, Any]:
        """How many items all users have together."""
        return {"taken": len(self.get_buffer("taken"))}

    def write_files(self, folder: Path) -> None:
        """Write the names."""
        write_json(folder / NAMES, self.names)


@torch.no_grad()
def next_item_encoder(
    spec: ItemSequences,
    network: SequenceEncoder,
    sequences: Sequence[np.ndarray],
    *,
    user_names: Sequence[str],
    item_names: Sequence[str],
) -> NextItemEncoder:
    """An encoder of what a network has learnt.

    Args:
        spec: The sizes of the network.
        network: Its weights are copied.
        sequences: Of every user the items, int64, oldest first.
        user_names: Of every user.
        item_names: Of every item.

    Raises:
        InputError: There is not one sequence a user, or not one vector an item.
    """
    table = network.items()
    for name, rows, names in (("sequences", len(sequences), user_names), ("items", len(table), item_names)):
        if rows != len(names):
            raise InputError(f"{name} must be one a name, got {rows} for {len(names)} names")
    starts = np.cumsum([0, *(len(one) for one in sequences)])
    encoder = NextItemEncoder(spec, {"items": item_names, "users": user_names}, taken=int(starts[-1]))
    learnt = {name: value for name, value in network.state_dict().items() if not name.startswith("items.")}
    encoder.network.load_state_dict({**learnt, "items.table": table})
    rest = as_cosines(np.zeros((0, spec.dim)), table.numpy())[1][:, -1]
    encoder.get_buffer("rest").copy_(torch.from_numpy(rest))
    encoder.get_buffer("taken").copy_(torch.from_numpy(np.concatenate([*sequences, np.zeros(0, dtype=np.int64)])))
    encoder.get_buffer("starts").copy_(torch.from_numpy(starts))
    return encoder.eval()
