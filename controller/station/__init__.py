"""Who and where: facts of the station, officers, the tree of areas, and what each speaker is told about itself."""
