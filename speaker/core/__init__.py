"""The ground floor: what the speaker knows and decides, without a clock, a thread or a socket."""
