"""Rows of measures: what a look at a customer sees, one row a look, column by column."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

UNKNOWN: Final = int(np.iinfo(np.int64).min)
"""The value of a measure that is not known; no true value reaches it (see ``schemas.limits``)."""


class LookKind(IntEnum):
    """Why a customer is looked at: the larger kinds of close make the checks of the smaller ones too."""

    EVENT = 0
    DAY_CLOSE = 1
    MONTH_CLOSE = 2
    QUARTER_CLOSE = 3
    YEAR_CLOSE = 4


LOOK_KINDS: Final = len(LookKind)


class Wanted(NamedTuple):
    """Columns that looks read: measures and facts of customers, and measures of their accounts."""

    columns: tuple[str, ...]
    account_columns: tuple[str, ...] = ()


@dataclass(slots=True)
class AccountRows:
    """Measures of the accounts of the customers in ``Rows``, one row an account.

    ``owner[i]`` is the customer's row of account row ``i``, never falling; ``values`` as in ``Rows``. Accounts have no
    averaged columns. ``places[i]`` is the account's place among all accounts of its customer, in the order of
    ``Profile.accounts``; None where nobody asks which account it is.
    """

    names: tuple[str, ...]
    owner: NDArray[np.int64]
    values: NDArray[np.int64]  # (len(names), accounts)
    places: NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return len(self.owner)


@dataclass(slots=True)
class Rows:
    """Measures of ``n`` looks, in the order in which they are made.

    ``names`` are the columns asked for. ``values[i]`` is column ``names[i]``: money in minor units, an average
    as its area (minor units x days), counts and days as they are, a day as its day number, text as its code in the vocabulary,
    ``UNKNOWN`` where not known. ``divisors`` gives the days by which an averaged column's area is divided. ``accounts``
    is there where account columns were asked for. ``whole`` is false where the columns are those alone that a look of the
    rows' kind reads.
    """

    names: tuple[str, ...]
    slots: NDArray[np.int64]
    as_of: NDArray[np.int64]
    values: NDArray[np.int64]  # (len(names), n)
    divisors: dict[str, NDArray[np.int64]]
    accounts: AccountRows | None = None
    whole: bool = True

    def __len__(self) -> int:
        return len(self.slots)


class Vocabulary:
    """Text facts as small integers, so that conditions compare numbers; codes hold for one process only."""

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self._texts: list[str] = []

    def code(self, text: str) -> int:
        """The code of ``text``, made on first sight."""
        code = self._codes.get(text)
        if code is None:
            code = self._codes[text] = len(self._texts)
            self._texts.append(text)
        return code

    def text(self, code: int) -> str:
        """The text behind ``code``."""
        return self._texts[code]

    def known(self, text: str) -> int | None:
        """The code of ``text`` if it has one."""
        return self._codes.get(text)


class OwnWords(Vocabulary):
    """Codes below zero for the texts that a shared vocabulary does not know: those of one row, so that nothing keeps them."""

    def __init__(self, shared: Vocabulary) -> None:
        super().__init__()
        self._shared = shared

    def code(self, text: str) -> int:
        """The shared code of ``text``, else one of its own."""
        code = self.known(text)
        return ~super().code(text) if code is None else code

    def text(self, code: int) -> str:
        """The text behind ``code``."""
        return super().text(~code) if code < 0 else self._shared.text(code)

    def known(self, text: str) -> int | None:
        """The shared code of ``text`` if it has one."""
        return self._shared.known(text)
