//! Where logs and views are kept: SQLite or PostgreSQL behind one trait.
