"""The one question: asked, decided in batches, told."""
