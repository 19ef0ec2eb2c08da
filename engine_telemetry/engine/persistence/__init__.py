"""The engine's tables, their migrations, and every statement that reads or writes them."""
