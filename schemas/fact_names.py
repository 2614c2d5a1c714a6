"""The facts that conditions may read by name, each with its type and what it means."""

from __future__ import annotations

from typing import Final

FACT_NAMES: Final = (
    ("kind", "text", "personal, corporate or institution."),
    ("sex", "text", "female or male."),
    ("birth_date", "day", "Date of birth."),
    ("occupation", "text", "Occupation, in the bank's own words."),
    ("region", "text", "Region of the customer's branch, in the bank's own words."),
    ("county", "text", "County, in the bank's own words."),
    ("opened_on", "day", "Day on which the customer came to the bank."),
    ("owner_id", "text", "The staff member who looks after the customer."),
    ("initial_owner_id", "text", "The first owner, or the one told as such; keeps the revenue credit."),
    ("branch_id", "text", "The customer's branch."),
    ("owner_leaving", "flag", "Whether the owner is about to leave."),
    ("lost_contact", "flag", "Whether the bank cannot reach the customer."),
    ("has_address", "flag", "Whether the bank holds an address."),
    ("has_phone", "flag", "Whether the bank holds a phone number."),
    ("has_employer", "flag", "Whether the bank holds the employer's name."),
    ("card_level", "text", "Level of the best card, in the bank's own words."),
    ("total_assets", "money", "Total assets of a firm by its latest annual statement."),
    ("registered_capital", "money", "Registered capital of a firm."),
    ("admin_level", "text", "Administrative level of an institution, from ministry to village."),
    ("firm_owner", "flag", "Whether the customer owns a firm."),
    ("settlement_share", "ratio", "Part of the customer's settlement that goes through us."),
    ("affiliate_share", "ratio", "Part of the affiliated and up- and downstream firms that do business with us."),
    ("has_credit", "flag", "Whether the customer has a credit line or loan."),
    ("target_credit", "money", "The credit line that the bank aims at."),
    ("credit_rating", "text", "Credit rating, such as AA."),
    ("risk_score", "count", "Score of a risk model of the bank."),
    ("bad_credit_records", "count", "Bad credit records in a row."),
    ("overdraft_or_evasion", "flag", "Whether there was a malicious overdraft or a deliberate evasion of debts."),
    ("guarantor_of_loan", "flag", "Whether the customer guarantees somebody's loan."),
    ("litigation", "flag", "Whether there is a lawsuit against the customer."),
    ("last_contact_on", "day", "Day of the latest contact with the bank's people, from interactions."),
    (
        "complaint_open_since",
        "day",
        "Day of the oldest complaint not yet resolved, from interactions; unknown if none is.",
    ),
    ("enquired_on", "day", "Day of the latest enquiry about a product, from interactions."),
    ("enquired_product", "text", "Product of that enquiry, in the bank's own words, from interactions."),
    ("tags", "text", "The tags that all sources give, sorted, with commas between."),
)
"""Name, type and definition."""

LABEL: Final = "label_"
"""Prefix of the facts that hold labels given from outside: ``label_<key>``, a text."""

TAG: Final = "tag_"
"""Prefix of the facts that ask for a tag: ``tag_<name>``, a flag, unknown until a source tells the customer's tags."""

OF_INTERACTIONS: Final = frozenset({"last_contact_on", "complaint_open_since", "enquired_on", "enquired_product"})
"""The facts that records of ``interactions`` tell; no record of ``customers`` does."""
