"""What a person can mend: the errors that are shown as words, without a traceback."""

from __future__ import annotations


class Mistake(Exception):
    """Something that a person can put right; its text says what is wrong, the value found, and the remedy.

    The command line prints the text and exits with code 2. An error that is nobody's mistake (a fault of the program, a
    broken connection that may heal) is another exception.
    """
