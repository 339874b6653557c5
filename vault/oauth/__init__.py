"""The authorization server: who asks for a token, whether it gets one, and what the token says.

A pure core: no store, no clock, no network. Only `core` knows Authlib's server; `openid` takes a few pieces of its
client, for the provider at which auditors and admins sign in.
"""
