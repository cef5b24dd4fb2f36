"""The gate's own screens: a window for staff, a sign for visitors, on loopback."""
