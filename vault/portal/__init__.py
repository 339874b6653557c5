"""The portal: what a customer sees of an organization. Pages in and out; decides nothing."""
