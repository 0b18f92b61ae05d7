//! The head of an HTTP/1.1 request, read more strictly than RFC 9112 demands: what two programs could understand in two
//! ways is refused, because somebody may have sent it through a proxy that understands the other.

use crate::answer::Refusal;
use std::net::Ipv6Addr;

/// Header lines that a request may have; then 431.
pub(crate) const HEADERS: usize = 128;

/// Size of a request's head, in bytes; then 431.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// Size of a request's target, in bytes; then 414. RFC 9110 asks for 8,000 at least.
pub(crate) const TARGET_BYTES: usize = 8 << 10;

/// How a body's end is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// After this many bytes.
    Length(u64),
    /// By the chunks' own account.
    Chunked,
}

/// Reads a whole head, its empty line included.
///
/// # Errors
/// The answer that the request gets instead of a component's.
pub(super) fn framing(head: &[u8]) -> Result<Framing, Refusal> {
    let head = head.strip_suffix(b"\r\n\r\n").ok_or(Refusal::Malformed("The head does not end"))?;
    let mut lines = Lines(Some(head));
    let request = RequestLine::read(lines.next().unwrap_or_default())?;
    let mut seen = Seen::default();
    for (number, line) in lines.enumerate() {
        if number >= HEADERS {
            return Err(Refusal::HeadTooLarge);
        }
        seen.note(line)?;
    }
    seen.check_host(&request)?;
    seen.framing(&request)
}

/// Cuts at CRLF.
struct Lines<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else { return self.0.take() };
        self.0 = rest.get(end + 2..);
        rest.get(..end)
    }
}

struct RequestLine<'a> {
    is_1_0: bool,
    /// The authority of a target in absolute form.
    authority: Option<&'a str>,
}

impl<'a> RequestLine<'a> {
    fn read(line: &'a [u8]) -> Result<Self, Refusal> {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Err(Refusal::Malformed("The request line is not a method, a target and a version"));
        };
        if target.len() > TARGET_BYTES {
            return Err(Refusal::TargetTooLong);
        }
        if method.is_empty() || !method.iter().all(|byte| is_token(*byte)) {
            return Err(Refusal::Malformed("The method is not a word"));
        }
        let is_1_0 = match version {
            b"HTTP/1.1" => false,
            b"HTTP/1.0" => true,
            _ => return Err(Refusal::Malformed("The version is neither HTTP/1.1 nor HTTP/1.0")),
        };
        if !target.iter().all(u8::is_ascii_graphic) || target.contains(&b'#') {
            return Err(Refusal::Malformed("The target has characters that must be percent-encoded"));
        }
        let target = str::from_utf8(target).unwrap_or_default();
        let authority = match target {
            _ if method == b"CONNECT" => {
                return Err(Refusal::Malformed("CONNECT is for proxies, and this is none"));
            }
            "*" if method == b"OPTIONS" => None,
            _ if target.starts_with('/') => None,
            _ => Some(authority(target).ok_or(Refusal::Malformed("The target is neither a path nor a URL"))?),
        };
        Ok(Self { is_1_0, authority })
    }
}

/// The authority of an absolute `http` or `https` URL.
fn authority(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    rest.get(..end)
}

/// Whether this may stand in a `Host` header: a name or an address, and perhaps a port. No user's name and password may, and
/// none of the other characters that a URL could have there, such as the comma that joins two headers.
pub(crate) fn is_host(text: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte))
    };
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let is_address = |host: &str| {
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
    };
    port.is_none_or(|port| port.parse::<u16>().is_ok()) && (is_name(host) || is_address(host))
}

/// Whether two authorities are the same, but for letter case.
pub(crate) fn is_same_host(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The headers that say where a request goes and where it ends.
#[derive(Default)]
struct Seen<'a> {
    hosts: Vec<&'a [u8]>,
    lengths: Vec<&'a [u8]>,
    codings: Vec<&'a [u8]>,
}

impl<'a> Seen<'a> {
    fn note(&mut self, line: &'a [u8]) -> Result<(), Refusal> {
        if line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t')) {
            return Err(Refusal::Malformed(
                "A header goes on in the next line, which nobody may do any more",
            ));
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            return Err(Refusal::Malformed("A header has no colon"));
        };
        let (name, value) =
            (line.get(..colon).unwrap_or_default(), line.get(colon + 1..).unwrap_or_default());
        if name.is_empty() || !name.iter().all(|byte| is_token(*byte)) {
            return Err(Refusal::Malformed("A header's name is not a word"));
        }
        if value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(Refusal::Malformed("A header has control characters"));
        }
        let value = value.trim_ascii();
        let list = match name {
            _ if name.eq_ignore_ascii_case(b"host") => &mut self.hosts,
            _ if name.eq_ignore_ascii_case(b"content-length") => &mut self.lengths,
            _ if name.eq_ignore_ascii_case(b"transfer-encoding") => &mut self.codings,
            _ => return Ok(()),
        };
        list.push(value);
        Ok(())
    }

    fn check_host(&self, request: &RequestLine<'_>) -> Result<(), Refusal> {
        let host = match self.hosts.as_slice() {
            [] if request.is_1_0 => return Ok(()),
            [] => return Err(Refusal::Malformed("There is no Host header")),
            [host] => str::from_utf8(host).ok().filter(|host| is_host(host)),
            _ => return Err(Refusal::Malformed("There is more than one Host header")),
        };
        let host = host.ok_or(Refusal::Malformed("The Host header is not a host, with or without a port"))?;
        match request.authority {
            Some(authority) if !is_same_host(authority, host) => {
                Err(Refusal::Malformed("The target and the Host header name different hosts"))
            }
            _ => Ok(()),
        }
    }

    fn framing(&self, request: &RequestLine<'_>) -> Result<Framing, Refusal> {
        match (self.lengths.as_slice(), self.codings.as_slice()) {
            ([], []) => Ok(Framing::Length(0)),
            ([length], []) if !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
                let length = str::from_utf8(length).ok().and_then(|length| length.parse().ok());
                length.map(Framing::Length).ok_or(Refusal::Malformed("The Content-Length cannot be counted"))
            }
            ([_], []) => Err(Refusal::Malformed("The Content-Length is not a number")),
            ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") && !request.is_1_0 => {
                Ok(Framing::Chunked)
            }
            ([], [_]) if request.is_1_0 => Err(Refusal::Malformed("HTTP/1.0 has no Transfer-Encoding")),
            ([], [_]) => Err(Refusal::Malformed("The Transfer-Encoding is not chunked and nothing else")),
            ([_, ..], [_, ..]) => {
                Err(Refusal::Malformed("There are both a Content-Length and a Transfer-Encoding"))
            }
            ([_, _, ..], []) => Err(Refusal::Malformed("There is more than one Content-Length")),
            ([], _) => Err(Refusal::Malformed("There is more than one Transfer-Encoding")),
        }
    }
}

