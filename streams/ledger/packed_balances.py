"""What an account's balance stands on, as bytes: opening, anchor and notes. Every layout has them the same way."""

from __future__ import annotations

from streams.ledger.arrays import Ints
from streams.ledger.compiled import kernel
from streams.ledger.layout import (
    ACCOUNT_DAY,
    ANCHOR,
    ANCHOR_DAY,
    FIRST,
    GAP,
    GAPS_MAX,
    LATEST,
    MOVEMENT,
    MOVEMENTS_MAX,
    NONE,
    NOTE,
    NOTES,
    OPENING,
    TOLD_FIRST,
)
from streams.ledger.varint import Bytes, get, put


@kernel
def pack_balance(account: Ints, told: int, buffer: Bytes, at: int) -> int:
    """Write what the balance of an account stands on; where the next number goes."""
    if told:
        at = put(buffer, at, account[OPENING])
        at = put(buffer, at, account[LATEST] - account[ANCHOR])
        at = put(buffer, at, account[ANCHOR_DAY] - account[ACCOUNT_DAY])
        at = put(buffer, at, account[ANCHOR] - account[TOLD_FIRST])
    return _pack_notes(account, told, buffer, at)


@kernel
def unpack_balance(account: Ints, told: int, buffer: Bytes, at: int, end: int) -> int:
    """Read what ``pack_balance`` wrote; where the next number is."""
    if told:
        account[OPENING], at = get(buffer, at, end)
        ago, at = get(buffer, at, end)
        account[ANCHOR] = account[LATEST] - ago
        days, at = get(buffer, at, end)
        account[ANCHOR_DAY] = account[ACCOUNT_DAY] + days
        ago, at = get(buffer, at, end)
        account[TOLD_FIRST] = account[ANCHOR] - ago
    return _unpack_notes(account, buffer, at, end)


@kernel
def _pack_notes(account: Ints, told: int, buffer: Bytes, at: int) -> int:
    at = put(buffer, at, account[NOTES])
    if not told and account[NOTES] > 0:
        at = put(buffer, at, account[LATEST] - account[FIRST])
    for index in range(account[NOTES]):
        if told:
            at = put(buffer, at, account[LATEST] - account[NOTE + index * GAP])
            at = put(buffer, at, account[NOTE + index * GAP + 1] - account[ACCOUNT_DAY])
            at = put(buffer, at, account[NOTE + index * GAP + 2])
        else:
            at = put(buffer, at, account[LATEST] - account[NOTE + index * MOVEMENT])
            at = put(buffer, at, account[NOTE + index * MOVEMENT + 1])
    return at


@kernel
def _unpack_notes(account: Ints, buffer: Bytes, at: int, end: int) -> int:
    told = account[ANCHOR] != NONE
    notes, at = get(buffer, at, end)
    if notes < 0 or notes > (GAPS_MAX if told else MOVEMENTS_MAX):
        return int(end + 1)
    account[NOTES] = notes
    if not told and notes > 0:
        ago, at = get(buffer, at, end)
        account[FIRST] = account[LATEST] - ago
    for index in range(notes):
        note = NOTE + index * (GAP if told else MOVEMENT)
        ago, at = get(buffer, at, end)
        account[note] = account[LATEST] - ago
        if told:
            days, at = get(buffer, at, end)
            account[note + 1] = account[ACCOUNT_DAY] + days
            note += 1
        account[note + 1], at = get(buffer, at, end)
    return int(at)
