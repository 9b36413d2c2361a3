"""The solver: what is carried (`carry`), which clauses reach it (`reach`), what blocks and what is owed
(`items`), under which terms it may go out (`outbound`), and on which open questions that turns (`flips`)."""