/// A character of a token, RFC 9110 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{Framing, HEADERS, framing};
    use crate::answer::Refusal;

    fn read(head: &str) -> Result<Framing, Refusal> {
        framing(head.as_bytes())
    }

    #[test]
    fn what_can_be_understood_in_one_way_alone_passes() {
        for (head, expected) in [
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", Framing::Length(0)),
            ("GET / HTTP/1.0\r\n\r\n", Framing::Length(0)),
            ("OPTIONS * HTTP/1.1\r\nhost: [::1]:3000\r\n\r\n", Framing::Length(0)),
            ("GET http://A:1/x?y=%00 HTTP/1.1\r\nhost: a:1\r\n\r\n", Framing::Length(0)),
            ("POST /x HTTP/1.1\r\nhost:a\r\ncontent-length: 12\r\n\r\n", Framing::Length(12)),
            ("POST /x HTTP/1.1\r\nhost:a\r\nTransfer-Encoding: Chunked\r\n\r\n", Framing::Chunked),
            ("GET / HTTP/1.1\r\nhost: a\r\nx-text: \u{e9}\tb\r\nx-empty:\r\n\r\n", Framing::Length(0)),
        ] {
            assert_eq!(read(head), Ok(expected), "{head}");
        }
    }

    #[test]
    fn what_could_be_understood_in_two_ways_is_refused() {
        let with = |line: &str| format!("POST /x HTTP/1.1\r\nhost: a\r\n{line}\r\n\r\n");
        for head in [
            with("content-length: 1\r\ntransfer-encoding: chunked"),
            with("transfer-encoding: chunked\r\ncontent-length: 1"),
            with("content-length: 1\r\ncontent-length: 1"),
            with("content-length: 1, 1"),
            with("content-length: +1"),
            with("content-length: 0x1"),
            with("content-length:"),
            with("content-length: 99999999999999999999"),
            with("transfer-encoding: gzip, chunked"),
            with("transfer-encoding: chunked\r\ntransfer-encoding: chunked"),
            with("transfer-encoding: xchunked"),
            with("transfer-encoding: \"chunked\""),
            with("transfer-encoding:"),
            with("transfer-encoding : chunked"),
            with("content-length : 1"),
            with("x: a\r\n folded"),
            with(" first: folded"),
            with("x: a\0b"),
            with("x: a\u{b}b"),
            with("no colon"),
            with(": nameless"),
            with("host: b"),
            "POST /x HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost:\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost: a b\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost: me@a\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost: a:b\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost: a/b\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost: a,b\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost: [a]\r\n\r\n".to_owned(),
            "GET / HTTP/1.1\r\nhost: [::1]x\r\n\r\n".to_owned(),
            "GET http://b/ HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET ftp://a/ HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET a HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET * HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET /#x HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET /\u{e9} HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET  / HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET\t/ HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "GET / HTTP/2.0\r\nhost: a\r\n\r\n".to_owned(),
            "GET / http/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "G(T / HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
            "CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n".to_owned(),
            "GET /\r\n\r\n".to_owned(),
            "\r\n\r\n".to_owned(),
        ] {
            assert!(matches!(read(&head), Err(Refusal::Malformed(_))), "{head:?}: {:?}", read(&head));
        }
    }

    #[test]
    fn what_is_too_much_is_refused_as_that() {
        let lines =
            |number: usize| format!("GET / HTTP/1.1\r\nhost: a\r\n{}\r\n", "x: y\r\n".repeat(number - 1));
        assert_eq!(read(&lines(HEADERS)), Ok(Framing::Length(0)));
        assert_eq!(read(&lines(HEADERS + 1)), Err(Refusal::HeadTooLarge));
        let target = |length: usize| format!("GET /{} HTTP/1.1\r\nhost: a\r\n\r\n", "x".repeat(length - 1));
        assert_eq!(read(&target(super::TARGET_BYTES)), Ok(Framing::Length(0)));
        assert_eq!(read(&target(super::TARGET_BYTES + 1)), Err(Refusal::TargetTooLong));
    }
}
