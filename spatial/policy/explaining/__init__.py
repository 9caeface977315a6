"""Explanations of findings, sentence by sentence."""
