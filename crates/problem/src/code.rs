//! The registry of problems: one code for each choice a client has, with its status and title.
//!
//! The documentation page of problems is made from this file.

/// Declares the problems. The first line of each is what the documentation page says of it.
macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $name:ident = $status:literal $code:literal $title:literal;)+) => {
        /// Which problem it is. Clients decide by [`Self::as_str`]; the status and the title follow from it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Code {
            /// Every problem, by status.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as it stands in the body, in `snake_case`. It never changes its meaning.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// The HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)+ }
            }

            /// The problem in a few words, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What the problem means and what to do about it, for the documentation page.
            pub const fn documentation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc, "\n"),+).trim_ascii(),)+ }
            }

            /// Where the documentation page describes it: the `type` of RFC 9457.
            pub const fn type_uri(self) -> &'static str {
                match self { $(Self::$name => concat!("/docs/problems#", $code),)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON. `line` and `column` say where it stops being that.
    MalformedJson = 400 "malformed_json" "Malformed JSON";
    /// The request's path, query or headers are not well-formed; the detail says which part.
    MalformedRequest = 400 "malformed_request" "Malformed request";
    /// The body is JSON, but fields are missing, unknown or wrong. `errors` lists all of them.
    ValidationFailed = 400 "validation_failed" "Validation failed";
    /// This request needs an `Idempotency-Key` header, so that repeating it is safe. Choose a new random one for
    /// each new intent, and send the same one with every attempt at it.
    IdempotencyKeyRequired = 400 "idempotency_key_required" "Idempotency key required";
    /// An `Idempotency-Key` is 1 to 255 visible ASCII characters, bare or in double quotes.
    IdempotencyKeyMalformed = 400 "idempotency_key_malformed" "Malformed idempotency key";
    /// The notice's signature is missing, old, or not that of its body with the secret that is agreed on.
    BadSignature = 401 "bad_signature" "Not signed";
    /// The request carries no credential that is good now. Send one as `Authorization: Bearer <token>`.
    Unauthenticated = 401 "unauthenticated" "Not authenticated";
    /// The payment provider did not give the money back. `decline_code` says why, in the provider's word.
    RefundDeclined = 402 "refund_declined" "Refund declined";
    /// The credential is good, but what it stands for may not do this.
    Forbidden = 403 "forbidden" "Not allowed";
    /// There is no such thing, or it belongs to somebody else: the two look the same.
    NotFound = 404 "not_found" "Not found";
    /// The resource exists but does not know the method. The `Allow` header lists those it knows.
    MethodNotAllowed = 405 "method_not_allowed" "Method not allowed";
    /// The resource cannot be had in a form that `Accept` and `Accept-Encoding` take. The detail says in which it can.
    NotAcceptable = 406 "not_acceptable" "Not acceptable";
    /// The request did not arrive in the time that one may take. Send it again over a connection that is fast enough.
    RequestTooSlow = 408 "request_too_slow" "Request too slow";
    /// Another user has registered with this e-mail address, perhaps in other letter case.
    EmailTaken = 409 "email_taken" "E-mail address taken";
    /// Another product has this SKU.
    SkuTaken = 409 "sku_taken" "SKU taken";
    /// There is less available than this takes away. `available` tells how much there is.
    InsufficientStock = 409 "insufficient_stock" "Not enough stock";
    /// More would be in stock than can be counted: 2^53 - 1 pieces.
    StockOverflow = 409 "stock_overflow" "Too much stock";
    /// Somebody else changed the thing at the same time. Look at it again and, if it still makes sense, repeat the
    /// request.
    Conflict = 409 "conflict" "Changed at the same time";
    /// The order is in a state in which this cannot be done. `allowed` lists the states it can go to from there.
    IllegalTransition = 409 "illegal_transition" "Not possible in this state";
    /// The thing has changed since the version that `If-Match` names. Read it again, and repeat the edit with its new
    /// `ETag` if it still makes sense.
    PreconditionFailed = 412 "precondition_failed" "Changed since";
    /// The body is larger than this resource takes.
    PayloadTooLarge = 413 "payload_too_large" "Body too large";
    /// Path and query are longer than any that is answered here.
    TargetTooLong = 414 "target_too_long" "Path or query too long";
    /// The body's content type is not one that this resource reads.
    UnsupportedMediaType = 415 "unsupported_media_type" "Unsupported media type";
    /// The `Idempotency-Key` was used before with another body. Send the first body again to get its answer, or
    /// choose a new key for a new intent.
    IdempotencyKeyReused = 422 "idempotency_key_reused" "Idempotency key reused";
    /// Lines of the order name products that are not on sale. `errors` points at each of them.
    UnknownSku = 422 "unknown_sku" "Product not on sale";
    /// The products of an order must be priced in one currency. `errors` points at the first that is not.
    MixedCurrencies = 422 "mixed_currencies" "More than one currency";
    /// The order's total is greater than can be billed at once. Divide the order.
    TotalTooLarge = 422 "total_too_large" "Total too large";
    /// That much cannot be given back, or not in this currency. `refundable` tells how much is left of what was taken.
    NotRefundable = 422 "not_refundable" "Not refundable";
    /// The order has no such line, or fewer pieces of it than are to be sent or taken back. `errors` points at each.
    NotThatMany = 422 "not_that_many" "Not that many pieces";
    /// An edit must say which version it is based on. Read the thing and send its `ETag` as `If-Match`.
    PreconditionRequired = 428 "precondition_required" "If-Match required";
    /// More requests came than are served to one caller. `Retry-After` tells after how many seconds there may be another,
    /// and `RateLimit-Policy` how many there may be in which time.
    RateLimited = 429 "rate_limited" "Too many requests";
    /// The request has more headers than are read, or longer ones.
    HeadersTooLarge = 431 "headers_too_large" "Headers too large";
    /// A fault of the service. Nothing about the request has to change; give the request id to whoever runs it.
    Internal = 500 "internal" "Internal error";
    /// Something the service depends on does not answer. Repeat the request after the seconds that `Retry-After`
    /// tells; with an `Idempotency-Key` where it changes anything.
    Unavailable = 503 "unavailable" "Temporarily unavailable";
    /// The request took longer than any request may. It may have had its effect: repeat it with the same
    /// `Idempotency-Key` where it changes anything.
    DeadlineExceeded = 504 "deadline_exceeded" "Took too long";
}
