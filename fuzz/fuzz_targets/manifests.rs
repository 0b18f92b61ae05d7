//! The manifest, and the paths that its routes are asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tradepost_manifest::Manifest;

fuzz_target!(|input: (&str, &str)| {
    let (text, path) = input;
    if let Ok(manifest) = Manifest::parse(text, "spin.toml") {
        let _ = manifest.router().route(path);
    }
});
