"""The ledger: exact rolling aggregates of every cached customer. Pure: no I/O, no clock, no randomness."""
