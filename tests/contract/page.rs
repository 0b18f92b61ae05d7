//! The page at `/docs`, in a browser.

use crate::programs::{find, node_with, run, skip};
use crate::shop;
use serde_json::Value;
use std::process::Command;
use tradepost_api_description::routes;
use tradepost_tests::repository;

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_read_and_tried_in_a_browser_that_keeps_to_its_policy() {
    const TEST: &str = "the page in a browser";
    let Some((node, folder)) = node_with("playwright-core") else {
        return skip(TEST, "node, or its packages");
    };
    let Some(chromium) = find(&["chromium", "chromium-browser", "google-chrome"]) else {
        return skip(TEST, "chromium");
    };
    let app = shop::open().await;
    let mut read = Command::new(node);
    read.arg(folder.join("tests/docs-page.mjs")).arg(format!("http://{}", app.address())).arg(chromium);
    let output = run(read).await;
    let seen: Value = serde_json::from_slice(&output.stdout).unwrap();
    let documented: usize = routes().iter().map(|route| route.operations().len()).sum();
    assert_eq!(seen["operations"], documented, "{seen}");
    assert!(seen["title"].as_str().unwrap().starts_with("Tradepost"), "{seen}");
    assert_eq!((&seen["status"], &seen["anchor"]), (&"200".into(), &"Not found".into()), "{seen}");
    assert!(seen["answer"].as_str().unwrap().contains("\"ok\": true"), "{seen}");
    assert_eq!((&seen["wasRun"], &seen["faults"]), (&false.into(), &serde_json::json!([])), "{seen}");
    assert_eq!(seen["refusals"].as_array().map(Vec::len), Some(1), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_served_is_what_the_renderers_package_ships() {
    let Some((_, folder)) = node_with("swagger-ui-dist") else {
        return skip("the renderer's package", "node, or its packages");
    };
    let package = folder.join("node_modules/swagger-ui-dist");
    let vendored = repository().join("components/platform/docs/vendor/swagger-ui");
    for name in ["swagger-ui-bundle.js", "swagger-ui.css"] {
        let mut unpack = Command::new("gzip");
        unpack.arg("-dc").arg(vendored.join(format!("{name}.gz")));
        assert!(run(unpack).await.stdout == std::fs::read(package.join(name)).unwrap(), "{name}");
    }
    let version: Value =
        serde_json::from_slice(&std::fs::read(package.join("package.json")).unwrap()).unwrap();
    let readme = std::fs::read_to_string(vendored.join("README.md")).unwrap();
    assert!(readme.starts_with(&format!("# Swagger UI {}\n", version["version"].as_str().unwrap())));
}
