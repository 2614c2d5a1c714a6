"""Columns of the occasion of a look, for one-shot signals: its transaction, or its interaction.

They stand behind the columns of the ledger. Whatever is asked for that the occasion does not tell is unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.interactions import Interaction
from schemas.transactions import CHANNELS, COUNTERPARTIES, INITIATORS, KINDS, PRODUCTS
from streams.columns import Events
from streams.rows import UNKNOWN, Rows, Vocabulary

Column = NDArray[np.int64]

_CODED: Final[Mapping[str, tuple[Sequence[str], Callable[[Events], NDArray[np.int8]]]]] = {
    "txn_product": (PRODUCTS, lambda events: events.product),
    "txn_kind": (KINDS, lambda events: events.kind),
    "txn_channel": (CHANNELS, lambda events: events.channel),
    "txn_initiator": (INITIATORS, lambda events: events.initiator),
    "txn_counterparty": (COUNTERPARTIES, lambda events: events.counterparty),
}
"""Texts of a transaction: the words that its column of events indexes, and that column."""

_TOLD: Final[Mapping[str, Callable[[Interaction], str | None]]] = {
    "interaction_kind": lambda told: told.kind,
    "interaction_channel": lambda told: told.channel,
    "interaction_role": lambda told: told.role,
    "interaction_product": lambda told: told.product,
}


def with_transactions(rows: Rows, events: Events, names: Sequence[str], vocabulary: Vocabulary) -> Rows:
    """``rows`` with columns ``names``: row ``i`` is the look at event ``i``."""
    return _with(rows, names, lambda name: _of_events(name, events, vocabulary))


def with_interaction(rows: Rows, told: Interaction | None, names: Sequence[str], vocabulary: Vocabulary) -> Rows:
    """``rows`` with columns ``names``: all rows are looks at interaction ``told``; None at looks of another occasion."""

    def column(name: str) -> Column | None:
        word = _TOLD[name](told) if told is not None and name in _TOLD else None
        return None if word is None else np.full(len(rows), vocabulary.code(word), np.int64)

    return _with(rows, names, column)


def _with(rows: Rows, names: Sequence[str], column: Callable[[str], Column | None]) -> Rows:
    if not names:
        return rows
    values = np.full((len(rows.names) + len(names), len(rows)), UNKNOWN, np.int64)
    values[: len(rows.names)] = rows.values
    for place, name in enumerate(names, len(rows.names)):
        known = column(name)
        if known is not None:
            values[place] = known
    return replace(rows, names=(*rows.names, *names), values=values)


def _of_events(name: str, events: Events, vocabulary: Vocabulary) -> Column | None:
    if name == "txn_amount":
        return np.where(events.measured, events.amount, UNKNOWN)
    if name == "txn_currency":
        return np.fromiter(map(vocabulary.code, events.currencies), np.int64, len(events))
    if name not in _CODED:
        return None
    words, coded = _CODED[name]
    codes = np.array([*map(vocabulary.code, words), UNKNOWN], np.int64)  # NONE is -1: the last
    return codes[coded(events)]
