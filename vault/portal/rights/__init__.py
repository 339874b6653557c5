"""Your rights: what somebody asked for by law, what they may ask for, and the copy of all that is held of them."""
