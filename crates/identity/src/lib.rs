//! The identity service: users and how they prove who they are.
