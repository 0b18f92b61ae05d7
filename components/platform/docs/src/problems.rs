//! The page of problems: one anchor for each code, which the `type` of a problem points to.

use std::fmt::Write as _;

use tradepost_problem::Code;

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Problems</title>\n\
                    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
                    <link rel=\"stylesheet\" href=\"/docs/page.css\">\n</head>\n<body class=\"text\">\n<h1>Problems</h1>\n\
                    <p>Whatever is refused or fails is answered with <code>application/problem+json</code>. Its \
                    <code>code</code> says which of these it is; <code>errors</code> lists every fault of the input. \
                    <a href=\"/docs\">The API</a></p>\n";

/// The page in HTML.
pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    for code in Code::ALL {
        // Writing to a text cannot fail.
        let _ = write!(
            page,
            "<h2 id=\"{name}\">{title}</h2>\n<p><code>{name}</code>, status {status}</p>\n<p>{text}</p>\n",
            name = code.as_str(),
            title = in_html(code.title()),
            status = code.status(),
            text = with_code_marked(&in_html(code.documentation())),
        );
    }
    page.push_str("</body>\n</html>\n");
    page
}

fn in_html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What stands between backticks in the documentation is code.
fn with_code_marked(text: &str) -> String {
    let mut marked = String::with_capacity(text.len());
    for (index, part) in text.split('`').enumerate() {
        if index > 0 {
            marked.push_str(if index % 2 == 1 { "<code>" } else { "</code>" });
        }
        marked.push_str(part);
    }
    marked
}
