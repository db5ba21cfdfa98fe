from vitxplain.files.tables import csv_bytes


def test_a_line_a_row_quoted_where_it_must_be_and_nothing_for_none() -> None:
    rows = ([1, "a, b", None], [2.5, "é", ""])
    assert csv_bytes(("n", "word", "rest"), rows) == 'n,word,rest\n1,"a, b",\n2.5,é,\n'.encode()
    assert csv_bytes(["n"], [], line_end="\r\n") == b"n\r\n"


def test_no_cell_is_a_formula_but_in_a_table_of_the_users_own() -> None:
    rows = [["=1+1", "-2", -2], ["@a", "'=b", "c"]]
    assert csv_bytes(["n", "=m", "k"], rows) == b"n,'=m,k\n'=1+1,-2,-2\n'@a,''=b,c\n"
    assert csv_bytes(["n"], [["=1+1"]], as_is=True) == b"n\n=1+1\n"
