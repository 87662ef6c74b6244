"""Verification that files still match their code, settings and inputs."""
