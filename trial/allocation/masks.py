"""The letters under which a monitoring committee sees groups apart, and not which is which. Pure."""

# As many as a protocol may have arms; X and Y are what committees are used to.
LETTERS = "XYZABCDEFG"


def letters_for(number: int) -> tuple[str, ...]:
    """Return the letters of so many groups.

    Examples
    --------
    >>> letters_for(2)
    ('X', 'Y')
    """
    return tuple(LETTERS[:number])
