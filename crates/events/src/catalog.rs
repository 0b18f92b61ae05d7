//! What the catalog tells.

crate::published! {}
