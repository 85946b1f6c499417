"""What a query of the history is answered from: an index beside the journal, and the way from query to rows."""
