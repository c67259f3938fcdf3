"""The language model of names: spaCy's for French, tuned on office texts, run by numpy."""
