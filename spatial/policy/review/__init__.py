"""Review of housing projects: whether one complies, at a stage, clause by clause."""
