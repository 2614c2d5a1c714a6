"""Holds the score of silence that is shipped to account, on purchases of real people whom everybody in the field knows."""
