"""One file a device, named as its codec in `drivers/devices`."""
