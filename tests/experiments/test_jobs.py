import pytest

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
