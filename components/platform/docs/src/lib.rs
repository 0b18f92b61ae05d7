//! `GET /docs`: a page to read the description of the API and to try it; what that page loads; and `/docs/problems`, which
//! the `type` of every problem points to.
//!
//! Everything is embedded and comes from here, and the page has no script or style of its own in it, so that the browser
//! can be told to run nothing else.

mod problems;

use tradepost_endpoint::{Admitted, Reply, endpoint, open};
use tradepost_problem::Problem;

endpoint! {
    "/docs/...";
    GET (open().ignoring_accept()) => file,
}

/// Something the page is made of.
struct File {
    media_type: &'static str,
    bytes: &'static [u8],
    is_compressed: bool,
}

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// What Swagger UI needs: scripts, styles and requests of this origin, and icons that stand in its styles. React sets styles
/// through the DOM, which no policy forbids, so `unsafe-inline` is not needed.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const fn plain(media_type: &'static str, bytes: &'static [u8]) -> File {
    File { media_type, bytes, is_compressed: false }
}

/// Every client that can show the page can decompress it, so there is no other form.
const fn compressed(media_type: &'static str, bytes: &'static [u8]) -> File {
    File { media_type, bytes, is_compressed: true }
}

fn file_at(path: &str) -> Option<File> {
    Some(match path.strip_prefix("/docs")? {
        "" | "/" => plain(HTML, include_bytes!("page/index.html")),
        "/start.js" => plain(SCRIPT, include_bytes!("page/start.js")),
        "/page.css" => plain(STYLE, include_bytes!("page/page.css")),
        "/swagger-ui.css" => compressed(STYLE, include_bytes!("../vendor/swagger-ui/swagger-ui.css.gz")),
        "/swagger-ui-bundle.js" => {
            compressed(SCRIPT, include_bytes!("../vendor/swagger-ui/swagger-ui-bundle.js.gz"))
        }
        _ => return None,
    })
}

async fn file(request: &Admitted) -> Result<Reply, Problem> {
    let reply = if request.path() == "/docs/problems" {
        Reply::document(HTML, problems::page().into_bytes()).header("cache-control", "no-cache")
    } else {
        let file =
            file_at(request.path()).ok_or_else(|| Problem::not_found("There is nothing at this path"))?;
        sent(request, &file)
    };
    Ok(reply.header("content-security-policy", POLICY))
}

fn sent(request: &Admitted, file: &File) -> Reply {
    let etag = format!("\"{:016x}\"", fnv_1a_64(file.bytes));
    let reply = if request.has(&etag) {
        Reply::not_modified(etag)
    } else {
        let reply = Reply::document(file.media_type, file.bytes.to_vec()).header("etag", etag);
        if file.is_compressed { reply.header("content-encoding", "gzip") } else { reply }
    };
    reply.header("cache-control", "public, no-cache")
}

/// FNV-1a: nobody gains by two files with one tag.
const fn fnv_1a_64(bytes: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    let mut rest = bytes;
    while let [first, others @ ..] = rest {
        hash = (hash ^ *first as u64).wrapping_mul(0x0000_0100_0000_01b3);
        rest = others;
    }
    hash
}
