"""What both ends must do identically: units, time, names, calibration, messages, delivery, words.

Floor 0 of the house: it imports none of the other packages. Drivers see only `units`, `clock` and `ids`.
"""
