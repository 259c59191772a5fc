//! Expressions over clinical values: checks, derivations, conditions, eligibility. Pure.
