"""The names of measures, and what each of them is a number of."""

from __future__ import annotations

from fractions import Fraction

WINDOWS = ("7d", "30d", "90d", "mtd", "qtd", "ytd", "3m", "6m", "12m")
CLASSES = {
    "aum": ("deposit", "wealth"),
    "deposits": ("deposit",),
    "wealth": ("wealth",),
    "loans": ("loan",),
    "margin": ("margin",),
}
AVERAGED = ("aum", "deposits", "loans")
FLOWS = (
    "inflow", "outflow", "txn_count", "card_spend", "card_uses", "fees", "other_bank_outflow", "other_bank_inflow",
    "salary_inflow",
)  # fmt: skip

WINDOWED = (*FLOWS, "net_flow", "active_days", "business_types", "contribution", "variable_cost", "profit")
PRIOR = ("contribution", "active_days", "business_types", "other_bank_outflow", "salary_inflow")
NOW = (
    "demand", "demand_lowest_30d", "demand_share", "demand_away_from_owner", "foreign_deposits", "wealth_share", "wealth_share_3m_ago",
    "lowest_account_balance", "accounts_open", "accounts_ever", "products_held", "days_since_activity",
    "months_since_activity", "days_since_txn", "days_since_salary", "salary_months_prior_6m", "tenure_days",
    "days_known", "balance_cv_90d", "deposit_slope_6m", "outflow_z_30d", "typical_purchase", "expected_activity_30d",
)  # fmt: skip
NAMES = (
    *CLASSES,
    *NOW,
    *(f"{name}_avg_{w}" for name in AVERAGED for w in WINDOWS),
    *(f"{name}_{w}" for name in WINDOWED for w in WINDOWS),
    *(f"{name}_prior_3m" for name in PRIOR),
)
RATIOS = frozenset((
    "demand_share", "wealth_share", "wealth_share_3m_ago", "balance_cv_90d", "deposit_slope_6m", "outflow_z_30d",
    "expected_activity_30d",
))  # fmt: skip
_NOT_MONEY = (
    *RATIOS, "accounts_", "products_held", "days_since_", "months_since_", "salary_months_", "tenure_days",
    "days_known", "txn_count", "card_uses", "active_days", "business_types",
)  # fmt: skip
MONEY = frozenset(name for name in NAMES if not name.startswith(_NOT_MONEY))

Value = int | Fraction | None
"""Money in minor units (an average as a fraction), ratios as fractions, counts and days as they are, None unknown."""
