//! `allowed_outbound_hosts`: where a component may connect to.

use std::{fmt, net::IpAddr, net::Ipv6Addr, ops::Range};

use url::Host;

use crate::{fault::Place, identifier::ComponentId, template::Template};

const CHAINING_SUFFIX: &str = ".spin.internal";

/// An entry of `allowed_outbound_hosts` as the manifest has it, its variables not yet decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostGrant {
    pub(crate) template: Template,
    pub(crate) place: Place,
}

impl HostGrant {
    /// The entry as it is written.
    pub fn as_str(&self) -> &str {
        self.template.as_str()
    }
}

/// Where one component may connect to. The default is nowhere. `Debug` and `Display` show the entries as the
/// manifest has them, for a variable's value may be a secret.
#[derive(Clone, Default)]
pub struct AllowedHosts {
    rules: Vec<Rule>,
    written: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
struct Rule {
    /// `None` for any.
    scheme: Option<String>,
    host: HostRule,
    port: PortRule,
}

#[derive(Clone, PartialEq, Eq)]
enum HostRule {
    Any,
    /// With its leading dot.
    Subdomains(String),
    Exactly(Host),
    Network {
        address: IpAddr,
        prefix_bits: u32,
    },
}

#[derive(Clone, PartialEq, Eq)]
enum PortRule {
    Any,
    Exactly(u16),
    /// The end is not part of it, as on Spin.
    Within(Range<u16>),
}

/// Why an entry grants nothing. No case shows the entry: what its variables made of it may be a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HostFault {
    #[error("it has no scheme: write it as `scheme://host:port`, with `*` for any")]
    NoScheme,
    #[error("its scheme must be lower-case letters, or `*` for any")]
    Scheme,
    #[error("it needs a port, since its scheme has no default one")]
    NoPort,
    #[error("its port must be a number up to 65535, a range as `8000..9000`, or `*` for any")]
    Port,
    #[error("its range of ports is empty: the port after `..` is not part of it")]
    EmptyRange,
    #[error("it must end with the host and port: paths cannot be told apart")]
    Path,
    #[error("`*` stands for a whole host, or for the first labels of one as in `*.example.com`")]
    Wildcard,
    #[error(
        "this host does not resolve relative requests: name a component, as `http://orders.spin.internal`"
    )]
    ToSelf,
    #[error("its host is not a domain name, an address or a network")]
    Host,
    #[error("it names no component with a trigger, and `spin.internal` has no other hosts")]
    NoSuchComponent,
}

impl AllowedHosts {
    /// Adds an entry whose variables have been decided. Nothing is added for one that came out empty: that is
    /// how a manifest has an optional host. `components` are all there are, for `*.spin.internal`.
    pub(crate) fn grant<'c>(
        &mut self,
        grant: &HostGrant,
        resolved: &str,
        components: impl Iterator<Item = &'c ComponentId>,
    ) -> Result<(), HostFault> {
        let Some(rule) = Rule::resolved(&grant.template, resolved)? else { return Ok(()) };
        self.written.push(grant.as_str().to_owned());
        match &rule.host {
            // Spin means by this the components of this manifest, and not whatever a guest writes there.
            HostRule::Subdomains(suffix) if suffix == CHAINING_SUFFIX => {
                self.rules.extend(components.map(|id| Rule {
                    host: HostRule::Exactly(Host::Domain(format!("{id}{CHAINING_SUFFIX}"))),
                    ..rule.clone()
                }));
            }
            _ => self.rules.push(rule),
        }
        Ok(())
    }

    /// Whether a connection to `host` is allowed. `host` is a domain name or an address, an IPv6 one with its
    /// brackets or without; a `port` that is absent is the scheme's default one.
    pub fn allows(&self, scheme: &str, host: &str, port: Option<u16>) -> bool {
        let host = match host.parse::<Ipv6Addr>() {
            Ok(address) => Host::Ipv6(address),
            Err(_) => match Host::parse(host) {
                Ok(host) => host,
                Err(_) => return false,
            },
        };
        let Some(port) = port.or_else(|| default_port(scheme)) else {
            return self.rules.iter().any(|rule| rule.port == PortRule::Any && rule.admits(scheme, &host));
        };
        self.rules.iter().any(|rule| rule.port.admits(port) && rule.admits(scheme, &host))
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

impl fmt::Debug for AllowedHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AllowedHosts").field(&self.written).finish()
    }
}

impl fmt::Display for AllowedHosts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written.join(", "))
    }
}

/// Whether an entry is right as far as can be told: whether it parses, once `default` has a value for each of
/// its variables. Spin refuses a manifest whose defaults come to a bad host even where the environment would
/// set them otherwise.
pub(crate) fn check<'v>(
    template: &Template,
    default: impl Fn(&str) -> Option<&'v str>,
) -> Result<(), HostFault> {
    match template.render(default) {
        Some(resolved) => Rule::resolved(template, &resolved).map(|_| ()),
        None => Ok(()),
    }
}

