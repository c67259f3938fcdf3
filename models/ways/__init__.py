"""The ways to bring weights onto this machine, one module each; ``models.pull`` tries them."""
