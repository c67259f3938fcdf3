"""A language model on this machine, by llama.cpp: many sequences in one batch.

``engine`` is the asyncio side; ``process`` starts the process that computes, ``child`` is its main.
In it, ``core.step`` is the algorithm: ``scheduler`` decides what a step computes (``fairness`` who
is next, ``prefix`` what need not be computed), ``runner`` has llama.cpp compute it, ``writer``
chooses the tokens (``sampling``, ``speculation``) and makes them text (``text``).
"""
