//! Puts every product that is created into stock, with nothing on hand.

fn main() {}
