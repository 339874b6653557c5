"""Salesforce: people, their contact points, and consent to purposes that other objects name."""
