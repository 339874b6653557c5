"""The worker: duties that go on for ever beside the server, each begun anew when it fails."""
