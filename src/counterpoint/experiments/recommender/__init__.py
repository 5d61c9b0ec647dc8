"""From a file of who took what to a run folder that recommends."""
