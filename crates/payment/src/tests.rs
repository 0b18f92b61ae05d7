//! The rules, told from outside.
