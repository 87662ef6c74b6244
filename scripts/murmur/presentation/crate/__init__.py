"""The study packaged as an RO-Crate."""
