"""Policies over HTTP: for whoever writes them, before they are put in force."""
