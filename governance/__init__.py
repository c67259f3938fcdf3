"""The heart of Sobria: the one road that every exchange takes, and each control along it.

It knows the language model and the retriever by their protocols only, and neither the server nor
the web pages.
"""
