//! What is said of a path and of each of its methods.

use schemars::JsonSchema;
use tradepost_problem::Code;

use crate::example::Example;
use crate::schemas::{SchemaOf, request, response};

/// A path and its methods.
pub struct Route {
    pub(crate) pattern: &'static str,
    pub(crate) trigger: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) operations: Vec<Operation>,
}

impl Route {
    /// The route of this pattern, as `spin.toml` has it, under the heading `tag`.
    pub fn at(pattern: &'static str, tag: &'static str) -> Self {
        Self { pattern, trigger: pattern, tag, parameters: Vec::new(), operations: Vec::new() }
    }

    /// Says that the route in `spin.toml` is this one, which matches more.
    #[must_use]
    pub fn within(self, trigger: &'static str) -> Self {
        Self { trigger, ..self }
    }

    /// The route of `spin.toml` that this is a part of, which mostly is the pattern.
    pub fn trigger(&self) -> &'static str {
        self.trigger
    }

    /// Describes the parameter `:name` of the pattern.
    #[must_use]
    pub fn parameter<T: JsonSchema>(mut self, name: &'static str, text: &'static str) -> Self {
        self.parameters.push(Parameter::path::<T>(name, text));
        self
    }

    /// Adds what a method does.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// The pattern.
    pub fn pattern(&self) -> &'static str {
        self.pattern
    }

    /// The path as OpenAPI writes it: `/orders/{order_id}`.
    pub fn template(&self) -> String {
        let segments = self.pattern.split('/').map(|segment| match segment.strip_prefix(':') {
            Some(name) => format!("{{{name}}}"),
            None => segment.to_owned(),
        });
        segments.collect::<Vec<_>>().join("/")
    }

    /// What its methods do.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }
}

/// Who may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Access {
    /// Anyone. A credential that is sent must still be good.
    Open,
    /// Whoever shows a good credential.
    Identified,
    /// Whoever has this scope.
    Scope(&'static str),
}

/// One method of a path.
pub struct Operation {
    pub(crate) method: &'static str,
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) text: &'static str,
    pub(crate) access: Access,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) body: Option<(&'static str, SchemaOf)>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) codes: Vec<Code>,
    pub(crate) examples: Vec<Example>,
}

impl Operation {
    /// `GET`. `id` names the operation in generated clients, in `snake_case`; `summary` says what it does.
    pub fn get(id: &'static str, summary: &'static str) -> Self {
        Self::of("GET", id, summary)
    }

    /// `POST`.
    pub fn post(id: &'static str, summary: &'static str) -> Self {
        Self::of("POST", id, summary)
    }

    /// `PATCH`.
    pub fn patch(id: &'static str, summary: &'static str) -> Self {
        Self::of("PATCH", id, summary)
    }

    /// `PUT`.
    pub fn put(id: &'static str, summary: &'static str) -> Self {
        Self::of("PUT", id, summary)
    }

    /// `DELETE`.
    pub fn delete(id: &'static str, summary: &'static str) -> Self {
        Self::of("DELETE", id, summary)
    }

    fn of(method: &'static str, id: &'static str, summary: &'static str) -> Self {
        Self {
            method,
            id,
            summary,
            text: "",
            access: Access::Open,
            parameters: Vec::new(),
            body: None,
            answers: Vec::new(),
            codes: Vec::new(),
            examples: Vec::new(),
        }
    }

