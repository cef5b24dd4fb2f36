"""Reading instruments: links move bytes, codecs turn them into samples, readers keep both alive.

Floor 1 of the house: of the contract it sees only units, clock and ids.
"""
