"""The stages of the road, a file each; a stage knows the exchange and what it is built with."""
