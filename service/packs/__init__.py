"""Rule packs."""
