//! The callers there could be, and what they could ask for.

use crate::orders::{bookcase, order};
use crate::products::add;
use crate::users::register;
use serde_json::json;
use std::collections::HashMap;
use tradepost_access::{Scope, Scopes};
use tradepost_ids::UserId;
use tradepost_tests::credentials::{Issuer, api_key, claims, some_user, unix_seconds};
use tradepost_tests::{ADMIN_KEY, Answer, Application};

/// Whoever there could be.
#[derive(Clone, Debug)]
pub(super) enum Caller {
    Anonymous,
    /// One of the two with accounts and orders, by the beginning of the parameter's name; no scopes.
    Customer(Person),
    /// Somebody else, with these scopes.
    Staff(Scopes),
    Key(Scopes),
    Admin,
    /// A credential that is no good, and why.
    Bad(#[expect(dead_code, reason = "Debug shows it where it matters")] &'static str, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Person {
    Ann,
    Bob,
}

/// Whose the thing is that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Of(Person),
    OfAGuest,
    Absent,
}

/// What there is, by route parameter.
pub(super) struct World {
    pub(super) app: Application,
    issuer: Issuer,
    users: HashMap<&'static str, UserId>,
    orders: HashMap<&'static str, String>,
    product: String,
}

const ABSENT: &str = "01h455vb4pex5vsknk084sn02q";

impl Person {
    const fn name(self) -> &'static str {
        match self {
            Self::Ann => "ann",
            Self::Bob => "bob",
        }
    }
}

impl World {
    pub(super) async fn new() -> Self {
        let app = Application::start().await;
        let issuer = Issuer::of(&app).await;
        let product = add(&app, bookcase()).await.data(201)["id"].as_str().unwrap().to_owned();
        let (mut users, mut orders) = (HashMap::new(), HashMap::new());
        for person in [Person::Ann, Person::Bob] {
            let name = person.name();
            let user = register(&app, name, &format!("{name}@example.com")).await.data(201);
            let user: UserId = user["id"].as_str().unwrap().parse().unwrap();
            users.insert(name, user);
            let token = issuer.token(user, "");
            let ask = app.post("/orders").header("authorization", format!("Bearer {token}"));
            let placed = ask.idempotency_key(name).json(order("BK-1", 1)).send().await.data(201);
            orders.insert(name, placed["id"].as_str().unwrap().to_owned());
        }
        let placed =
            app.post("/orders").idempotency_key("guest").json(order("BK-1", 1)).send().await.data(201);
        orders.insert("guest", placed["id"].as_str().unwrap().to_owned());
        Self { app, issuer, users, orders, product }
    }

    /// A credential of this caller's, new each time, so that one request cannot end it for the next.
    async fn credential(&self, caller: &Caller) -> Option<String> {
        match caller {
            Caller::Anonymous => None,
            Caller::Customer(person) => Some(self.issuer.token(self.users[person.name()], "")),
            Caller::Staff(scopes) => Some(self.issuer.token(some_user(), &scopes.to_string())),
            Caller::Key(scopes) => Some(api_key(&self.app.views(), &scopes.to_string(), false).await.1),
            Caller::Admin => Some(ADMIN_KEY.to_owned()),
            Caller::Bad(_, credential) => Some(credential.clone()),
        }
    }

    pub(super) async fn callers(&self) -> Vec<Caller> {
        let mut callers = vec![
            Caller::Anonymous,
            Caller::Customer(Person::Ann),
            Caller::Customer(Person::Bob),
            Caller::Key(Scopes::NONE),
            Caller::Staff(Scopes::all()),
            Caller::Key(Scopes::all()),
            Caller::Admin,
        ];
        for scope in Scope::ALL {
            callers.push(Caller::Staff(Scopes::NONE.with(*scope)));
            callers.push(Caller::Key(Scopes::NONE.with(*scope)));
        }
        let (views, ann, now) = (self.app.views(), self.users["ann"], unix_seconds());
        let everything = Scopes::all().to_string();
        let ended = claims(ann, &everything, now);
        views.set(&format!("session:{}:ended", ended.session), b"1".to_vec()).await.unwrap();
        let good = self.issuer.token(ann, "");
        let another = self.issuer.token(ann, &everything);
        let (parts, others): (Vec<&str>, Vec<&str>) =
            (good.split('.').collect(), another.split('.').collect());
        for (fault, credential) in [
            ("expired", self.issuer.key().sign(&claims(ann, &everything, now - 901))),
            ("not valid yet", self.issuer.key().sign(&claims(ann, &everything, now + 600))),
            ("forged by somebody else", Issuer::numbered(6).token(ann, &everything)),
            ("forged from two", format!("{}.{}.{}", parts[0], others[1], parts[2])),
            ("unsigned", format!("{}.{}.", parts[0], parts[1])),
            ("ended", self.issuer.key().sign(&ended)),
            ("a revoked key", api_key(&views, &everything, true).await.1),
            ("an unknown key", format!("tp_{}", "a".repeat(43))),
            ("nonsense", "nonsense".to_owned()),
        ] {
            callers.push(Caller::Bad(fault, credential));
        }
        callers
    }

    /// The path of a route with what its parameters name filled in.
    pub(super) fn path(&self, pattern: &str, thing: Thing) -> String {
        let name = match thing {
            Thing::Of(person) => Some(person.name()),
            Thing::OfAGuest => Some("guest"),
            Thing::Absent => None,
        };
        let absent = |prefix: &str| format!("{prefix}_{ABSENT}");
        let fill = |part: &str| match part {
            ":order_id" => name.map_or_else(|| absent("order"), |name| self.orders[name].clone()),
            ":user_id" => {
                name.and_then(|name| self.users.get(name)).map_or_else(|| absent("user"), ToString::to_string)
            }
            ":product_id" => name.map_or_else(|| absent("product"), |_| self.product.clone()),
            ":payment_id" => {
                name.map_or_else(|| absent("payment"), |name| self.orders[name].replace("order_", "payment_"))
            }
            ":sku" => name.map_or_else(|| "ABSENT".to_owned(), |_| "BK-1".to_owned()),
            ":key_id" => absent("key"),
            ":letter_id" => absent("letter"),
            "..." => "nothing".to_owned(),
            part => {
                assert!(!part.starts_with(':'), "say what {part} is filled in with");
                part.to_owned()
            }
        };
        pattern.split('/').map(fill).collect::<Vec<_>>().join("/")
    }

    /// Asks for nothing that could have an effect: the body says nothing, and no version is as high as that.
    pub(super) async fn ask(&self, caller: &Caller, method: &str, path: &str) -> Answer {
        let mut ask = self.app.ask(method, path).header("if-match", "\"999999999\"");
        if let Some(credential) = self.credential(caller).await {
            ask = ask.header("authorization", format!("Bearer {credential}"));
        }
        match method {
            "PATCH" => ask = ask.bytes("application/merge-patch+json", "{}"),
            "POST" => ask = ask.json(json!({})),
            _ => {}
        }
        ask.send().await
    }
}
