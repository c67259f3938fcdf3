"""OpenAI's interface, for programs: the same road, the same verdicts, the same receipt."""
