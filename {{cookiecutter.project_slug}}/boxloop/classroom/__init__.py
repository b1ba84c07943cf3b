"""The teacher's laptop: who is at which exercise comes in, a page for the room goes out."""
