"""The technician's bench at the gate: checks, calibrations, certificates. Works offline."""
