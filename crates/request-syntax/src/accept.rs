//! What a client takes: media types and codings, by the `q` it gives them (RFC 9110, sections 12.4.2, 12.5.1 and
//! 12.5.3).
//!
//! An element that cannot be read is left out, as if it were not there: there are old clients that send some, beside
//! `*/*`.

use crate::media_type;

/// A weight in thousandths; 0 refuses.
type Quality = u16;

const MOST: Quality = 1_000;

/// Whether `offered` may be sent to who sent these `Accept` headers. Who sent none takes anything.
pub fn takes(accept: &[Vec<u8>], offered: &str) -> bool {
    let mut best: Option<(u8, Quality)> = None;
    let mut is_empty = true;
    for (range, quality) in elements(accept) {
        is_empty = false;
        let Some(closeness) = closeness(range, offered) else { continue };
        if best.is_none_or(|(known, _)| closeness > known) {
            best = Some((closeness, quality));
        }
    }
    is_empty || best.is_some_and(|(_, quality)| quality > 0)
}

/// How closely a media range names `offered`; `None` if it does not.
fn closeness(range: &str, offered: &str) -> Option<u8> {
    let essence = range.split(';').next().unwrap_or_default().trim();
    match essence.split_once('/') {
        Some(("*", "*")) => Some(0),
        // No range by the letter, but meant as one by those who send it.
        None if essence == "*" => Some(0),
        Some((kind, "*")) => {
            let offered_kind = offered.split('/').next().unwrap_or_default();
            kind.eq_ignore_ascii_case(offered_kind).then_some(1)
        }
        _ => media_type::is(range, offered).then_some(2),
    }
}

/// How a body may be coded on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Codings {
    /// As it is.
    Identity,
    /// As it is or in gzip, which is liked as much or more.
    GzipOrIdentity,
    /// In gzip only.
    Gzip,
}

impl Codings {
    /// The codings that these `Accept-Encoding` headers leave; `None` if they leave none. Who sent no header, or says
    /// nothing of gzip, is sent bodies as they are.
    pub fn of(accept_encoding: &[Vec<u8>]) -> Option<Self> {
        let (mut gzip, mut identity, mut others) = (None, None, None);
        for (coding, quality) in elements(accept_encoding) {
            let coding = coding.split(';').next().unwrap_or_default().trim();
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                gzip = gzip.max(Some(quality));
            } else if coding.eq_ignore_ascii_case("identity") {
                identity = Some(quality);
            } else if coding == "*" {
                others = Some(quality);
            }
        }
        let gzip = gzip.or(others).unwrap_or(0);
        // What is not named is taken, unless `*` refuses it; liking it less than gzip is then no contradiction.
        let identity = identity.or(others.filter(|quality| *quality == 0));
        match (gzip, identity) {
            (0, Some(0)) => None,
            (0, _) => Some(Self::Identity),
            (_, Some(0)) => Some(Self::Gzip),
            (gzip, Some(identity)) if identity > gzip => Some(Self::Identity),
            _ => Some(Self::GzipOrIdentity),
        }
    }
}

/// The elements of a list that stands in one header or several, each with its weight.
fn elements(headers: &[Vec<u8>]) -> impl Iterator<Item = (&str, Quality)> {
    headers
        .iter()
        .filter_map(|header| std::str::from_utf8(header).ok())
        .flat_map(|header| header.split(','))
        .map(str::trim)
        .filter(|element| !element.is_empty())
        .filter_map(|element| Some((element, quality(element)?)))
}

/// The weight that an element gives, the most if it gives none; `None` for what is no weight.
fn quality(element: &str) -> Option<Quality> {
    let parameters = element.split(';').skip(1).filter_map(|parameter| parameter.split_once('='));
    let Some((_, weight)) = parameters.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
    else {
        return Some(MOST);
    };
    let weight: f32 = weight.trim().parse().ok()?;
    if !(0.0..=1.0).contains(&weight) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1,000, as was just asked"
    )]
    let thousandths = (weight * f32::from(MOST)).ceil() as Quality;
    Some(thousandths)
}

#[cfg(test)]
mod tests {
    use super::{Codings, takes};

    fn headers(lines: &[&str]) -> Vec<Vec<u8>> {
        lines.iter().map(|line| line.as_bytes().to_vec()).collect()
    }

    #[test]
    fn json_is_sent_to_who_takes_it() {
        for accept in [
            &[][..],
            &[""],
            &["*/*"],
            &["application/json"],
            &["Application/JSON"],
            &["application/*"],
            &["application/json; charset=utf-8"],
            &["text/html", "application/json;q=0.1"],
            &["text/html, */*;q=0.01"],
            &["application/json; q=1, */*; q=0"],
            // What Java's own client sends: one element of it is none.
            &["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"],
        ] {
            assert!(takes(&headers(accept), "application/json"), "{accept:?}");
        }
    }

    #[test]
    fn it_is_not_sent_to_who_refuses_it() {
        for accept in [
            &["text/html"][..],
            &["application/xml, text/*"],
            &["application/json;q=0"],
            &["application/json; q=0.000, */*"],
            &["*/*;q=0"],
            &["application/*;q=0, */*"],
            &["application/json;charset=latin1"],
            &["application/problem+json"],
        ] {
            assert!(!takes(&headers(accept), "application/json"), "{accept:?}");
        }
    }

    #[test]
    fn gzip_is_chosen_where_it_is_liked() {
        use Codings::{Gzip, GzipOrIdentity, Identity};
        let rows = [
            (&[][..], Some(Identity)),
            (&[""], Some(Identity)),
            (&["gzip, deflate, br, zstd"], Some(GzipOrIdentity)),
            (&["deflate", "GZIP"], Some(GzipOrIdentity)),
            (&["x-gzip"], Some(GzipOrIdentity)),
            (&["*"], Some(GzipOrIdentity)),
            (&["br"], Some(Identity)),
            (&["gzip;q=0"], Some(Identity)),
            (&["gzip;q=0, *"], Some(Identity)),
            (&["gzip;q=0.5, identity"], Some(Identity)),
            (&["gzip;q=0.5, identity;q=0.5"], Some(GzipOrIdentity)),
            (&["gzip;q=0.001"], Some(GzipOrIdentity)),
            (&["gzip, identity;q=0"], Some(Gzip)),
            (&["gzip, *;q=0"], Some(Gzip)),
            (&["identity;q=0"], None),
            (&["br, *;q=0"], None),
            (&["identity, *;q=0"], Some(Identity)),
            (&["gzip;q=2"], Some(Identity)),
            (&["gzip;q=-1"], Some(Identity)),
            (&["gzip;q=nan"], Some(Identity)),
        ];
        for (accept, expected) in rows {
            assert_eq!(Codings::of(&headers(accept)), expected, "{accept:?}");
        }
    }
}
