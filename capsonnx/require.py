"""Checks of option values, with the same error messages wherever an option is given."""

from __future__ import annotations

from numbers import Integral
from typing import Any, get_args

from capsonnx.errors import InputError

__all__ = ["require_choice", "require_count"]

MOST = 1_000_000
"""The largest number that an option may give."""


def require_choice(name: str, value: object, choices: Any) -> None:
    """Check that the value of an option is one of those of a ``Literal`` type.

    Raises:
        InputError: it is not.
    """
    if value not in get_args(choices):
        raise InputError(
            f"{name} {value!r}", expected=f"one of {', '.join(get_args(choices))}", remedy="pass one of these"
        )


def require_count(name: str, value: object, *, least: int = 1) -> None:
    """Check that a numeric option was left out (None) or is a whole number from ``least`` to :data:`MOST`.

    Raises:
        InputError: it is given and not such a number.
    """
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, Integral) or not least <= int(value) <= MOST:
        raise InputError(
            f"{name} {value!r}", expected=f"a whole number from {least} to {MOST:,}", remedy=f"pass one as {name}"
        )
