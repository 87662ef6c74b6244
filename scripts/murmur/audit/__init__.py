"""Whether files still match their code, settings and inputs."""
