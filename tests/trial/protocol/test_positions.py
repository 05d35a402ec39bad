"""Lines of keys, tables and entries in a TOML text."""

from trial.protocol.positions import lines

TEXT = '''\
# a comment with a "quote
top = 1
name.en = "a # b"
name.es = """
two ] lines
"""
list = [
    "one", # with , a comment
    { id = "x", deep = [1, 2] },
]

[table]
key = 'it = [1]'

[[rows]]
id = "a"

[[rows.parts]]
id = "b"

[[rows]]
id = "c"

[rows.extra]
at = 07:32:00
"odd key" = 1.5
'''


def test_lines_are_found_for_every_key_table_and_entry():
    assert lines(TEXT) == {
        "top": 2,
        "name": 3,
        "name.en": 3,
        "name.es": 4,
        "list": 7,
        "list[1]": 8,
        "list[2]": 9,
        "list[2].id": 9,
        "list[2].deep": 9,
        "list[2].deep[1]": 9,
        "list[2].deep[2]": 9,
        "table": 12,
        "table.key": 13,
        "rows": 15,
        "rows[1]": 15,
        "rows[1].id": 16,
        "rows[1].parts": 18,
        "rows[1].parts[1]": 18,
        "rows[1].parts[1].id": 19,
        "rows[2]": 21,
        "rows[2].id": 22,
        "rows[2].extra": 24,
        "rows[2].extra.at": 25,
        'rows[2].extra."odd key"': 26,
    }


def test_every_key_of_the_shipped_file_stands_on_the_line_that_names_it(cct_text):
    rows = cct_text.split("\n")

    wrong = [
        (place, line)
        for place, line in lines(cct_text).items()
        if not place.endswith("]") and place.split(".")[-1] not in rows[line - 1]
    ]

    assert wrong == []
