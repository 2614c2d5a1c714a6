"""What looks ask of the ledger: all columns of the policies, or those alone that a kind of look reads."""

from __future__ import annotations

from collections.abc import Sequence

from schemas.churn_model import ChurnModel
from schemas.rates import NO_RATES, RateTable
from streams.ledger.facts import FactCodes
from streams.ledger.program import Asked, Program, asked, compile_program
from streams.rows import LookKind, Wanted

NOTHING = Wanted(())


class Asking:
    """The programs of the policies; each is compiled once."""

    def __init__(self, codes: FactCodes) -> None:
        self._codes = codes
        self._programs: dict[Wanted, Program] = {}
        self._given: tuple[RateTable, ChurnModel | None] = (NO_RATES, None)
        self.whole = self.program(NOTHING)
        self._by_kind: tuple[Program, ...] = ()

    def use(self, wanted: Wanted, by_kind: Sequence[Wanted], rates: RateTable, churn: ChurnModel | None) -> None:
        """Ask for these from now on; without ``by_kind`` every kind of look asks for all of ``wanted``."""
        self._given = (rates, churn)
        self.whole = self.program(wanted)
        self._by_kind = tuple(self.program(one) for one in by_kind)

    def program(self, wanted: Wanted) -> Program:
        """The program of columns that need not be the policies'."""
        program = self._programs.get(wanted)
        if program is None:
            program = compile_program(wanted.columns, self._codes.column, wanted.account_columns)
            self._programs[wanted] = program
        return program

    def of_kind(self, kind: LookKind | None) -> Program:
        """The program of looks of one kind; without a kind that of all columns."""
        return self.whole if kind is None or not self._by_kind else self._by_kind[kind]

    def asked(self, program: Program) -> Asked:
        """A program as kernels take it."""
        return asked(program, *self._given)
