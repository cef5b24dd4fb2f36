"""Numbers that a person signed: the coefficients of the sites."""
