//! What the inventory tells.

crate::published! {}
