"""Folders: the runs that lie in them, and the files that each run is made of."""
