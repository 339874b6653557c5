"""The courier: what goes out over the network, and nothing else does. It knows addresses, not what they mean."""
