"""The parts of ``bench/uses.py``: the prompts, in two halves, and what reads them."""
