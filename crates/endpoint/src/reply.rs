//! What a handler answers when all went well.

use std::fmt::Display;

use serde::Serialize;
use tradepost_problem::{Problem, success_body, success_body_from_json};

use crate::outgoing::Writing;
use crate::{Admitted, Outgoing, Page};

/// A successful answer. The wrapper adds the headers that every answer has.
#[derive(Debug)]
pub struct Reply {
    pub(crate) status: u16,
    /// `None`: the answer has no body and says so by having no length either.
    pub(crate) content_type: Option<&'static str>,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
    pub(crate) holds_secret: bool,
}

/// The body of an answer.
#[derive(Debug)]
pub(crate) enum Body {
    Whole(Vec<u8>),
    Stream(Writing),
}

impl Reply {
    /// 200 with `data` in the envelope.
    pub fn ok<T: Serialize + ?Sized>(data: &T) -> Result<Self, Problem> {
        Ok(Self::enveloped(200, success_body(data)?))
    }

    /// 200 with `data`, which is JSON already, in the envelope.
    pub fn ok_json(data: &[u8]) -> Self {
        Self::enveloped(200, success_body_from_json(data))
    }

    /// 200 with a page of a list: `{"items": […], "has_more": …}` and the `Link` header that leads on.
    ///
    /// `items` are in the list's order, each with its id; `has_more` is whether there are more in the direction in
    /// which `page` was asked for.
    pub fn list<Id: Display, T: Serialize>(
        request: &Admitted,
        page: &Page<Id>,
        items: &[(Id, T)],
        has_more: bool,
    ) -> Result<Self, Problem> {
        Self::page(request, page, items, has_more, |item, body| Ok(serde_json::to_writer(body, item)?))
    }

    /// The same with items that are JSON already.
    pub fn list_json<Id: Display, T: AsRef<[u8]>>(
        request: &Admitted,
        page: &Page<Id>,
        items: &[(Id, T)],
        has_more: bool,
    ) -> Result<Self, Problem> {
        Self::page(request, page, items, has_more, |item, body| {
            body.extend_from_slice(item.as_ref());
            Ok(())
        })
    }

    fn page<Id: Display, T>(
        request: &Admitted,
        page: &Page<Id>,
        items: &[(Id, T)],
        has_more: bool,
        write: impl Fn(&T, &mut Vec<u8>) -> Result<(), Problem>,
    ) -> Result<Self, Problem> {
        let ends = items.first().zip(items.last()).map(|((first, _), (last, _))| (first, last));
        let link = page.link(&request.path, &request.query, ends, has_more);
        let reply = Self::ok_json(&list_data(items, has_more, write)?);
        Ok(match link {
            Some(link) => reply.header("link", link),
            None => reply,
        })
    }

    /// 201 with `data` in the envelope; `location` is the path of what was created.
    pub fn created<T: Serialize + ?Sized>(location: String, data: &T) -> Result<Self, Problem> {
        Ok(Self::enveloped(201, success_body(data)?).header("location", location))
    }

    /// 202 with `data` in the envelope: what was asked for goes on.
    pub fn accepted<T: Serialize + ?Sized>(data: &T) -> Result<Self, Problem> {
        Ok(Self::enveloped(202, success_body(data)?))
    }

    /// 204: done, and there is nothing to say of it.
    pub fn no_content() -> Self {
        Self {
            status: 204,
            content_type: None,
            headers: Vec::new(),
            body: Body::Whole(Vec::new()),
            holds_secret: false,
        }
    }

    /// `body` is the envelope already.
    pub fn enveloped(status: u16, body: Vec<u8>) -> Self {
        Self {
            status,
            content_type: Some("application/json"),
            headers: Vec::new(),
            body: Body::Whole(body),
            holds_secret: false,
        }
    }

    /// 200 with a document that is no JSON of ours, such as a page, a script or a description of the API.
    pub fn document(content_type: &'static str, body: Vec<u8>) -> Self {
        Self { content_type: Some(content_type), ..Self::enveloped(200, body) }
    }

    /// 304: the client has it already. `etag` is that of what it has (RFC 9110, section 15.4.5).
    pub fn not_modified(etag: impl Into<String>) -> Self {
        Self { status: 304, ..Self::no_content() }.header("etag", etag)
    }

    /// 200 with a body that `write` writes while the answer is on its way already.
    ///
    /// What goes wrong from then on can only be said in the body. The answer has no length, so on Spin its last part
    /// may come 40 ms late; this is for answers that take longer than that.
    pub fn stream<F>(content_type: &'static str, write: impl FnOnce(Outgoing) -> F + 'static) -> Self
    where
        F: Future<Output = ()> + 'static,
    {
        let writing = Writing(Box::new(|out| Box::pin(write(out))));
        Self {
            status: 200,
            content_type: Some(content_type),
            headers: Vec::new(),
            body: Body::Stream(writing),
            holds_secret: false,
        }
    }

    /// An answer that was kept under an idempotency key, as it was given the first time.
    pub fn replayed(status: u16, location: Option<String>, body: Vec<u8>) -> Self {
        let reply = if body.is_empty() {
            Self { status, ..Self::no_content() }
        } else {
            Self::enveloped(status, body)
        };
        match location {
            Some(location) => reply.header("location", location),
            None => reply,
        }
        .given_before()
    }

    /// Says that the same request came before, under the same idempotency key, and that this was the answer to it.
    #[must_use]
    pub fn given_before(self) -> Self {
        self.header("idempotent-replayed", "true")
    }

    /// Adds the strong entity tag of this version. Every state of an aggregate has a version of its own, and one
    /// version has one form here: that is what makes the tag strong.
    #[must_use]
    pub fn etag(self, version: u64) -> Self {
        self.header("etag", format!("\"{version}\""))
    }

    /// For an answer with a credential in it: it is never compressed, because how well it compresses would tell of what
    /// is in it to who chooses another part of it (the BREACH attack).
    #[must_use]
    pub fn holding_secret(self) -> Self {
        Self { holds_secret: true, ..self }
    }

    /// Adds a header; its name in lower case. One that every answer has is replaced by it.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

fn list_data<Id, T>(
    items: &[(Id, T)],
    has_more: bool,
    write: impl Fn(&T, &mut Vec<u8>) -> Result<(), Problem>,
) -> Result<Vec<u8>, Problem> {
    let mut data = Vec::with_capacity(64 + 512 * items.len());
    data.extend_from_slice(br#"{"items":["#);
    for (index, (_, item)) in items.iter().enumerate() {
        if index > 0 {
            data.push(b',');
        }
        write(item, &mut data)?;
    }
    data.extend_from_slice(if has_more { br#"],"has_more":true}"# } else { br#"],"has_more":false}"# });
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::list_data;

    #[test]
    fn a_list_is_its_items_with_commas_between_them() {
        let data = |items: &[((), u8)], has_more| {
            let write = |item: &u8, data: &mut Vec<u8>| Ok(serde_json::to_writer(data, item)?);
            String::from_utf8(list_data(items, has_more, write).unwrap()).unwrap()
        };
        assert_eq!(data(&[], false), r#"{"items":[],"has_more":false}"#);
        assert_eq!(data(&[((), 1)], true), r#"{"items":[1],"has_more":true}"#);
        assert_eq!(data(&[((), 1), ((), 2)], false), r#"{"items":[1,2],"has_more":false}"#);
    }
}