/// The component that an entry without variables, one that [`check`] let through, names by its
/// `spin.internal` host.
pub(crate) fn chained_to(resolved: &str) -> Option<String> {
    match Rule::parse(resolved).ok()?.host {
        HostRule::Exactly(Host::Domain(domain)) => {
            domain.strip_suffix(CHAINING_SUFFIX).map(ToOwned::to_owned)
        }
        _ => None,
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "postgres" => Some(5432),
        "mysql" => Some(3306),
        "redis" => Some(6379),
        "mqtt" => Some(1883),
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

impl Rule {
    /// `None` where variables came out empty. Spin looks for exactly these three texts.
    fn resolved(template: &Template, resolved: &str) -> Result<Option<Self>, HostFault> {
        if !template.is_literal() && ["", "http://", "https://"].contains(&resolved) {
            return Ok(None);
        }
        Self::parse(resolved).map(Some)
    }

    fn parse(entry: &str) -> Result<Self, HostFault> {
        let (scheme, rest) = entry.trim().split_once("://").ok_or(HostFault::NoScheme)?;
        let (host, port) = match rest.rsplit_once(':') {
            None => (rest, ""),
            Some((host, "")) => (host, ""),
            // The colon may be inside an IPv6 address or network.
            Some(_) if HostRule::parse(rest).is_ok() => (rest, ""),
            Some((host, tail)) => match tail.split_once('/') {
                None => (host, tail),
                Some((port, "")) => (host, port),
                Some(_) => return Err(HostFault::Path),
            },
        };
        let port = PortRule::parse(port, scheme)?;
        let scheme = match scheme {
            "*" => None,
            // Spin would take capitals and then never find them in a URL, whose scheme is lower-case.
            _ if scheme.is_empty() || !scheme.chars().all(|c| c.is_ascii_lowercase()) => {
                return Err(HostFault::Scheme);
            }
            _ => Some(scheme.to_owned()),
        };
        Ok(Self { scheme, host: HostRule::parse(host)?, port })
    }

    fn admits(&self, scheme: &str, host: &Host) -> bool {
        self.scheme.as_deref().is_none_or(|own| own == scheme) && self.host.admits(host)
    }
}

impl HostRule {
    fn parse(host: &str) -> Result<Self, HostFault> {
        let host = host.trim();
        match host {
            "*" => return Ok(Self::Any),
            "self" | "self.alt" => return Err(HostFault::ToSelf),
            // Spin keeps braces for lists of hosts, which it does not have yet.
            _ if host.contains(['{', '}']) => return Err(HostFault::Host),
            _ => {}
        }
        if let Some(network) = Self::network(host) {
            return Ok(network);
        }
        let host = host.strip_suffix('/').unwrap_or(host);
        if host.contains('/') {
            return Err(HostFault::Path);
        }
        if let Some(domain) = host.strip_prefix("*.") {
            return match Host::parse(domain) {
                _ if domain.contains('*') => Err(HostFault::Wildcard),
                Ok(Host::Domain(domain)) => Ok(Self::Subdomains(format!(".{domain}"))),
                _ => Err(HostFault::Host),
            };
        }
        if host.contains('*') {
            return Err(HostFault::Wildcard);
        }
        Host::parse(host).map(Self::Exactly).map_err(|_| HostFault::Host)
    }

    /// A network in CIDR notation. Bits beyond its prefix are ignored.
    fn network(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/')?;
        let address: IpAddr = address.parse().ok()?;
        let prefix_bits = number(bits)?.into();
        let width = if address.is_ipv4() { 32 } else { 128 };
        (prefix_bits <= width).then_some(Self::Network { address, prefix_bits })
    }

    fn admits(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Subdomains(suffix), Host::Domain(domain)) => domain.ends_with(suffix),
            (Self::Exactly(own), _) => own == host,
            (Self::Network { address: IpAddr::V4(own), prefix_bits }, Host::Ipv4(address)) => {
                let distance = own.to_bits() ^ address.to_bits();
                distance.leading_zeros() >= *prefix_bits
            }
            (Self::Network { address: IpAddr::V6(own), prefix_bits }, Host::Ipv6(address)) => {
                let distance = own.to_bits() ^ address.to_bits();
                distance.leading_zeros() >= *prefix_bits
            }
            (Self::Subdomains(_) | Self::Network { .. }, _) => false,
        }
    }
}

impl PortRule {
    fn parse(port: &str, scheme: &str) -> Result<Self, HostFault> {
        match port {
            "" => default_port(scheme).map(Self::Exactly).ok_or(HostFault::NoPort),
            "*" => Ok(Self::Any),
            _ => match port.split_once("..") {
                None => number(port).map(Self::Exactly).ok_or(HostFault::Port),
                Some((start, end)) => {
                    let range = number(start).ok_or(HostFault::Port)?..number(end).ok_or(HostFault::Port)?;
                    if range.is_empty() { Err(HostFault::EmptyRange) } else { Ok(Self::Within(range)) }
                }
            },
        }
    }

    fn admits(&self, port: u16) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(own) => *own == port,
            Self::Within(range) => range.contains(&port),
        }
    }
}

/// Digits only: `u16`'s own parser would take a plus sign.
fn number(text: &str) -> Option<u16> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests;
