"""What comes next for a customer: the deposit that reaches a level, the balance that keeps it, the day it falls by itself.

In closed form: measures on a day to come follow from the ledger if nothing happens, and a deposit raises an average by its
share of the window's days.
"""
