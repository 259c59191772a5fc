//! The words and laws of a trial: study versions, casebooks, values. Pure.
