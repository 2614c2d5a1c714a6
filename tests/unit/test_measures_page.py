from __future__ import annotations

import re

from schemas.churn_model import LIMITS
from schemas.measures import ACCOUNT_MEASURES, MEASURES, WINDOWS
from schemas.measures_page import render
from schemas.occasion_names import OCCASIONAL


def test_every_name_is_on_the_page_and_no_other() -> None:
    shown = set(re.findall(r"^\| `([a-z_0-9<>]+)` \| [a-z]", render(), re.MULTILINE))
    shown -= {
        "prior_3m",
        "from",
        "transfer_price",
        "deposit_rate",
        "loan_rate",
        "cost_per_transaction",
        *("model", "unit", "fitted_on", *LIMITS),
    }  # a window, keys of rates.toml and churn_model.toml
    names = {name.replace("<w>", window) for name in shown for window in WINDOWS}
    names |= set(re.findall(r"`(\w+_prior_3m)`", render()))
    days = {"today", "next_<name>"}
    assert names == MEASURES.keys() | ACCOUNT_MEASURES.keys() | OCCASIONAL.keys() | days
