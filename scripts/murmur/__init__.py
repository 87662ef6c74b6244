"""The library that Murmur's scripts share; each module is named after the thing it is about."""
