"""The study file: its mice, readers, paths and job inputs."""
