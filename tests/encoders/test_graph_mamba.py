import torch

from counterpoint.encoders.graph_mamba import GraphMamba, SelectiveScan


def test_the_scan_is_its_recurrence():
    torch.manual_seed(0)
    scan, x = SelectiveScan(3, state=2).double(), torch.randn(2, 4, 3, dtype=torch.float64)
    state, expected = torch.zeros(2, 3, 2, dtype=torch.float64), []
    rate = -scan.log_rate.exp()
    for t in range(4):
        step = torch.nn.functional.softplus(scan.step(x[:, t]))
        for n in range(2):
            for d in range(3):
                write = step[n, d] * scan.write(x[:, t])[n] * x[n, t, d]
                state[n, d] = torch.exp(step[n, d] * rate[d]) * state[n, d] + write
        read = scan.read(x[:, t])
        y = torch.einsum("nds,ns->nd", state, read) + scan.skip * x[:, t]
        expected.append(scan.out(y * torch.nn.functional.silu(scan.gate(x[:, t]))))
        state = state.detach().clone()
    torch.testing.assert_close(scan(x), torch.stack(expected, 1))


def test_a_token_sees_none_after_it():
    torch.manual_seed(0)
    scan, x = SelectiveScan(3), torch.randn(1, 5, 3)
    changed = x.clone()
    changed[:, 3:] = 0
    torch.testing.assert_close(scan(x)[:, :3], scan(changed)[:, :3])


def test_every_part_learns():
    torch.manual_seed(0)
    model = GraphMamba(3, classes=2)
    near = [torch.full((4, 6), 1 / 6), torch.eye(6)[:4]]
    assert model(torch.randn(6, 3), near).shape == (4, 2)
    model(torch.randn(6, 3), near).sum().backward()
    assert all(one.grad is not None for one in model.parameters())
