"""The network: its input, training, weights and output."""
