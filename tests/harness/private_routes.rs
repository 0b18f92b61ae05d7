//! A way from outside to components on private routes, which only a test has.

use toml_edit::{DocumentMut, value};

/// The manifest with every private route opened: the component `x` answers at `/private/x`, and by service chaining
/// as before.
pub fn opened(manifest: &str) -> DocumentMut {
    let mut manifest: DocumentMut = manifest.parse().unwrap();
    for trigger in manifest["trigger"]["http"].as_array_of_tables_mut().unwrap().iter_mut() {
        if trigger["route"].is_table_like() {
            let component = trigger["component"].as_str().unwrap().to_owned();
            trigger["route"] = value(format!("/private/{component}"));
        }
    }
    manifest
}
