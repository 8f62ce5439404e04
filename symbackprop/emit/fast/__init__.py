"""An optimised program → a module whose `Workspace` computes in memory that is set aside once."""
