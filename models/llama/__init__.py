"""A language model in this process, by llama.cpp: one thread owns the context and serves in turn.

``engine`` is the asyncio side, ``worker`` the thread and its queue, ``context`` the model itself;
``template``, ``sampler``, ``text`` and ``cputime`` each hold one thing that these need.
"""
