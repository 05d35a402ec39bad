"""What stops a file before anything in it can be judged gives one sentence."""

import pytest

from trial.protocol.mistakes import ProtocolInvalid
from trial.protocol.reading import read


def sentence(data):
    with pytest.raises(ProtocolInvalid) as caught:
        read(data, instruments={})
    assert len(caught.value.mistakes) == 1
    return str(caught.value)


CASES = {
    "empty": (b"", "the file: found no text at all; allowed is a protocol in TOML."),
    "blank": (b" \n\t\n", "the file: found no text at all; allowed is a protocol in TOML."),
    "ten megabytes": (
        b"#" * 10_000_000,
        "the file: found 10,000,000 bytes; allowed is at most 250,000 bytes.",
    ),
    "not UTF-8": (
        b'slug = "a"\ntitle = "\xe1"\n',
        "Line 2, the file: found the byte 0xe1, which is not UTF-8; allowed is text in UTF-8.",
    ),
    "a picture": (
        b"\x89PNG\r\n\x1a\n",
        "Line 1, the file: found the byte 0x89, which is not UTF-8; allowed is text in UTF-8.",
    ),
    "no equals sign": (
        b'slug = "a"\nversion 1\n',
        "Line 2, the file: found text that is not TOML (Expected '=' after a key in a key/value pair); "
        "allowed is TOML 1.0.",
    ),
    "a key twice": (
        b"version = 1\nversion = 2\n",
        "Line 2, the file: found text that is not TOML (Cannot overwrite a value); allowed is TOML 1.0.",
    ),
    "a text without end": (
        b'slug = "a"\ntitle = """so\nand so',
        "Line 3, the file: found text that is not TOML (Unterminated string); allowed is TOML 1.0.",
    ),
    "lists without end": (
        b"slug = " + b"[" * 5000,
        "the file: found lists or tables hundreds of levels deep; allowed is at most a few levels.",
    ),
    "a key without end": (
        b"slug = 'a'\n" + b"a." * 100_000 + b"a = 1",
        "Line 2, the file: found a key of more than 20 parts; allowed is a few parts.",
    ),
    "a number without end": (
        b"version = " + b"9" * 5000,
        "the file: found a number of thousands of digits; allowed is numbers of at most 15 digits.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_unreadable_file_gives_one_sentence(case):
    data, expected = CASES[case]

    assert sentence(data) == expected


def test_windows_line_ends_and_byte_order_mark_are_read(cct_text, cct, instruments):
    data = b"\xef\xbb\xbf" + cct_text.replace("\n", "\r\n").encode()

    protocol = read(data, instruments=instruments)

    assert protocol.consent_documents == cct.consent_documents
    assert protocol.sha256 != cct.sha256


def test_ten_impossible_dates_are_enough():
    text = "\n".join(f"day_{number} = 2026-02-30" for number in range(15))

    assert sentence(text.encode()) == (
        "Line 11, the file: found text that is not TOML (Invalid date or datetime); allowed is TOML 1.0."
    )


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("nan", "nan"),
        ("-inf", "-inf"),
        ("9223372036854775808000", "9223372036854775808000"),
        ("1979-05-27T07:32:00Z", "1979-05-27T07:32:00+00:00"),
        ("0x1F", "31"),
    ],
)
def test_strange_number_is_refused_as_found(value, found, cct_text, instruments, edit):
    text = edit(cct_text, "[analysis]", "0.05", value)

    with pytest.raises(ProtocolInvalid) as caught:
        read(text.encode(), instruments=instruments)

    assert [mistake.found for mistake in caught.value.mistakes] == [found]


def test_control_characters_are_refused(cct_text, instruments, edit):
    text = edit(cct_text, "[registration]", '"NCT04690452"', r'"NCT\u0000"')

    with pytest.raises(ProtocolInvalid) as caught:
        read(text.encode(), instruments=instruments)

    assert [(m.place, m.found) for m in caught.value.mistakes] == [("registration.number", '"NCT "')]
