//! What services promise each other, generated from proto files.
