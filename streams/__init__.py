"""The moving parts: intake, decode, ledger, store, relay. Imports only ``schemas``."""
