"""Library shared by the scripts of the workflow; each module is named after its subject."""
