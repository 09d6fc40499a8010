"""The analyzers that come with the platform; none of them needs the network."""
