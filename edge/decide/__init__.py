"""From a temperature to a verdict: the station's baseline, the rule, groups and clusters."""
