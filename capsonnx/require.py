"""What options must be, refused in one wording wherever they are given."""

from __future__ import annotations

from numbers import Integral
from typing import Any, get_args

from capsonnx.errors import InputError

__all__ = ["require_choice", "require_count"]

MOST = 1_000_000
"""Of whatever is counted by an option."""


def require_choice(name: str, value: object, choices: Any) -> None:
    """Check that an option is one of the values of a ``Literal``.

    Raises:
        InputError: it is not.
    """
    if value not in get_args(choices):
        raise InputError(
            f"{name} {value!r}", expected=f"one of {', '.join(get_args(choices))}", remedy="pass one of these"
        )


def require_count(name: str, value: object, *, least: int = 1) -> None:
    """Check that an option which says how many is a whole number within reason, or None, where it was left out.

    Raises:
        InputError: it is not.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= MOST:
        raise InputError(
            f"{name} {value!r}", expected=f"a whole number from {least} to {MOST:,}", remedy=f"pass one as {name}"
        )
