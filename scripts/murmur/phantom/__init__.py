"""A digital phantom of a mouse's chest in short axis: one beat, four phenotypes, known volumes."""
