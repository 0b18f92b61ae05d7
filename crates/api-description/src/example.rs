//! Requests to try, which a test asks of the running product.

use serde_json::Value;

/// A request, and what becomes of it.
///
/// Texts in it may hold `$name`: what an earlier example has kept under that name. So examples find their order by
/// themselves: one that needs something comes after the one that keeps it.
#[derive(Debug, Clone)]
pub struct Example {
    pub(crate) name: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) caller: Option<Caller>,
    pub(crate) parameters: Vec<(&'static str, &'static str)>,
    pub(crate) body: Option<Content>,
    pub(crate) status: u16,
    pub(crate) keeps: Vec<(&'static str, &'static str)>,
    pub(crate) after: Vec<&'static str>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Nobody says who it is.
    Anonymous,
    /// Whoever has the operator's key.
    Operator,
    /// Whoever has the credential that an example has kept under this name.
    Bearer(&'static str),
}

/// A request's body.
#[derive(Debug, Clone)]
pub enum Content {
    /// JSON, or something whose media type ends in it.
    Json(Value),
    /// Anything else.
    Text(&'static str),
}

impl Example {
    /// The example `name` of its operation, in `snake_case`; `summary` says what it shows, and `status` what is answered.
    pub fn new(name: &'static str, status: u16, summary: &'static str) -> Self {
        Self {
            name,
            summary,
            caller: None,
            parameters: Vec::new(),
            body: None,
            status,
            keeps: Vec::new(),
            after: Vec::new(),
        }
    }

    /// Asked by somebody else than the operation lets one expect: nobody in particular where it is open, else the operator.
    #[must_use]
    pub fn by(self, caller: Caller) -> Self {
        Self { caller: Some(caller), ..self }
    }

    /// With this value of a parameter in the path, the query or a header, whose name begins with a capital. A path's
    /// `:name` that is not set is `$name`.
    #[must_use]
    pub fn with(mut self, parameter: &'static str, value: &'static str) -> Self {
        self.parameters.push((parameter, value));
        self
    }

    /// With this body.
    #[must_use]
    pub fn json(self, body: Value) -> Self {
        Self { body: Some(Content::Json(body)), ..self }
    }

    /// With this body.
    #[must_use]
    pub fn body(self, body: &'static str) -> Self {
        Self { body: Some(Content::Text(body)), ..self }
    }

    /// Keeps something of the answer under a name: what a JSON pointer finds in the body, or a header.
    #[must_use]
    pub fn keeps(mut self, name: &'static str, pointer_or_header: &'static str) -> Self {
        self.keeps.push((name, pointer_or_header));
        self
    }

    /// To be asked after another example, named `operation.example`, though it needs nothing that one keeps.
    #[must_use]
    pub fn after(mut self, example: &'static str) -> Self {
        self.after.push(example);
        self
    }

    /// Its name.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Who asks, if not who is to be expected.
    pub fn caller(&self) -> Option<Caller> {
        self.caller
    }

    /// Values of parameters.
    pub fn parameters(&self) -> &[(&'static str, &'static str)] {
        &self.parameters
    }

    /// The body.
    pub fn content(&self) -> Option<&Content> {
        self.body.as_ref()
    }

    /// What is answered.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// What is kept, and where in the answer it is found.
    pub fn kept(&self) -> &[(&'static str, &'static str)] {
        &self.keeps
    }

    /// What it comes after.
    pub fn predecessors(&self) -> &[&'static str] {
        &self.after
    }
}
