"""Scenarios (方案比较): a patch on the baseline of an evaluation."""
