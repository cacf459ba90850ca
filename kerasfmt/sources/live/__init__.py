"""Live models of Keras 2 and Keras 3, read by their attributes; neither Keras nor a backend is imported."""
