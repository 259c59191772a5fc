//! The EDC service: study versions, casebooks, forms, queries, import and export.
