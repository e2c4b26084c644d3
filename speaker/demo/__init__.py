"""The whole daemon against parts it brings along: a room, a broker, a house and the offline server."""
