"""Errors, settings, extras, content, citations and unit rows."""

import dataclasses
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from counterpoint.base import errors
from counterpoint.base.citation import Citation
from counterpoint.base.content import Kind, concatenate, kind_of, take
from counterpoint.base.errors import CheckpointError, CounterpointError, InputError, MissingExtraError, StorageError
from counterpoint.base.extras import require
from counterpoint.base.numerics import unit_rows
from counterpoint.base.settings import settings

# ---- errors


@pytest.mark.parametrize(
    ("kind", "bases"),
    [
        (InputError, (CounterpointError, ValueError)),
        (CheckpointError, (InputError,)),
        (MissingExtraError, (CounterpointError, ImportError)),
        (StorageError, (CounterpointError, OSError)),
    ],
)
def test_errors_of_the_user_are_caught_as_python_names_them(kind, bases) -> None:
    assert issubclass(kind, bases)
    assert str(kind("a.csv, line 3: ...")) == "a.csv, line 3: ..."
    assert kind.exit_code == 2


def test_every_error_is_one_of_ours() -> None:
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    assert all(issubclass(kind, CounterpointError) for kind in kinds)
    assert CounterpointError.exit_code == 1


# ---- settings


def test_settings_read_the_environment_each_time(monkeypatch) -> None:
    for name in ("COUNTERPOINT_DATA", "COUNTERPOINT_CACHE", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/home/someone")
    assert dataclasses.astuple(settings()) == (None, Path("/home/someone/.cache/counterpoint"), False)
    monkeypatch.setenv("COUNTERPOINT_DATA", "/data")
    monkeypatch.setenv("COUNTERPOINT_CACHE", "/cache")
    monkeypatch.setenv("CI", "TRUE")
    assert dataclasses.astuple(settings()) == (Path("/data"), Path("/cache"), True)
    monkeypatch.setenv("COUNTERPOINT_DATA", "")  # set to nothing is not set
    monkeypatch.setenv("CI", "0")
    assert (settings().data_folder, settings().ci) == (None, False)


# ---- extras


def test_an_extra_that_is_there_is_imported() -> None:
    assert require("json", extra="text", purpose="reading") is sys.modules["json"]
    assert require("os.path", extra="text", purpose="reading").join("a", "b") == "a/b"


def test_an_extra_that_is_missing_is_named() -> None:
    with pytest.raises(MissingExtraError) as caught:
        require("nowhere_to_be_found.inside", extra="scale", purpose="embedding on a cluster")
    assert str(caught.value) == (
        "embedding on a cluster needs the package 'nowhere_to_be_found': pip install 'counterpoint[scale]'"
    )


@pytest.mark.parametrize("body", ["import something_else_missing", "raise ImportError('broken')"])
def test_a_broken_extra_is_not_called_missing(tmp_path, monkeypatch, body) -> None:
    (tmp_path / "half_installed.py").write_text(body)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ImportError) as caught:
        require("half_installed", extra="text", purpose="reading")
    assert not isinstance(caught.value, MissingExtraError)


# ---- content


IMAGES = torch.arange(24, dtype=torch.uint8).reshape(3, 2, 2, 2)
VECTORS = torch.arange(6.0).reshape(3, 2)
TEXTS = ["a", "b", "c"]


def test_kinds() -> None:
    assert [kind_of(content) for content in (TEXTS, tuple(TEXTS), [], IMAGES, VECTORS)] == [
        Kind.TEXT, Kind.TEXT, Kind.TEXT, Kind.IMAGE, Kind.VECTOR,
    ]  # fmt: skip


@pytest.mark.parametrize("as_rows", [list, tuple, np.array, torch.tensor, lambda rows: np.array(rows, np.int32)])
def test_take_keeps_the_order_asked_for(as_rows) -> None:
    rows = as_rows([2, 0, 2])
    assert take(TEXTS, rows) == ["c", "a", "c"]
    assert torch.equal(take(IMAGES, rows), torch.stack([IMAGES[2], IMAGES[0], IMAGES[2]]))
    assert torch.equal(take(VECTORS, rows), torch.stack([VECTORS[2], VECTORS[0], VECTORS[2]]))


def test_take_nothing() -> None:
    assert take(TEXTS, []) == []
    assert take(VECTORS, []).shape == (0, 2)
    assert take(IMAGES, np.array([], dtype=np.int64)).shape == (0, 2, 2, 2)
    with pytest.raises(IndexError):
        take(TEXTS, [3])
    with pytest.raises(IndexError):
        take(VECTORS, [3])


def test_concatenate() -> None:
    assert concatenate(TEXTS, ("d",)) == ["a", "b", "c", "d"]
    assert torch.equal(concatenate(VECTORS, VECTORS[:1]), VECTORS[[0, 1, 2, 0]])
    assert concatenate(IMAGES, IMAGES).dtype == torch.uint8
    for a, b in ((TEXTS, VECTORS), (IMAGES, TEXTS)):
        with pytest.raises(TypeError, match=f"cannot put {kind_of(b).value} examples behind {kind_of(a).value}"):
            concatenate(a, b)


# ---- citations


def test_a_citation_is_one_line() -> None:
    line = str(Citation("Chen and others", "A Simple Framework", 2020, "arXiv:2002.05709", "Eq. 1"))
    assert line == "Chen and others (2020). A Simple Framework. arXiv:2002.05709, Eq. 1"


# ---- unit rows


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-15), (torch.float32, 2e-7), (torch.bfloat16, 1e-2)]
)
def test_unit_rows_have_length_one_and_keep_their_direction(dtype, tolerance) -> None:
    x = torch.randn(20, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(dtype)
    expected = x.double() / x.double().norm(dim=1, keepdim=True)
    assert unit_rows(x).dtype == dtype
    torch.testing.assert_close(unit_rows(x).double(), expected, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("scale", [1e-18, 1e-10, 1e10, 1e25, 3e37])
def test_the_length_of_a_row_does_not_matter(scale) -> None:
    x = torch.randn(20, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(unit_rows(x * scale), unit_rows(x), atol=1e-6, rtol=1e-6)


def test_rows_without_a_direction_stay_and_pass_gradients() -> None:
    x = torch.tensor([[0.0, 0.0], [1e-30, 0.0], [3.0, 4.0]], requires_grad=True)
    y = unit_rows(x)
    torch.testing.assert_close(y.detach(), torch.tensor([[0.0, 0.0], [1e-30, 0.0], [0.6, 0.8]]))
    (gradient,) = torch.autograd.grad(y, x, torch.ones_like(y))
    torch.testing.assert_close(gradient[:2], torch.ones(2, 2))
    # d(x/|x|) applied to (1, 1): ((1, 1) - u <u, (1, 1)>) / |x|
    torch.testing.assert_close(gradient[2], (torch.ones(2) - torch.tensor([0.6, 0.8]) * 1.4) / 5)


def test_the_gradient_is_exact() -> None:
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(unit_rows, (x,))
    large = (x.detach() * 1e200).requires_grad_()
    (gradient,) = torch.autograd.grad(unit_rows(large)[:, 0].sum(), large)
    (plain,) = torch.autograd.grad(unit_rows(x)[:, 0].sum(), x)
    torch.testing.assert_close(gradient * 1e200, plain)
