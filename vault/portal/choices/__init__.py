"""What a customer allows, on our pages."""
