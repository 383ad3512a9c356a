"""Phones: numbers in the international form, E.164."""

from __future__ import annotations

import re

from pplink.fields.problem import BadValueError, Problem
from pplink.fields.visited import Shared, Visited

TAIL = 7
"""Last digits that make a token: the same number with another country or area code shares it."""

_PREFIX = re.compile(r"^00(?=[1-9])")


class Phone(Visited):
    """`+` and digits, by the numbering plans that `phonenumbers` has (Google's libphonenumber, Apache-2.0)."""

    def fold(self, value: str) -> str:
        """`0046 (0)70-123 45 67` is `+46701234567`.

        Raises BadValueError for a number without country code (whose country nobody knows) or that no plan has.
        """
        import phonenumbers  # 0.1 s that lists without phones need not wait

        plain = value.strip(" \t\r\n\v\f")
        if not plain:
            return ""
        try:
            number = phonenumbers.parse(_PREFIX.sub("+", plain.replace("(0)", "")), None)
        except phonenumbers.NumberParseException:
            raise BadValueError(Problem.NOT_A_PHONE) from None
        if not phonenumbers.is_possible_number(number):
            raise BadValueError(Problem.NOT_A_PHONE)
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))

    def cut(self, text: str) -> Shared:
        """The whole, and its last digits."""
        return [(b"w:" + text.encode(), 1), (b"l:" + text[-TAIL:].encode(), 1)]


PHONE = Phone()
