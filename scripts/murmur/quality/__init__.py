"""Quality of masks without a reference: signs of errors, predicted quality, review."""
