"""TensorFlow checkpoints: objects and their variables, as Keras 2's `save_weights` and `tf.train.Checkpoint` store them."""
