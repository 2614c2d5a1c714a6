"""What kernels wrote, as rows: divisors of averages and quotients, accounts beside their customers."""

from __future__ import annotations

from typing import Final

import numpy as np

from schemas.transactions import PRODUCTS
from streams.ledger.arrays import Ints
from streams.ledger.listing import Listing
from streams.ledger.program import Asked, Program
from streams.rows import AccountRows, Rows, Vocabulary

_PRODUCT: Final = "account_product"


def room_for(program: Program, accounts: int) -> Listing:
    """Room to list ``accounts`` accounts, if the program asks for any column of theirs."""
    rows = accounts if program.account_names else 0
    return Listing(
        owners=np.empty(rows, np.int64),
        values=np.empty((len(program.account_names), rows), np.int64),
        places=np.empty(rows, np.int64),
        filled=np.zeros(1, np.int64),
    )


def more_room(listing: Listing, accounts: int) -> Listing:
    """``listing`` with room for ``accounts`` more than are listed, or twice as many as it had room for."""
    filled = int(listing.filled[0])
    rows = max(filled + accounts, 2 * len(listing.owners))
    owners = np.empty(rows, np.int64)
    values, places = np.empty((len(listing.values), rows), np.int64), np.empty(rows, np.int64)
    owners[:filled] = listing.owners[:filled]
    places[:filled] = listing.places[:filled]
    values[:, :filled] = listing.values[:, :filled]
    return Listing(owners, values, places, listing.filled)


def results(
    program: Program,
    ask: Asked,
    vocabulary: Vocabulary,
    slots: Ints,
    as_of: Ints,
    values: Ints,
    starts: Ints,
    listing: Listing,
    *,
    whole: bool,
) -> Rows:
    """The rows of looks: ``starts`` is (looks, windows), ``values`` (steps, looks)."""
    divisors = {name: as_of - starts[:, window] + 1 for name, window in program.averaged}
    for name, step in program.divided:
        divisors[name] = values[step] if step >= 0 else np.full(len(slots), ask.divisor, np.int64)
    return Rows(
        names=program.names,
        slots=slots,
        as_of=as_of,
        values=values[: len(program.names)],
        divisors=divisors,
        accounts=_accounts(program, vocabulary, listing) if program.account_names else None,
        whole=whole,
    )


def _accounts(program: Program, vocabulary: Vocabulary, listing: Listing) -> AccountRows:
    filled = int(listing.filled[0])
    values = listing.values[:, :filled]
    if _PRODUCT in program.account_names:
        codes = np.array([vocabulary.code(product) for product in PRODUCTS], np.int64)
        column = values[program.account_names.index(_PRODUCT)]
        column[:] = codes[column]
    return AccountRows(program.account_names, listing.owners[:filled], values, listing.places[:filled])