    /// The method, in upper case.
    pub fn method(&self) -> &'static str {
        self.method
    }

    /// The operation's name.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// Who may call.
    pub fn access(&self) -> Access {
        self.access
    }

    /// Requests to try, and what is answered to them.
    pub fn examples(&self) -> &[Example] {
        &self.examples
    }

    /// The media type of its body, if it has one.
    pub fn media_type(&self) -> Option<&'static str> {
        self.body.map(|(media_type, _)| media_type)
    }

    /// The query parameters' names.
    pub fn query_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().filter(|parameter| parameter.place == "query").map(|parameter| parameter.name)
    }

    /// Says more than the summary, in Markdown.
    #[must_use]
    pub fn text(self, text: &'static str) -> Self {
        Self { text, ..self }
    }

    /// Only whoever shows a good credential may call.
    #[must_use]
    pub fn identified(self) -> Self {
        Self { access: Access::Identified, ..self }
    }

    /// Only whoever has this scope may call.
    #[must_use]
    pub fn scope(self, scope: &'static str) -> Self {
        Self { access: Access::Scope(scope), ..self }
    }

    /// A query parameter that may be left out.
    #[must_use]
    pub fn query<T: JsonSchema>(mut self, name: &'static str, text: &'static str) -> Self {
        self.parameters.push(Parameter { place: "query", ..Parameter::path::<T>(name, text) });
        self
    }

    /// A header of the request.
    #[must_use]
    pub fn header<T: JsonSchema>(
        mut self,
        name: &'static str,
        is_required: bool,
        text: &'static str,
    ) -> Self {
        let parameter = Parameter { place: "header", is_required, ..Parameter::path::<T>(name, text) };
        self.parameters.push(parameter);
        self
    }

    /// The method lists things with ids of the kind `Id`, page by page; an item is a `T`.
    #[must_use]
    pub fn list<Id: JsonSchema, T: JsonSchema>(mut self, text: &'static str) -> Self {
        self.parameters.push(Parameter::shared("limit", "query"));
        self.query::<Id>(
            "starting_after",
            "The page begins behind this item. Not together with `ending_before`.",
        )
        .query::<Id>(
            "ending_before",
            "The page ends in front of this item. Not together with `starting_after`.",
        )
        .answer(Answer::json::<crate::Page<T>>(200, text).headers(&["Link"]))
    }

    /// The first item of the list leads on to every route with this parameter in its path.
    #[must_use]
    pub fn first_leads(mut self, parameter: &'static str) -> Self {
        for answer in &mut self.answers {
            answer.leads.push((parameter, "/data/items/0/id"));
        }
        self
    }

    /// The request has a JSON body.
    #[must_use]
    pub fn body<T: JsonSchema>(self) -> Self {
        self.body_of::<T>("application/json")
    }

    /// The request has a body of another media type.
    #[must_use]
    pub fn body_of<T: JsonSchema>(mut self, media_type: &'static str) -> Self {
        self.body = Some((media_type, request::<T>));
        self.problems(&[Code::PayloadTooLarge, Code::UnsupportedMediaType]).problems(
            if media_type.ends_with("json") && !media_type.contains("ndjson") {
                &[Code::MalformedJson, Code::ValidationFailed]
            } else {
                &[]
            },
        )
    }

    /// An `Idempotency-Key` may be sent, and makes a repeated request have its effect once.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.parameters.push(Parameter::shared("IdempotencyKey", "header"));
        self.with_kept_answers()
    }

    /// The same, and it must be sent.
    #[must_use]
    pub fn idempotency_required(mut self) -> Self {
        self.parameters.push(Parameter::shared("RequiredIdempotencyKey", "header"));
        self.with_kept_answers().problems(&[Code::IdempotencyKeyRequired])
    }

    fn with_kept_answers(mut self) -> Self {
        for answer in &mut self.answers {
            answer.headers.push("Idempotent-Replayed");
        }
        self.problems(&[Code::IdempotencyKeyMalformed, Code::IdempotencyKeyReused])
    }

    /// An edit, which has to say which version it is based on.
    #[must_use]
    pub fn if_match(mut self) -> Self {
        self.parameters.push(Parameter::shared("RequiredIfMatch", "header"));
        self.problems(&[Code::PreconditionRequired, Code::PreconditionFailed])
    }

    /// The same, but it need not say so.
    #[must_use]
    pub fn if_match_optional(mut self) -> Self {
        self.parameters.push(Parameter::shared("IfMatch", "header"));
        self.problems(&[Code::PreconditionFailed])
    }

    /// A client may say how long it would wait.
    #[must_use]
    pub fn prefer_wait(mut self) -> Self {
        self.parameters.push(Parameter::shared("Prefer", "header"));
        self
    }

    /// What is answered when all goes well. Before [`Self::idempotent`], which concerns the answers.
    #[must_use]
    pub fn answer(mut self, answer: Answer) -> Self {
        self.answers.push(answer);
        self
    }

    /// Problems beyond those that follow from the rest.
    #[must_use]
    pub fn problems(mut self, codes: &[Code]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// A request to try.
    #[must_use]
    pub fn example(mut self, example: Example) -> Self {
        self.examples.push(example);
        self
    }
}

/// A parameter of a request.
pub struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) place: &'static str,
    pub(crate) is_required: bool,
    pub(crate) text: &'static str,
    /// `None`: it stands among the components, under its name.
    pub(crate) schema: Option<SchemaOf>,
}

impl Parameter {
    fn path<T: JsonSchema>(name: &'static str, text: &'static str) -> Self {
        Self { name, place: "path", is_required: false, text, schema: Some(request::<T>) }
    }

    fn shared(name: &'static str, place: &'static str) -> Self {
        Self { name, place, is_required: false, text: "", schema: None }
    }
}

/// What is answered when all goes well.
pub struct Answer {
    pub(crate) status: u16,
    pub(crate) text: &'static str,
    pub(crate) content: Option<(&'static str, SchemaOf)>,
    pub(crate) is_enveloped: bool,
    pub(crate) headers: Vec<&'static str>,
    /// Parameters of paths that it has values for, and where.
    pub(crate) leads: Vec<(&'static str, &'static str)>,
}

impl Answer {
    /// `T` in the envelope.
    pub fn json<T: JsonSchema>(status: u16, text: &'static str) -> Self {
        let content = Some(("application/json", response::<T> as SchemaOf));
        Self { status, text, content, is_enveloped: true, ..Self::empty(status, text) }
    }

    /// A body without envelope.
    pub fn bare<T: JsonSchema>(status: u16, media_type: &'static str, text: &'static str) -> Self {
        Self { content: Some((media_type, response::<T>)), is_enveloped: false, ..Self::empty(status, text) }
    }

    /// No body.
    pub fn empty(status: u16, text: &'static str) -> Self {
        Self { status, text, content: None, is_enveloped: false, headers: Vec::new(), leads: Vec::new() }
    }

    /// Leads on to every route with this parameter in its path, whose value a pointer finds in the body.
    #[must_use]
    pub fn leads(mut self, parameter: &'static str, pointer: &'static str) -> Self {
        self.leads.push((parameter, pointer));
        self
    }

    /// Headers beyond those that every answer has; the names are those of the document's components.
    #[must_use]
    pub fn headers(mut self, names: &[&'static str]) -> Self {
        self.headers.extend(names);
        self
    }
}
