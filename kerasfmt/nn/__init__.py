"""Functions made of graph ops, independent of layers: shapes, convolution, moments, TensorFlow's own functions."""
