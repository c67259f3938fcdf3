"""The parts of ``bench/pii.py``: engines, sets, scores and times."""
