"""Starting data: the policy packs and the demo city."""
