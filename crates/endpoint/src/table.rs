//! What an endpoint declares: its path, its methods, and what each method asks of a request.

use std::pin::Pin;

use tradepost_access::Scope;
use tradepost_problem::Problem;

use crate::{Admitted, Reply};

/// One path and the methods it knows. [`endpoint!`](crate::endpoint) makes it.
#[derive(Clone, Copy)]
pub struct Endpoint {
    /// The path as `spin.toml` has it, such as `/users/:user_id`.
    pub pattern: &'static str,
    /// The methods. `ANY` stands for all.
    pub methods: &'static [Method],
}

/// One method of an endpoint.
#[derive(Clone, Copy)]
pub struct Method {
    /// In upper case.
    pub name: &'static str,
    /// What it asks of a request.
    pub rules: Rules,
    /// What answers.
    pub handler: Handler,
}

/// A handler, boxed: one allocation a request buys a table that can be read.
pub type Handler = for<'request> fn(&'request Admitted) -> Answer<'request>;

/// What a handler will have answered.
pub type Answer<'request> = Pin<Box<dyn Future<Output = Result<Reply, Problem>> + 'request>>;

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Requirement {
    Open,
    Identified,
    Scope(Scope),
}

/// What a method asks of a request before its handler sees it.
#[derive(Clone, Copy)]
pub struct Rules {
    pub(crate) requirement: Requirement,
    /// `None`: whatever comes is ignored.
    pub(crate) query: Option<&'static [&'static str]>,
    /// What the answer is made of; `None`: it is no question what the client takes.
    pub(crate) produces: Option<&'static str>,
    /// `None`: there is nothing to say in a body, and one that comes is not looked at.
    pub(crate) media_type: Option<&'static str>,
    /// The handler reads the body itself, as it comes.
    pub(crate) streams: bool,
    pub(crate) settles: bool,
}

/// Anyone may call. A credential that is sent must still be good.
pub const fn open() -> Rules {
    Rules {
        requirement: Requirement::Open,
        query: Some(&[]),
        produces: Some("application/json"),
        media_type: Some("application/json"),
        streams: false,
        settles: false,
    }
}

/// Only who shows a good credential may call, whoever it is.
pub const fn identified() -> Rules {
    Rules { requirement: Requirement::Identified, ..open() }
}

/// Only whose credential has this scope may call, as the operator's has.
pub const fn staff(scope: Scope) -> Rules {
    Rules { requirement: Requirement::Scope(scope), ..open() }
}

impl Rules {
    /// Names the query parameters that the method knows. Without this it knows none, and refuses all.
    #[must_use]
    pub const fn query(self, parameters: &'static [&'static str]) -> Self {
        Self { query: Some(parameters), ..self }
    }

    /// For methods that answer the same whatever the query says.
    #[must_use]
    pub const fn ignoring_query(self) -> Self {
        Self { query: None, ..self }
    }

    /// Names the media type that the body must have, where it is not `application/json`.
    #[must_use]
    pub const fn media_type(self, media_type: &'static str) -> Self {
        Self { media_type: Some(media_type), ..self }
    }

    /// Names the media type of the answer, where it is not `application/json`. Who does not take it is answered 406.
    #[must_use]
    pub const fn produces(self, media_type: &'static str) -> Self {
        Self { produces: Some(media_type), ..self }
    }

    /// For methods that answer the same whatever the client says that it takes.
    #[must_use]
    pub const fn ignoring_accept(self) -> Self {
        Self { produces: None, ..self }
    }

    /// For methods that would have a body but have nothing to ask in it: none need be sent, nor a content type.
    #[must_use]
    pub const fn without_body(self) -> Self {
        Self { media_type: None, ..self }
    }

    /// For methods that read their body as it comes, through [`Admitted::incoming`], whatever its length.
    #[must_use]
    pub const fn streaming(self) -> Self {
        Self { streams: true, ..self }
    }

    /// For methods whose last call before the answer goes to a key-value store.
    ///
    /// Spin's own store blocks the thread that writes to the socket; the head and the body of the answer then
    /// leave in two packets and the second waits 40 ms for the client's delayed acknowledgement. Waiting for the
    /// clock once gives the thread back and cures it. It is done on Spin only: the shortest wait there is takes a
    /// millisecond or two.
    #[must_use]
    pub const fn after_key_value(self) -> Self {
        Self { settles: true, ..self }
    }
}

impl Endpoint {
    /// The method of this name. HEAD is GET without the body.
    pub(crate) fn method(&self, name: &str) -> Option<&'static Method> {
        let name = if name == "HEAD" { "GET" } else { name };
        self.methods.iter().find(|method| method.name == name || method.name == "ANY")
    }

    /// The methods for an `Allow` header.
    pub(crate) fn allowed(&self) -> Vec<&'static str> {
        let mut allowed = Vec::with_capacity(self.methods.len() + 2);
        for method in self.methods {
            allowed.push(method.name);
            if method.name == "GET" {
                allowed.push("HEAD");
            }
        }
        allowed.push("OPTIONS");
        allowed
    }
}

impl Method {
    /// Whether requests with this method bring a body that means something (RFC 9110, section 9.3).
    pub(crate) fn has_body(&self) -> bool {
        matches!(self.name, "POST" | "PUT" | "PATCH")
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Method, open, staff};
    use crate::{Admitted, Reply};
    use tradepost_access::Scope;
    use tradepost_problem::Problem;

    fn answer(_: &Admitted) -> impl Future<Output = Result<Reply, Problem>> {
        std::future::ready(Err(Problem::not_found("Nothing")))
    }

    const PRODUCTS: Endpoint = Endpoint {
        pattern: "/products",
        methods: &[
            Method {
                name: "POST",
                rules: staff(Scope::CatalogWrite),
                handler: |request| Box::pin(answer(request)),
            },
            Method { name: "GET", rules: open(), handler: |request| Box::pin(answer(request)) },
        ],
    };

    #[test]
    fn head_is_get() {
        assert_eq!(PRODUCTS.method("HEAD").map(|method| method.name), Some("GET"));
        assert_eq!(PRODUCTS.method("GET").map(|method| method.name), Some("GET"));
    }

    #[test]
    fn a_method_that_is_not_declared_is_not_there() {
        for name in ["DELETE", "get", "TRACE", "BREW", ""] {
            assert!(PRODUCTS.method(name).is_none(), "{name}");
        }
        let users = Endpoint { pattern: "/users", methods: PRODUCTS.methods.split_at(1).0 };
        assert!(users.method("HEAD").is_none());
    }

    #[test]
    fn allow_lists_what_can_be_sent() {
        assert_eq!(PRODUCTS.allowed(), ["POST", "GET", "HEAD", "OPTIONS"]);
    }

    #[test]
    fn any_takes_every_method() {
        let methods = [Method { name: "ANY", ..PRODUCTS.methods[0] }];
        let not_found = Endpoint { pattern: "/...", methods: Box::leak(Box::new(methods)) };
        for name in ["GET", "HEAD", "POST", "OPTIONS", "BREW"] {
            assert!(not_found.method(name).is_some(), "{name}");
        }
    }
}
