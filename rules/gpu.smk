# Whether jobs with a network run on a GPU, which decides how it is computed and in which environment.


def requests_gpu(rule):
    """Whether a profile or --set-resources requests a GPU for a rule."""
    asked = {name: str(it.raw) for name, it in workflow.resource_settings.overwrite_resources.get(rule, {}).items()}
    return asked.get("gpu", "0") != "0" or "gpu" in asked.get("gres", "")


def network_environment(rule, output):
    """Environment of networks: with CUDA if a GPU is requested, or the last run used it."""
    cuda = requests_gpu(rule)
    return lambda w: f"../envs/training{'-gpu' if cuda or ran_with_cuda(output(w)) else ''}.yaml"
