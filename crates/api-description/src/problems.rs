//! The page that the `type` of every problem points to.

use std::fmt::Write as _;

use tradepost_problem::Code;

/// The page in Markdown: `docs/problems.md`.
pub fn page() -> String {
    let mut page = String::from(
        "# Problems\n\
         Whatever is refused or fails is answered with `application/problem+json` (RFC 9457). Its `code` says which of \
         these it is and never changes its meaning; its `type` points here. `detail` tells a person what happened this \
         time, and `errors` every fault of the input, with its place. Give the `request_id` to whoever runs the service.\n\
         \n\
         This page is made from `crates/problem/src/code.rs`.\n",
    );
    let mut status = 0;
    for code in Code::ALL {
        if code.status() != status {
            status = code.status();
            // Writing to a text cannot fail.
            let _ = write!(page, "\n## {status}\n");
        }
        let _ = write!(
            page,
            "\n<a id=\"{name}\"></a>\n\n### {title}\n`{name}`\n\n{text}\n",
            name = code.as_str(),
            title = code.title(),
            text = code.documentation().lines().map(str::trim).collect::<Vec<_>>().join("\n"),
        );
    }
    page
}
