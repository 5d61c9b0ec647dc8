"""What a person or a pipe gets to see."""

from counterpoint.cli import console


def test_no_line_of_a_table_is_folded_in_a_pipe(capsys):
    cells = ["measure", *(f"0.123 [0.1{number}, 0.9{number}]" for number in range(9))]
    console.table(*(f"column {number}" for number in range(10)), rows=[cells])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(cell in lines[1] for cell in cells)
