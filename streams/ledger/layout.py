"""Where each number of a customer lives in the ledger's arrays. Days are day numbers, money is minor units.

A customer is one row of ``customers``, a run of *knots* and a block of *accounts*. A knot is a day on which
something happened, with every series cumulated up to the end of that day; a window is the difference of two knots, each
carried forward to the day asked for (flows and balances stand still, an area grows by the balance every day).

The ring is the days from ``RING - 1`` before the newest knot up to it: all its knots are kept. Of the days before the
ring only the last knot of each calendar month is kept, for ``MONTHS`` months before the newest knot's month, and before
those only the newest: enough for every window that a look can ask for, and exact, since what is dropped is contained in
what stays. The knots kept depend on the days alone, not on the order in which they came.
"""

from __future__ import annotations

from typing import Final

from schemas.transactions import COUNTERPARTIES, FORMS, INITIATORS, KINDS, PRODUCTS

NONE: Final = -(2**63)
"""No day, no instant, not told: ``streams.rows.UNKNOWN`` as a constant of the kernels."""

RING: Final = 94
"""Days of the ring: a close may look 2 days behind the newest knot, and 90 days need the end of the day before."""
MONTHS: Final = 13
"""Calendar months kept one by one before the newest knot's: a close may look from the month before, and the end of the 12
months before that one is asked for; what is older is one knot."""
CHUNK: Final = 8
"""Knots of one chunk: one cache line of days, and the unit in which knot rows are given out."""
CHUNKS: Final = 16
"""Chunks a customer may hold: ring, months, the one before and room to insert (94 + 13 + 1 + 3 <= 128)."""

# Columns of a customer.
KNOTS: Final = 0  # number of knots; they fill ceil(knots / CHUNK) chunks
ACCOUNTS: Final = 1  # number of accounts
BLOCK: Final = 2  # first row of the block of accounts
BLOCK_SIZE: Final = 3  # rows of the block, a power of two, 0 for none
EARLIEST: Final = 4  # earliest business day of a measured event
EVENT_DAY: Final = 5  # latest day as of which an event of this customer was evaluated
FIRST_DAY: Final = 6  # day as of which the customer was first seen
KNOWN: Final = 7  # 1 once an event or a fact told of the customer
ACTIVITY_DAYS: Final = 8  # the DAYS_KEPT newest days of customer-initiated transactions, newest first
TXN_DAYS: Final = 11  # likewise of any transaction
SALARY_DAYS: Final = 14  # likewise of salaries
OPENINGS: Final = 17  # what had stood before, summed over the accounts of each class
DEMAND_OPENING: Final = 21  # likewise over the deposit accounts on demand
CUSTOMER_COLUMNS: Final = 22
DAYS_KEPT: Final = 3
"""A look is at most 2 days behind the newest event, so of 3 distinct days one is not after it."""

# Columns of a knot. All but ACTIVITY are cumulative; the order is that of the bits that pack_knots sets for what changed.
ACTIVITY: Final = 0  # what the customer did that day (before the ring: in the month up to this day), as bits
TXN_COUNT: Final = 1
INFLOW: Final = 2
OUTFLOW: Final = 3
ACTIVE_DAYS: Final = 4  # days with a transaction initiated by the customer
SUMS: Final = 5  # sum of deltas of each class: its balance without what had stood before
CARD_SPEND: Final = 9
CARD_USES: Final = 10
FEES: Final = 11
OTHER_BANK_OUTFLOW: Final = 12
OTHER_BANK_INFLOW: Final = 13
SALARY_INFLOW: Final = 14
VARIABLE_COST: Final = 15
DEMAND: Final = 16  # the part of the deposits' SUMS that is on demand
AREAS: Final = 17  # sum of SUMS over all days so far
KNOT_COLUMNS: Final = 21

# Bits of a day's activity.
BIT_CUSTOMER: Final = 1
BITS_KINDS: Final = 1  # first bit of the kinds, in the order of schemas.transactions.KINDS
KINDS_MASK: Final = ((1 << len(KINDS)) - 1) << BITS_KINDS

