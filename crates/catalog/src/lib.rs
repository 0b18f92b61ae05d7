//! The rules about products: what can be put on sale, and under which SKU.

mod price;
mod product;
mod sku;
#[cfg(test)]
mod tests;
mod text;

pub use price::MOST_PRICE_MINOR_UNITS;
pub use product::{NewProduct, Product};
pub use sku::Sku;
pub use text::{Category, ProductName};
