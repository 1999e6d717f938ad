"""Electronic and physical seals under one rule book, one approval and one record of evidence."""
