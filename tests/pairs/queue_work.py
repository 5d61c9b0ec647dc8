"""What each of two processes does in test_queues: pushes its share, and compares with its part of the queue."""

import torch

from counterpoint.objectives import InfoNCE
from counterpoint.pairs import ClassQueues, HardestOnly, Owned, Queue

SHARES = [slice(0, 3), slice(3, 5)]


def drawn(*shape: int, seed: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def losses(share: slice) -> dict[str, torch.Tensor]:
    """Queues after three pushes of five rows, and a loss against a queue and its gradients."""
    queue, classes = Queue(7, 3).double(), ClassQueues(3, 2, 3).double()
    for seed in range(3):
        rows, labels = drawn(5, 3, seed=seed)[share], torch.tensor([0, 2, 1, 0, 0])[share]
        queue.push(rows, labels)
        classes.push(rows, labels)
    found = {f"queue {name}": one for name, one in queue.state_dict().items()}
    found |= {f"classes {name}": one for name, one in classes.state_dict().items()}
    for name, k in (("all", None), ("hardest", 3)):
        query, key = (drawn(5, 3, seed=s)[share].clone().requires_grad_() for s in (7, 8))
        rows, _ = queue.share()
        candidates = torch.cat([key, rows])
        owners = torch.cat([torch.arange(len(key)), torch.full((len(rows),), -1)])
        relation = Owned.of(query, owners)
        if k is not None:
            relation = HardestOnly(inner=relation, anchors=query, candidates=candidates, k=k)
        loss = InfoNCE(temperature=0.2)(query, candidates, relation=relation)
        loss.backward()
        found |= {f"{name} value": loss.detach(), f"{name} query": query.grad, f"{name} key": key.grad}
    return found


def work(rank: int, _: int) -> dict[str, torch.Tensor]:
    return losses(SHARES[rank])
