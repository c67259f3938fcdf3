"""Weights and the engines that run them: catalogue, pull and verify, language models, embedders.

This room imports nothing of ours, so that any part of it can be replaced or reused alone.
"""

import os

# OpenMP threads (llama.cpp) wait for one another hundreds of times a token. By default
# libgomp spins for milliseconds each time, so one busy core makes all of them burn and crawl:
# measured on 2 cores under load, 2 to 6 tokens/s and 4 to 6 times the CPU time of «passive», at
# 23 to 41 tokens/s. libgomp reads this when it is first loaded, hence here; an operator's own
# choice in the environment wins.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# A few microseconds of spinning all the same: on an idle machine the default model then writes 16
# to 19 tokens/s instead of 13, and reads as fast.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")
# Likewise for numpy's own threads, which a query's few products are too small to be worth.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
