"""Damaged and hostile inputs at every door of the library, drawn from a seed.

`PYTHONPATH=tests python -m fuzz --count 20000` draws so many mutations over all doors and prints a table. What ends in
anything but a value or one clear line is kept below `build/fuzz`, with the numbers that draw it again.
"""
