"""What a customer earned the bank: areas and flows at the rates of their days."""

from __future__ import annotations

from typing import Final

from streams.ledger.arrays import Arrays
from streams.ledger.compiled import kernel
from streams.ledger.knots import row_at
from streams.ledger.layout import DEPOSIT, FEES, LOAN, NONE, TXN_COUNT, VARIABLE_COST
from streams.ledger.program import RATE_COST, RATE_DEPOSIT, RATE_FROM, RATE_LOAN, Asked
from streams.ledger.series import area, flow

_FITS: Final = 9.0e18
"""Floats below it are whole numbers that fit 63 bits."""


@kernel
def contribution(a: Arrays, slot: int, start: int, end: int, ask: Asked, profit: int) -> int:
    """What deposits and loans earned from ``start`` to ``end``, with ``profit`` fees and cost too; parts of the divisor."""
    rates = ask.rates
    if len(rates) == 0 or rates[0, RATE_FROM] > start:
        return NONE
    total, size = 0, 0.0
    last = end
    for period in range(len(rates) - 1, -1, -1):
        first = max(rates[period, RATE_FROM], start)
        if first > last:
            continue
        now, before = row_at(a, slot, last), row_at(a, slot, first - 1)
        deposits = area(a.customers[slot], a.days, a.knots, now, before, first, last, DEPOSIT)
        loans = -area(a.customers[slot], a.days, a.knots, now, before, first, last, LOAN)
        size += abs(float(deposits) * rates[period, RATE_DEPOSIT]) + abs(float(loans) * rates[period, RATE_LOAN])
        total += deposits * rates[period, RATE_DEPOSIT] + loans * rates[period, RATE_LOAN]
        last = first - 1
    if profit:
        more = _between(a, slot, start, end, FEES) - cost(a, slot, start, end, ask)
        size += abs(float(more) * ask.divisor)
        total += more * ask.divisor
    return int(total) if size < _FITS else NONE


@kernel
def cost(a: Arrays, slot: int, start: int, end: int, ask: Asked) -> int:
    """What serving the customer cost from ``start`` to ``end``, minor units."""
    rates = ask.rates
    total = _between(a, slot, start, end, VARIABLE_COST)
    last = end
    for period in range(len(rates) - 1, -1, -1):
        first = max(rates[period, RATE_FROM], start)
        if first > last:
            continue
        if rates[period, RATE_COST] != 0:
            total += rates[period, RATE_COST] * _between(a, slot, first, last, TXN_COUNT)
        last = first - 1
    return int(total)


@kernel
def _between(a: Arrays, slot: int, start: int, end: int, series: int) -> int:
    return flow(a.knots, row_at(a, slot, end), row_at(a, slot, start - 1), series)
