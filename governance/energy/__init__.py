"""Measures the energy of each request, so that the figures add up to the meter.

One sampler per machine reads cumulative counters; each interval's active energy is shared out by
the CPU time spent in it. Σ requests + idle + unattributed = meter, whatever overlaps or fails.
"""
