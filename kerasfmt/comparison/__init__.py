"""What differs between two models, or two files of weights, of any formats."""
