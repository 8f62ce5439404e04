"""Records and display trees → the texts a user takes away: documents, modules and expressions."""
