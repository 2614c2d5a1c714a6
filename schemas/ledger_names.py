"""The measures that the ledger keeps: name, type, definition, and what of the transactions they come from.

Figures of a look are as of the end of its as-of day, or as of the event within it. Money is in the base currency; a
booking in another one without ``amount_base`` is in none of them.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Family(NamedTuple):
    """One figure, or with a window put behind its name several. ``origin``: the fields it is computed from."""

    name: str
    type: str
    definition: str
    origin: str


_BALANCE: Final = "amount, balance_after, product"
_FLOW: Final = "amount, product, reverses_booked_at"

NOW: Final = (
    Family("aum", "money", "Deposit plus wealth balances now, whatever counts_in_aum says of an account.", _BALANCE),
    Family("deposits", "money", "Balances of deposit accounts now.", _BALANCE),
    Family("wealth", "money", "Balances of wealth accounts now.", _BALANCE),
    Family("loans", "money", "Amount owed on loan accounts now, as a positive figure.", _BALANCE),
    Family("margin", "money", "Balances of third-party-custody margin accounts now.", _BALANCE),
    Family(
        "demand", "money",
        "Balances now of deposit accounts on demand: those whose first booking said form demand.",
        f"{_BALANCE}, form",
    ),
    Family(
        "demand_lowest_30d", "money",
        "Lowest end-of-day balance on demand (see demand) of the last 30 days, today included.",
        f"{_BALANCE}, form",
    ),
    Family(
        "demand_share", "ratio",
        "demand over deposits; unknown where deposits are 0.",
        f"{_BALANCE}, form",
    ),
    Family(
        "demand_away_from_owner", "money",
        "Balances now of open deposit accounts on demand (see demand) that are told to be kept at another branch than the customer's, "
        "which is the owner's; unknown where the customer's branch_id is.",
        f"{_BALANCE}, form; facts: branch_id, accounts",
    ),
    Family(
        "foreign_deposits", "money",
        "Balances now, in the base currency, of open deposit accounts whose first booking was in another currency.",
        f"{_BALANCE}, currency, amount_base, balance_base",
    ),
    Family("wealth_share", "ratio", "wealth over aum; unknown where aum is 0.", _BALANCE),
    Family(
        "wealth_share_3m_ago", "ratio",
        "wealth_share at the end of the third calendar month before the as-of day's month; unknown where aum was 0.",
        _BALANCE,
    ),
    Family(
        "lowest_account_balance", "money",
        "The lowest balance now of any one open deposit account that was ever booked on; unknown without one.",
        _BALANCE,
    ),
    Family("accounts_open", "count", "Accounts opened or seen on or before the as-of day and not closed.", "booked_at; facts: accounts"),
    Family("accounts_ever", "count", "Accounts opened or seen on or before the as-of day, closed ones included.", "booked_at; facts: accounts"),
    Family(
        "products_held", "count",
        "Different products (deposit, wealth, loan, margin, card) among the open accounts.",
        "product; facts: accounts",
    ),
    Family(
        "days_since_activity", "days",
        "Days since the customer last initiated a transaction; 0 the same day, unknown if never.",
        "booked_at, initiator",
    ),
    Family(
        "months_since_activity", "months",
        "Whole calendar months since the customer last initiated a transaction, whole on a shorter month's last day; unknown if never.",
        "booked_at, initiator",
    ),
    Family("days_since_txn", "days", "Days since the last transaction of any initiator; 0 the same day, unknown if never.", "booked_at"),
    Family(
        "days_since_salary", "days",
        "Days since the last salary credited on a deposit or wealth account, one taken back later included; unknown if never.",
        "booked_at, kind, amount",
    ),
    Family(
        "salary_months_prior_6m", "count",
        "Of the 6 calendar months before the as-of day's month, those with a salary_inflow above 0.",
        "amount, kind, reverses_booked_at",
    ),
    Family("age", "count", "Whole years since birth_date; who was born on 29 February is a year older on the 28th.", "facts: birth_date"),
    Family("tenure_days", "days", "Days since the earliest day on which any account of the customer was booked, or an opening told of one.", "booked_at"),
    Family("days_known", "days", "Days since the as-of day on which the customer was first seen.", "booked_at; facts"),
    Family(
        "balance_cv_90d", "ratio",
        "Standard deviation over the size of the mean of end-of-day aum of the last 90 days; unknown at mean 0, capped at 1,000.",
        _BALANCE,
    ),
    Family(
        "deposit_slope_6m", "ratio",
        "Slope, a month, of the least-squares line through deposits at the six newest calendar month-ends up to the as-of day, over their mean; "
        "unknown at mean 0.",
        _BALANCE,
    ),
    Family(
        "outflow_z_30d", "ratio",
        "(outflow_30d - median) / (1.4826 x MAD) with median and median absolute deviation of the outflow of the up to 12 calendar "
        "months before the as-of day's, back to the one of the first booking; unknown under 6 months or at MAD 0.",
        _FLOW,
    ),
    Family(
        "typical_purchase", "money",
        "Median over the months of 12m with card uses of card_spend over card_uses (of two in the middle the lower); unknown without one.",
        "amount, kind, product, reverses_booked_at",
    ),
    Family(
        "expected_activity_30d", "ratio",
        "Days, of the next 30, on which the customer is expected to be active, to a thousandth: see expected activity below; "
        "unknown without a model or without an active day in 12m.",
        "booked_at, initiator; churn_model.toml",
    ),
)  # fmt: skip

AVERAGES: Final = (
    Family("aum_avg", "money", "Time-weighted average of end-of-day deposit plus wealth balances", _BALANCE),
    Family("deposits_avg", "money", "Time-weighted average of end-of-day deposit balances", _BALANCE),
    Family("loans_avg", "money", "Time-weighted average of end-of-day amounts owed on loans", _BALANCE),
)
"""Averages of a window: the sum of end-of-day balances over the window's days; today's is the balance now."""

SUMS: Final = (
    Family("inflow", "money", "Credits on deposit and wealth accounts", _FLOW),
    Family("outflow", "money", "Debits on deposit and wealth accounts, as a positive figure", _FLOW),
    Family("net_flow", "money", "Credits less debits on deposit and wealth accounts", _FLOW),
    Family("txn_count", "count", "Transactions on deposit and wealth accounts; a reversal counts -1", _FLOW),
    Family("card_spend", "money", "Purchases (kind purchase, debits) on card accounts, as a positive figure", f"{_FLOW}, kind"),
    Family("card_uses", "count", "Purchases on card accounts; a reversal counts -1", f"{_FLOW}, kind"),
    Family("fees", "money", "Fees (kind fee, debits) on accounts of any product, as a positive figure", f"{_FLOW}, kind"),
    Family("other_bank_outflow", "money", "The part of outflow whose counterparty is other_bank", f"{_FLOW}, counterparty"),
    Family("other_bank_inflow", "money", "The part of inflow whose counterparty is other_bank", f"{_FLOW}, counterparty"),
    Family("salary_inflow", "money", "The part of inflow of kind salary", f"{_FLOW}, kind"),
    Family("active_days", "count", "Days with at least one transaction initiated by the customer, on any account", "booked_at, initiator"),
    Family(
        "business_types", "count",
        "Different kinds (transfer, purchase, cash ...) of the transactions initiated by the customer, on any account",
        "booked_at, kind, initiator",
    ),
    Family(
        "contribution", "money",
        "Sum over the days of deposits x (transfer price - deposit rate) / 360 + loans x (loan rate - transfer price) / 360, "
        "at the rates of each day; unknown where the window begins before the first rates",
        f"{_BALANCE}; rates.toml",
    ),
    Family(
        "variable_cost", "money",
        "variable_cost told with transactions, plus the cost_per_transaction of each day times its txn_count",
        "variable_cost, amount; rates.toml",
    ),
    Family("profit", "money", "contribution + fees - variable_cost; unknown where contribution is", "see there; rates.toml"),
)  # fmt: skip
"""Sums of a window. Openings and gaps are no flows; a reversal takes amount and count out of the day that it names."""

PRIOR: Final = ("contribution", "active_days", "business_types", "other_bank_outflow", "salary_inflow")
"""Sums that are kept as ``<name>_prior_3m`` too."""

ACCOUNT: Final = (
    Family(
        "balance", "money",
        "The account's balance now; what is owed on a loan is negative; unknown before the first booking on it.",
        _BALANCE,
    ),
    Family("product", "text", "deposit, wealth, loan, margin or card: that of its first record.", "product; facts: accounts"),
    Family("open", "flag", "Whether the account was opened or seen on or before the as-of day and is not closed.", "facts: accounts"),
    Family(
        "age_months", "months",
        "Whole calendar months since the account was opened; since its first booking where that is not told.",
        "booked_at; facts: accounts",
    ),
    Family(
        "known_months", "months",
        "Whole calendar months since the bank began to watch the account (see account_known_since).",
        "booked_at; facts: accounts",
    ),
    Family(
        "known_since", "day",
        "The day on which the bank began to watch the account: that of its first booking, or on which an opening or facts told of it first. "
        "Silence before that day is not known.",
        "booked_at; facts: accounts",
    ),
    Family("last_activity_on", "day", "The last day on which the customer initiated a transaction on the account.", "booked_at, initiator"),
    Family(
        "last_induced_on", "day",
        "The last day of a transaction initiated by the customer, a third party or a mandate.",
        "booked_at, initiator",
    ),
    Family("card_uses_6m", "count", "card_uses of this account, window 6m.", f"{_FLOW}, kind"),
    Family("card_spend_6m", "money", "card_spend of this account, window 6m.", f"{_FLOW}, kind"),
    Family("matures_on", "day", "The day on which the account matures: the fact, else the last told by a booking.", "matures_on; facts: accounts"),
    Family("card_activated_on", "day", "The day on which the card was activated, as told; unknown if it never was.", "facts: accounts; interactions"),
    Family("counts_in_aum", "flag", "Whether the bank counts the account among the customer's assets; unknown if not told.", "facts: accounts"),
)  # fmt: skip
