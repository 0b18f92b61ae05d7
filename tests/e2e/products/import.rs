//! `/products/import`
