"""From a sample to a person's temperature: radiation, reference, faces, sites, heat balance, and how sure each is."""
