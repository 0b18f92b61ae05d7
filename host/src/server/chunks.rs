//! The framing of a chunked body (RFC 9112 7.1), followed byte by byte: every line ends in CR and LF, sizes are short
//! hexadecimal numbers, and nothing that is not data may be long.

/// Hexadecimal digits of a chunk's size; the largest is far above every limit.
const SIZE_DIGITS: u8 = 8;

/// Bytes of a chunk's extensions, which nobody here reads.
const EXTENSION_BYTES: usize = 256;

/// Bytes of the trailer section, which nobody here reads either.
const TRAILER_BYTES: usize = 4 << 10;

/// Where in the framing the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Size { digits: u8, size: u64 },
    Extension { size: u64, bytes: usize },
    SizeEnd { size: u64 },
    Data { left: u64 },
    DataEnd,
    DataEndLf,
    Trailer { bytes: usize, line: usize },
    TrailerLf { bytes: usize, line: usize },
    Done,
}

/// Follows one body.
#[derive(Debug)]
pub(super) struct Chunks(Place);

/// The framing is broken: where the body ends cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken;

impl Chunks {
    pub(super) fn new() -> Self {
        Self(Place::Size { digits: 0, size: 0 })
    }

    /// Whether the body has ended.
    pub(super) fn is_done(&self) -> bool {
        self.0 == Place::Done
    }

    /// Follows `bytes` and tells how many of them are the body's.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let Place::Data { left } = self.0 {
                let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len() - at);
                at += here;
                let left = left - here as u64;
                self.0 = if left == 0 { Place::DataEnd } else { Place::Data { left } };
                continue;
            }
            if self.is_done() {
                break;
            }
            self.0 = next(self.0, *byte)?;
            at += 1;
        }
        Ok(at)
    }
}

fn next(place: Place, byte: u8) -> Result<Place, Broken> {
    Ok(match (place, byte) {
        (Place::Size { digits, size }, b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') if digits < SIZE_DIGITS => {
            let digit = char::from(byte).to_digit(16).map_or(0, u64::from);
            Place::Size { digits: digits + 1, size: size << 4 | digit }
        }
        (Place::Size { digits: 1.., size } | Place::Extension { size, .. }, b'\r') => Place::SizeEnd { size },
        (Place::Size { digits: 1.., size }, b';') => Place::Extension { size, bytes: 0 },
        (Place::Extension { size, bytes }, b'\t' | b' '..=b'~') if bytes < EXTENSION_BYTES => {
            Place::Extension { size, bytes: bytes + 1 }
        }
        (Place::SizeEnd { size: 0 }, b'\n') => Place::Trailer { bytes: 0, line: 0 },
        (Place::SizeEnd { size }, b'\n') => Place::Data { left: size },
        (Place::DataEnd, b'\r') => Place::DataEndLf,
        (Place::DataEndLf, b'\n') => Place::Size { digits: 0, size: 0 },
        (Place::Trailer { bytes, line }, b'\r') => Place::TrailerLf { bytes, line },
        (Place::Trailer { bytes, line }, b'\t' | b' '..=b'~') if bytes < TRAILER_BYTES => {
            Place::Trailer { bytes: bytes + 1, line: line + 1 }
        }
        (Place::TrailerLf { line: 0, .. }, b'\n') => Place::Done,
        (Place::TrailerLf { bytes, .. }, b'\n') => Place::Trailer { bytes, line: 0 },
        _ => return Err(Broken),
    })
}

#[cfg(test)]
mod tests {
    use super::{Broken, Chunks};

    #[test]
    fn a_body_ends_where_its_last_chunk_says_however_it_is_cut() {
        for body in [
            "0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            "A;name=value;\"x\"\r\n0123456789\r\n00\r\ntrailer: x\r\nother: y\r\n\r\n",
            "1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n",
        ] {
            let all = format!("{body}GET / HTTP/1.1\r\n");
            for step in 1..all.len() {
                let (mut chunks, mut taken) = (Chunks::new(), 0);
                for piece in all.as_bytes().chunks(step) {
                    let here = chunks.follow(piece).unwrap();
                    taken += here;
                    if here < piece.len() {
                        break;
                    }
                }
                assert_eq!((taken, chunks.is_done()), (body.len(), true), "{body:?} in steps of {step}");
            }
        }
    }

    #[test]
    fn framing_that_others_might_read_otherwise_is_broken() {
        for body in [
            "\r\n",
            ";x\r\n",
            "x\r\n",
            "0x5\r\n",
            "-1\r\n",
            " 5\r\n",
            "5 \r\n",
            "5\nhello",
            "5\rhello",
            "123456789\r\n",
            "5;a\nb\r\n",
            "5;\u{0}\r\n",
            "5\r\nhello5\r\n",
            "5\r\nhello\n0\r\n",
            "0\r\nx\n\r\n",
            "0\r\n\n",
            "0\n\n",
        ] {
            assert_eq!(Chunks::new().follow(body.as_bytes()), Err(Broken), "{body:?}");
        }
        let long = format!("5;{}\r\n", "x".repeat(300));
        assert_eq!(Chunks::new().follow(long.as_bytes()), Err(Broken));
        let long = format!("0\r\n{}\r\n", "x: y\r\n".repeat(2000));
        assert_eq!(Chunks::new().follow(long.as_bytes()), Err(Broken));
    }
}
