"""The authorization server: who asks for a token, whether it gets one, and what the token says.

A pure core: no store, no clock, no network. Only `core` knows Authlib's server, and `openid` what a client of others takes from it.
"""
