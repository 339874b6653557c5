"""What a token request gets: rich authorization requests, token exchange, scopes and targets."""
