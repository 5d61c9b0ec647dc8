import numpy as np
import pytest

from counterpoint.base.errors import InputError
from counterpoint.experiments.jobs import Job, job_of
from counterpoint.experiments.source import DataSource


@pytest.mark.parametrize(
    ("header", "columns", "job"),
    [
        ("user,item", (), Job.INTERACTIONS),
        ("Customer ID,product-id,time", (), Job.INTERACTIONS),
        ("source,target", (), Job.EDGES),
        ("from,to,weight", (), Job.EDGES),
        ("a,b", (("source", "a"), ("target", "b")), Job.EDGES),
        ("a,target", (("source", "a"),), Job.EDGES),
        ("a,b", (("user", "a"), ("item", "b")), Job.INTERACTIONS),
        ("source,target,text", (), Job.CONTENT),
        ("anchor,positive", (), Job.CONTENT),
        ("source,price", (), Job.CONTENT),
        ("source,target", (("anchor", "source"),), Job.CONTENT),
    ],
)
def test_columns_say_which_job_it_is(tmp_path, header, columns, job):
    path = tmp_path / "data.csv"
    path.write_text(f"{header}\n{','.join(['1'] * len(header.split(',')))}\n", encoding="utf-8")
    assert job_of(DataSource(data=str(path), columns=columns)) is job


def test_sets_and_folders_are_content(tmp_path):
    assert job_of(DataSource(data="set:stsb")) is Job.CONTENT
    assert job_of(DataSource(data=str(tmp_path))) is Job.CONTENT


@pytest.mark.parametrize("columns", [(), (("source", "a"), ("target", "b"))])
@pytest.mark.parametrize("edges", [2, 5])
def test_a_whole_graph_is_two_files(tmp_path, columns, edges):
    np.savez(tmp_path / "graph.npz", x=np.eye(5), edges=np.ones((edges, 2), dtype=np.int64))
    with pytest.raises(InputError, match=r"graph\.npz is a whole graph.* source and target.* with --nodes"):
        job_of(DataSource(data=str(tmp_path / "graph.npz"), columns=columns))


def test_arrays_of_rows_are_content_and_what_is_no_archive_is_one_clear_error(tmp_path):
    np.savez(tmp_path / "rows.npz", x=np.eye(5), label=np.arange(5))
    assert job_of(DataSource(data=str(tmp_path / "rows.npz"))) is Job.CONTENT
    (tmp_path / "torn.npz").write_bytes((tmp_path / "rows.npz").read_bytes()[:80])
    with pytest.raises(InputError, match=r"torn\.npz is not a readable \.npz"):
        job_of(DataSource(data=str(tmp_path / "torn.npz")))
