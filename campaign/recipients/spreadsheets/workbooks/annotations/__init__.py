"""What the value readers do not tell: hidden rows, merged cells, number formats, by file format."""
