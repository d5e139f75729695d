"""The people of parties, how they are invited and sign in, and their sessions."""
