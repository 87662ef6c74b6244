"""Quality of masks without a reference: signs of errors in slices, frames and scans."""
