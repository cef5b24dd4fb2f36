"""The gate: calibrate, measure, decide, show; then deliver. Works offline."""
