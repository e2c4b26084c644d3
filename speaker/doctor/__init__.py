"""``speaker doctor``: everything the speaker needs, tried one after the other, each with a remedy."""
