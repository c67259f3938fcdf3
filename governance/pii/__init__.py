"""Pseudonymisation in French: finds personal data, replaces it by placeholders, gives it back.

*Pseudonymisation* is the word of the GDPR (article 4, point 5): the conversation's mapping leads
back to the person, so the masked text is still personal data, only better protected.
"""
