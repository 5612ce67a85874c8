"""The business in plain Python: the executable specification that quotes, refuses, and judges the contracts."""
