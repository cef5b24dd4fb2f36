"""The pretend world: one seeded scene, optics, and devices that answer byte for byte over real pseudo-terminals."""
