"""Measurements behind the scoreboard; each prints JSON rows and compares inside one run."""
