"""Helpers for the wording of messages to users."""

from __future__ import annotations

__all__ = ["counted", "printable"]


def counted(count: int, noun: str) -> str:
    """A number with its noun, in the plural unless the number is 1.

    >>> counted(1, "image"), counted(2, "image")
    ('1 image', '2 images')
    >>> counted(3, "class")
    '3 classes'
    """
    plural = "es" if noun.endswith("s") else "s"
    return f"{count} {noun}{plural if count != 1 else ''}"


def printable(text: str) -> str:
    r"""A text with its unprintable characters escaped, so that no file name sends control characters to a terminal.

    >>> printable("a\x1b[31m"), printable("zwölf")
    ('a\\x1b[31m', 'zwölf')
    """
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