# Columns of an account; its id is known by its XXH3-64 hash, in an array of its own.
PRODUCT: Final = 0  # of its first event
ACCOUNT_DAY: Final = 1  # earliest business day
OPENING: Final = 2  # what had stood before its first event
BALANCE: Final = 3  # now
LATEST: Final = 4  # newest instant seen
ANCHOR: Final = 5  # newest instant whose told balance was taken; NONE: not told any yet
ANCHOR_DAY: Final = 6
TOLD_FIRST: Final = 7  # instant of the first told balance
CUSTOMER_DAYS: Final = 8  # the DAYS_KEPT newest days of transactions initiated by the customer, newest first
INDUCED_DAYS: Final = 11  # likewise by the customer, a third party or a mandate
EVENT_MATURES_ON: Final = 14  # as last told by an event
FORM: Final = 15  # of its first event, as a place in FORMS; NO_FORM if it told none
FOREIGN: Final = 16  # 1 if its first event was in another currency than the bank's
DELTA_DAY: Final = 17  # newest day on which the balance moved
DELTAS: Final = 18  # by how much: on that day, and on the day before it
CARD_DAY: Final = 20  # newest day of a purchase with the card
CARD_DAY_USES: Final = 21  # uses on that day, and on the day before it
CARD_DAY_SPEND: Final = 23  # likewise spend
CARD_USES_BY_MONTH: Final = 25  # the CARD_MONTHS calendar months up to CARD_DAY's, newest first
CARD_SPEND_BY_MONTH: Final = 32
FIRST: Final = 39  # not told: the oldest instant of a movement
NOTES: Final = 40  # number of notes
NOTE: Final = 41  # told: open gaps (instant, day, amount); not told: last movements (instant, amount)
NO_FORM: Final = -1
CARD_MONTHS: Final = 7
"""Months of card use kept of an account: a close may look 6 months back from the month before the newest."""
GAP: Final = 3  # columns of an open gap: instant, day, amount
MOVEMENT: Final = 2  # columns of a movement: instant, amount
GAPS_MAX: Final = 8
"""Open gaps kept of an account; with more, the oldest is dropped."""
MOVEMENTS_MAX: Final = 16
"""Movements kept of an account not yet told any balance: how far back a late opening is placed exactly."""
ACCOUNT_COLUMNS: Final = NOTE + MOVEMENT * MOVEMENTS_MAX

# Columns of an account's facts; NONE is unknown.
OPENED_ON: Final = 0
CLOSED_ON: Final = 1
MATURES_ON: Final = 2
CARD_ACTIVATED_ON: Final = 3
COUNTS_IN_AUM: Final = 4  # 1 or 0
ACCOUNT_BRANCH: Final = 5  # the code of its text
ACCOUNT_FACTS: Final = 6

CLASSES: Final = 4  # deposit, wealth, loan, margin: products with a balance series, first in PRODUCTS
DEPOSIT: Final = PRODUCTS.index("deposit")
WEALTH: Final = PRODUCTS.index("wealth")
LOAN: Final = PRODUCTS.index("loan")
MARGIN: Final = PRODUCTS.index("margin")
CARD: Final = PRODUCTS.index("card")
KIND_OPENING: Final = KINDS.index("opening")
KIND_PURCHASE: Final = KINDS.index("purchase")
KIND_FEE: Final = KINDS.index("fee")
KIND_SALARY: Final = KINDS.index("salary")
BY_CUSTOMER: Final = INITIATORS.index("customer")
BY_BANK: Final = INITIATORS.index("bank")
OTHER_BANK: Final = COUNTERPARTIES.index("other_bank")
ON_DEMAND: Final = FORMS.index("demand")

TURNOVER_MAX: Final = 4 * 10**18
"""Largest credits or debits of a customer ever, minor units: far beyond any bank, and under half of 63 bits."""

# What fold counts, in the order of Ledger.take_counts.
COUNTS: Final = ("gaps", "unanchored_accounts", "anchored_later", "product_conflicts", "unmeasured", "approximate")
COUNT_GAPS: Final = 0
COUNT_UNANCHORED: Final = 1
COUNT_ANCHORED: Final = 2
COUNT_CONFLICTS: Final = 3
COUNT_UNMEASURED: Final = 4
COUNT_APPROXIMATE: Final = 5
