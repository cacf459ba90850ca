"""HDF5 read safely and written by plan: the only place that imports h5py."""
