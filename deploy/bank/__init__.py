"""A small bank made up from a seed: customers with a character, and everything they book in a stretch of days."""

from deploy.bank.bank import Bank

__all__ = ["Bank"]
