//! The generated client for TypeScript, in `clients/typescript`, is the one that the description makes, and works.

use crate::programs::{is_same_text, node_with, run, skip};
use crate::shop;
use std::process::Command;
use tradepost_tests::{ADMIN_KEY, repository};

#[tokio::test(flavor = "multi_thread")]
async fn the_generated_client_places_an_order() {
    const TEST: &str = "the generated client";
    let Some((node, folder)) = node_with("openapi-typescript") else {
        return skip(TEST, "node, or its packages");
    };
    let packages = folder.join("node_modules");
    let fresh = tempfile::tempdir().unwrap();

    let generated = fresh.path().join("schema.d.ts");
    let mut generate = Command::new(&node);
    generate.arg(packages.join("openapi-typescript/bin/cli.js")).current_dir(&folder);
    generate.arg(repository().join("docs/openapi.json")).arg("--output").arg(&generated);
    run(generate).await;
    let committed = folder.join("src/schema.d.ts");
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::copy(&generated, &committed).unwrap();
    }
    assert!(is_same_text(&generated, &committed), "src/schema.d.ts is old: `npm run generate` makes it anew");

    let compiled = folder.join("dist");
    let mut compile = Command::new(&node);
    compile.arg(packages.join("typescript/bin/tsc")).arg("--outDir").arg(&compiled).current_dir(&folder);
    run(compile).await;

    let app = shop::open().await;
    let mut place = Command::new(&node);
    place.arg(compiled.join("tests/place-order.js"));
    place.arg(format!("http://{}", app.address())).arg(ADMIN_KEY);
    let output = run(place).await;
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let order = app.get(&format!("/orders/{}", told["order"].as_str().unwrap())).send().await.data(200);
    assert_eq!((&order["status"], &order["total"]["amount"]), (&"placed".into(), &3998.into()));
}
