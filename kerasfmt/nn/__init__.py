"""Compositions of graph ops that know no layer: shapes, convolution, moments, and the functions of TensorFlow."""
