//! Makes the entity tag of the embedded description: a digest of its bytes.

use std::error::Error;

const DESCRIPTION: &str = "../../../docs/openapi.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={DESCRIPTION}");
    println!("cargo::rustc-env=DESCRIPTION_ETAG=\"{:032x}\"", fnv_1a_128(&std::fs::read(DESCRIPTION)?));
    Ok(())
}

/// FNV-1a with 128 bits, which a page of code can hold: nobody gains by two descriptions with one tag.
fn fnv_1a_128(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}
