"""Rule packs, rule kinds, verdicts and the evaluation."""
