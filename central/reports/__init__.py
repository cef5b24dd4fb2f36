"""Reports over many gates."""
