//! Large JSON in gzip (RFC 1952) for those who take it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

/// From which length on a body is compressed. A page of twenty products has about 6 kB and shrinks to a sixth; what fits
/// into two packets anyway gains nobody anything.
pub(crate) const LEAST_BYTES: usize = 2_048;

/// `body` in gzip. The fastest level: JSON shrinks to nearly as little as with the others, in a fraction of the time,
/// and the requests that share the instance wait for it.
pub(crate) fn gzip(body: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 4), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::gzip;
    use flate2::read::GzDecoder;
    use std::io::Read as _;

    #[test]
    fn what_was_compressed_is_the_same_again_and_smaller() {
        let body = r#"{"id":"order_01h455vb4pex5vsknk084sn02q","status":"placed"},"#.repeat(100);
        let compressed = gzip(body.as_bytes()).unwrap();
        assert!(compressed.len() * 5 < body.len(), "{}", compressed.len());
        let mut again = String::new();
        GzDecoder::new(&*compressed).read_to_string(&mut again).unwrap();
        assert_eq!(again, body);
    }
}
