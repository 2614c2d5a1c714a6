"""Signals: what an RM can act on, raised and cleared beside the tiers."""
