from vitxplain.files.tables import csv_bytes


def test_a_line_a_row_quoted_where_it_must_be_and_nothing_for_none() -> None:
    rows = ([1, "a, b", None], [2.5, "é", ""])
    assert csv_bytes(("n", "word", "rest"), rows) == 'n,word,rest\n1,"a, b",\n2.5,é,\n'.encode()
    assert csv_bytes(["n"], [], line_end="\r\n") == b"n\r\n"
