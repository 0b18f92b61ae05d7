//! How many requests in which time.

/// What a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Whatever has none of its own.
    Default,
    /// Showing a password.
    Login,
    /// Opening an account.
    Registration,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Default, Self::Login, Self::Registration];

    /// The name that clients see.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Login => "login",
            Self::Registration => "registration",
        }
    }
}

/// So many requests in so long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    kind: Kind,
    quota: u32,
    window_seconds: u32,
}

impl Policy {
    /// `quota` requests in `window_seconds`, each from 1 to a million.
    pub fn new(kind: Kind, quota: u32, window_seconds: u32) -> Option<Self> {
        let is_sane = |number: u32| (1..=1_000_000).contains(&number);
        (is_sane(quota) && is_sane(window_seconds)).then_some(Self { kind, quota, window_seconds })
    }

    /// What it is for.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// How many requests an unused bucket is good for.
    pub const fn quota(&self) -> u32 {
        self.quota
    }

    /// In how long an empty bucket fills up, in microseconds.
    pub(crate) fn window_micros(&self) -> i64 {
        i64::from(self.window_seconds) * 1_000_000
    }

    /// In how long one token comes back, in microseconds; at least one.
    pub(crate) fn interval_micros(&self) -> i64 {
        (self.window_micros() / i64::from(self.quota)).max(1)
    }

    /// The most that one lease holds.
    pub(crate) fn handful(&self) -> u32 {
        (self.quota / 10).max(1)
    }

    /// The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10, section 3).
    pub fn to_header(&self) -> String {
        format!("\"{}\";q={};w={}", self.kind.as_str(), self.quota, self.window_seconds)
    }
}

/// The policies of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policies(Vec<Policy>);

impl Policies {
    /// Reads `off`, or policies such as `default:q=100;w=60` with blanks or commas between them. A kind that is not
    /// named goes by the default, which therefore must be.
    pub fn read(text: &str) -> Result<Self, String> {
        if text.trim() == "off" {
            return Ok(Self::default());
        }
        let mut policies: Vec<Policy> = Vec::new();
        for written in text.split([',', ' ']).filter(|written| !written.is_empty()) {
            let policy = read_policy(written)
                .ok_or_else(|| format!("{written:?} is no policy such as default:q=100;w=60"))?;
            if policies.iter().any(|known| known.kind == policy.kind) {
                return Err(format!("there are two policies {}", policy.kind.as_str()));
            }
            policies.push(policy);
        }
        if !policies.iter().any(|policy| policy.kind == Kind::Default) {
            return Err("there is no policy default".to_owned());
        }
        Ok(Self(policies))
    }

    /// The policy for `kind`; `None` where there are no limits.
    pub fn of(&self, kind: Kind) -> Option<&Policy> {
        let find = |kind| self.0.iter().find(|policy| policy.kind == kind);
        find(kind).or_else(|| find(Kind::Default))
    }
}

fn read_policy(text: &str) -> Option<Policy> {
    let (name, parameters) = text.split_once(':')?;
    let kind = Kind::ALL.into_iter().find(|kind| kind.as_str() == name)?;
    let (quota, window) = parameters.split_once(';')?;
    Policy::new(kind, quota.strip_prefix("q=")?.parse().ok()?, window.strip_prefix("w=")?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::{Kind, Policies};

    #[test]
    fn policies_are_read_and_shown_as_they_are_written() {
        let policies = Policies::read("default:q=100;w=60, login:q=5;w=300").unwrap();
        let shown = |kind| policies.of(kind).unwrap().to_header();
        assert_eq!(shown(Kind::Default), "\"default\";q=100;w=60");
        assert_eq!(shown(Kind::Login), "\"login\";q=5;w=300");
        assert_eq!(shown(Kind::Registration), "\"default\";q=100;w=60");
        assert_eq!(Policies::read(" off ").unwrap().of(Kind::Default), None);
    }

    #[test]
    fn what_is_no_policy_is_a_mistake_and_not_no_limit() {
        for text in [
            "",
            "on",
            "default",
            "default:q=100",
            "default:q=0;w=60",
            "default:q=1;w=0",
            "default:q=-1;w=60",
            "default:q=1000001;w=1",
            "default:w=60;q=100",
            "login:q=5;w=60",
            "other:q=5;w=60",
            "default:q=1;w=1 default:q=2;w=1",
            "off default:q=1;w=1",
        ] {
            assert!(Policies::read(text).is_err(), "{text:?}");
        }
    }
}
