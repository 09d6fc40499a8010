"""HTTP: the REST API, live events and the faces of other systems."""
