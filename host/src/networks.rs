//! Which networks guests may reach over HTTP. The manifest names hosts, but it is the client's name server that says where
//! a host is: without a second look at the addresses, `https://example.com` could be the machine next door.
//!
//! Spin calls the same thing `block_networks` and blocks none unless its runtime configuration says `private`. Here
//! everything is blocked that Spin's `private` blocks, unless the operator allows it.

use futures::future::BoxFuture;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Arc;

/// Networks that are not the open Internet, from IANA's registries of special-purpose addresses (RFC 6890): "this"
/// network, private use, carriers' shared addresses, loopback, link-local with the metadata services of clouds, protocol
/// assignments, documentation, 6to4 relays, benchmarking, multicast and reserved. The last is a public address under which
/// Azure gives every machine its metadata.
const PRIVATE_V4: &[(Ipv4Addr, u8)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(168, 63, 129, 16), 32),
];

/// The part of IPv6 that is assigned to the open Internet, and what in it is not: protocol assignments with Teredo and
/// ORCHID, documentation, and 6to4, which carries any IPv4 address.
const GLOBAL_V6: (Ipv6Addr, u8) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
const PRIVATE_V6: &[(Ipv6Addr, u8)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// IPv6 addresses that stand for IPv4 ones: mapped (RFC 4291), and translated on the way (RFC 6052).
const EMBEDDED: &[(Ipv6Addr, u8)] =
    &[(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96), (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)];

/// A network, or all that are not the open Internet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// `private`, as in Spin's `block_networks`.
    Private,
    /// `10.0.0.0/8`, or a single address.
    Cidr(IpAddr, u8),
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither `private` nor a network such as 10.0.0.0/8");
        if text == "private" {
            return Ok(Self::Private);
        }
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = length.map_or(Ok(most), str::parse).map_err(|_| wrong())?;
        if length > most { Err(wrong()) } else { Ok(Self::Cidr(address, length)) }
    }
}

/// Finds the addresses of a host.
pub trait Resolver: Send + Sync + 'static {
    /// All of them, with the port.
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// Asks the machine's resolver.
struct System;

impl Resolver for System {
    fn resolve(&self, host: &str, port: u16) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, port)).await?.collect()) })
    }
}

/// Where guests' requests may go.
#[derive(Clone)]
pub struct Networks {
    allowed: Vec<Network>,
    resolver: Arc<dyn Resolver>,
}

impl Default for Networks {
    /// The open Internet.
    fn default() -> Self {
        Self { allowed: Vec::new(), resolver: Arc::new(System) }
    }
}

impl fmt::Debug for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Networks").field("allowed", &self.allowed).finish_non_exhaustive()
    }
}

/// Why a host cannot be reached.
#[derive(Debug)]
pub(crate) enum Unreachable {
    /// It has no address.
    Unknown(io::Error),
    /// None of its addresses is in a network that guests may reach.
    Prohibited,
}

impl Networks {
    /// The open Internet and these.
    #[must_use]
    pub fn and(allowed: &[Network]) -> Self {
        Self { allowed: allowed.to_vec(), ..Self::default() }
    }

    /// The same with another resolver.
    #[must_use]
    pub fn resolved_by(self, resolver: Arc<dyn Resolver>) -> Self {
        Self { resolver, ..self }
    }

    /// The addresses of `host` that a guest may connect to, and nobody needs to ask for again: a second answer of the name
    /// server could be another.
    pub(crate) async fn reachable(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Unreachable> {
        let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let mut addresses = match literal.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, port)],
            Err(_) => self.resolver.resolve(host, port).await.map_err(Unreachable::Unknown)?,
        };
        if addresses.is_empty() {
            return Err(Unreachable::Unknown(io::ErrorKind::NotFound.into()));
        }
        addresses.retain(|address| self.is_allowed(address.ip()));
        if addresses.is_empty() { Err(Unreachable::Prohibited) } else { Ok(addresses) }
    }

    fn is_allowed(&self, address: IpAddr) -> bool {
        is_global(address)
            || self.allowed.iter().any(|network| match network {
                Network::Private => true,
                Network::Cidr(network, length) => {
                    is_in(address, (*network, *length))
                        || embedded(address).is_some_and(|address| is_in(address, (*network, *length)))
                }
            })
    }
}

/// Whether it is an address of the open Internet.
fn is_global(address: IpAddr) -> bool {
    if let Some(embedded) = embedded(address) {
        return is_global(embedded);
    }
    let is_in = |(network, length): (IpAddr, u8)| is_in(address, (network, length));
    match address {
        IpAddr::V4(_) => !PRIVATE_V4.iter().any(|(network, length)| is_in(((*network).into(), *length))),
        IpAddr::V6(_) => {
            is_in((GLOBAL_V6.0.into(), GLOBAL_V6.1))
                && !PRIVATE_V6.iter().any(|(network, length)| is_in(((*network).into(), *length)))
        }
    }
}

/// The IPv4 address that an IPv6 one stands for.
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = address else { return None };
    let is_embedding = EMBEDDED.iter().any(|(network, length)| is_in(address, ((*network).into(), *length)));
    let [.., a, b, c, d] = v6.octets();
    is_embedding.then(|| Ipv4Addr::new(a, b, c, d).into())
}

fn is_in(address: IpAddr, (network, length): (IpAddr, u8)) -> bool {
    match (address, network) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let shift = 32_u32.saturating_sub(length.into());
            address.to_bits().checked_shr(shift) == network.to_bits().checked_shr(shift)
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let shift = 128_u32.saturating_sub(length.into());
            address.to_bits().checked_shr(shift) == network.to_bits().checked_shr(shift)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::{Network, Networks, is_global};
    use std::net::IpAddr;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn the_open_internet_is_what_is_neither_private_nor_reserved_nor_a_metadata_service() {
        for address in
            ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.63.0.1", "2606:4700::1111", "64:ff9b::8.8.8.8"]
        {
            assert!(is_global(ip(address)), "{address}");
        }
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.19.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::127.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "3fff::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!is_global(ip(address)), "{address}");
        }
    }

    #[test]
    fn what_the_operator_allows_is_allowed_and_nothing_beside_it() {
        let parsed = |text: &str| text.parse::<Network>();
        let networks =
            Networks::and(&["10.1.0.0/16", "::1", "192.168.7.7"].map(|text| parsed(text).unwrap()));
        for (address, is_allowed) in [
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("::1", true),
            ("::2", false),
            ("192.168.7.7", true),
            ("192.168.7.8", false),
            ("::ffff:10.1.2.3", true),
            ("::ffff:10.2.2.3", false),
            ("8.8.8.8", true),
        ] {
            assert_eq!(networks.is_allowed(ip(address)), is_allowed, "{address}");
        }
        let all = Networks::and(&[parsed("private").unwrap()]);
        assert!(all.is_allowed(ip("127.0.0.1")) && all.is_allowed(ip("fe80::1")));
        let everything = Networks::and(&[parsed("0.0.0.0/0").unwrap()]);
        assert!(everything.is_allowed(ip("127.0.0.1")) && !everything.is_allowed(ip("::1")));
        for text in
            ["", "Private", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/-1", "example.com"]
        {
            assert!(parsed(text).is_err(), "{text}");
        }
    }
}
