"""Small matters of English, for what is said to people."""

from __future__ import annotations

__all__ = ["counted", "printable"]


def counted(count: int, noun: str) -> str:
    """A number and its noun.

    >>> counted(1, "image"), counted(2, "image")
    ('1 image', '2 images')
    >>> counted(3, "class")
    '3 classes'
    """
    plural = "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{plural if count != 1 else ''}"


def printable(text: str) -> str:
    r"""A text with its control characters escaped: nothing of a file's name reaches a terminal raw.

    >>> printable("a\x1b[31m"), printable("zwölf")
    ('a\\x1b[31m', 'zwölf')
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
