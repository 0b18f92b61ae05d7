//! What stands under a key of the view store: a short header, then the body as it is sent.
//!
//! | bytes | |
//! |---|---|
//! | 1 | the format, 1 |
//! | 8 | the version of what is shown, big-endian |
//! | 2 | the owner's length in bytes, big-endian |
//! | … | the owner, UTF-8 |
//! | … | the body |
//!
//! Not JSON around JSON: the body would have to be escaped or parsed, and it is only passed on.

/// The first byte. Another one means that a newer component has written the entry.
const FORMAT: u8 = 1;

/// A view as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Version of the aggregate that the view shows.
    pub version: u64,
    /// Who may see it; empty where everybody may.
    pub owner: String,
    /// The body as it is sent; empty when there is nothing to be seen any more.
    pub body: Vec<u8>,
}

impl Entry {
    /// `None` when the owner is longer than 65,535 bytes.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let owner_length = u16::try_from(self.owner.len()).ok()?;
        let mut bytes = Vec::with_capacity(11 + self.owner.len() + self.body.len());
        bytes.push(FORMAT);
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes.extend_from_slice(&owner_length.to_be_bytes());
        bytes.extend_from_slice(self.owner.as_bytes());
        bytes.extend_from_slice(&self.body);
        Some(bytes)
    }

    /// `None` when the bytes are not an entry of this format.
    pub fn from_bytes(mut bytes: Vec<u8>) -> Option<Self> {
        let (format, rest) = bytes.split_first()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (owner_length, rest) = rest.split_first_chunk()?;
        let (owner, body) = rest.split_at_checked(u16::from_be_bytes(*owner_length).into())?;
        if *format != FORMAT {
            return None;
        }
        let version = u64::from_be_bytes(*version);
        let owner = str::from_utf8(owner).ok()?.to_owned();
        let header_length = bytes.len() - body.len();
        bytes.drain(..header_length);
        Some(Self { version, owner, body: bytes })
    }
}

#[cfg(test)]
mod tests {
    use super::Entry;

    fn entry() -> Entry {
        Entry { version: 7, owner: "anonymous".to_owned(), body: br#"{"id":"order_1"}"#.to_vec() }
    }

    #[test]
    fn what_is_written_is_read() {
        let empty = Entry { version: u64::MAX, owner: String::new(), body: Vec::new() };
        for entry in [entry(), empty] {
            assert_eq!(Entry::from_bytes(entry.to_bytes().unwrap()), Some(entry));
        }
    }

    #[test]
    fn the_format_stays_what_it_is() {
        assert_eq!(
            entry().to_bytes().unwrap(),
            b"\x01\x00\x00\x00\x00\x00\x00\x00\x07\x00\x09anonymous{\"id\":\"order_1\"}"
        );
    }

    #[test]
    fn what_is_not_an_entry_is_not_read() {
        let bytes = entry().to_bytes().unwrap();
        for length in 0..20 {
            assert_eq!(Entry::from_bytes(bytes[..length].to_vec()), None, "{length} bytes");
        }
        let mut newer = bytes.clone();
        newer[0] = 2;
        assert_eq!(Entry::from_bytes(newer), None);
        let mut not_text = bytes;
        not_text[11] = 0xff;
        assert_eq!(Entry::from_bytes(not_text), None);
    }

    #[test]
    fn an_owner_that_cannot_be_told_the_length_of_is_refused() {
        assert_eq!(Entry { owner: "x".repeat(65_536), ..entry() }.to_bytes(), None);
    }
}
