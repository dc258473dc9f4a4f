"""The house measured: lines, homonyms, and words of the old vocabulary."""
