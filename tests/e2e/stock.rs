//! What is below `/stock`, which is no route itself.

mod sku;
