//! Who may do what: every caller there could be, at every route and method there is, with what is his own, somebody
//! else's, and not there at all. No wrong allow, and no wrong deny.

mod expected;
mod world;

use expected::{Access, access};
use futures::{StreamExt as _, stream};
use serde_json::Value;
use tradepost_access::Scope;
use tradepost_tests::{Answer, components};
use world::{Caller, Person, Thing, World};

/// How many requests are under way at once.
const AT_ONCE: usize = 16;

/// How it must end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// The endpoint says what it says; not that he may not, nor that he is unknown.
    Admitted,
    /// 401.
    Unknown,
    /// 403.
    Forbidden,
    /// 404, as for what is not there.
    Hidden,
}

fn verdict(caller: &Caller, access: Access, thing: Thing) -> Verdict {
    let may = |scope: Scope| match caller {
        Caller::Staff(scopes) | Caller::Key(scopes) => scopes.contains(scope),
        Caller::Admin => true,
        Caller::Anonymous | Caller::Customer(_) | Caller::Bad(..) => false,
    };
    let is_own =
        |thing: Thing| matches!((caller, thing), (Caller::Customer(one), Thing::Of(other)) if *one == other);
    match (access, caller) {
        (_, Caller::Bad(..)) => Verdict::Unknown,
        (Access::Open, _) => Verdict::Admitted,
        (Access::OwnOrGuests(_), _) if thing == Thing::Absent => Verdict::Hidden,
        (Access::OwnOrGuests(scope), _) if thing == Thing::OfAGuest || is_own(thing) || may(scope) => {
            Verdict::Admitted
        }
        (Access::OwnOrGuests(_), _) => Verdict::Hidden,
        (_, Caller::Anonymous) => Verdict::Unknown,
        (Access::Session, Caller::Key(_) | Caller::Admin) => Verdict::Forbidden,
        (Access::Staff(scope), _) if !may(scope) => Verdict::Forbidden,
        (Access::OwnList(scope), Caller::Key(_)) if !may(scope) => Verdict::Forbidden,
        (Access::Session | Access::Staff(_) | Access::OwnList(_), _) => Verdict::Admitted,
        // Guests have no account.
        (Access::OwnAccount(_) | Access::EditAccount | Access::OnlyOwnAccount, _)
            if matches!(thing, Thing::Absent | Thing::OfAGuest) =>
        {
            Verdict::Hidden
        }
        (_, _) if is_own(thing) => Verdict::Admitted,
        (Access::OwnAccount(scope), _) if may(scope) => Verdict::Admitted,
        (Access::EditAccount, _) if may(Scope::UsersWrite) => Verdict::Admitted,
        (Access::EditAccount, _) if may(Scope::UsersRead) => Verdict::Forbidden,
        (Access::OwnAccount(_) | Access::EditAccount | Access::OnlyOwnAccount, _) => Verdict::Hidden,
    }
}

fn is(verdict: Verdict, answer: &Answer, access: Access) -> bool {
    let code = serde_json::from_slice::<Value>(&answer.body).unwrap_or_default()["code"].clone();
    // The signature of a notice is no credential of a caller's.
    let is_unknown = answer.status == 401 && code != "bad_signature";
    match verdict {
        Verdict::Unknown => is_unknown,
        Verdict::Forbidden => answer.status == 403,
        Verdict::Hidden => answer.status == 404,
        Verdict::Admitted => {
            // Where nothing is anybody's own, what is absent is told to whoever may ask.
            let hides = matches!(
                access,
                Access::OwnOrGuests(_) | Access::OwnAccount(_) | Access::EditAccount | Access::OnlyOwnAccount
            );
            !is_unknown
                && answer.status != 403
                && !(hides && answer.status == 404)
                && (answer.status < 500)
                && answer.status != 429
        }
    }
}

/// An answer without what tells requests apart: its id, and the path.
fn without_names(answer: &Answer, path: &str) -> (u16, Vec<(String, String)>, String) {
    let request_id = answer.header("request-id").to_owned();
    let mut headers: Vec<(String, String)> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "date" && *name != "request-id")
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    headers.sort();
    let body = String::from_utf8(answer.body.to_vec()).unwrap();
    (answer.status, headers, body.replace(&request_id, "REQUEST").replace(path, "PATH"))
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_may_what_he_should_and_nothing_else() {
    let world = World::new().await;
    let callers = world.callers().await;
    let mut asks = Vec::new();
    for (pattern, _) in components().router().routes() {
        let pattern = pattern.as_str();
        let options = world.app.ask("OPTIONS", &world.path(pattern, Thing::Absent)).send().await;
        let allow = options.headers.get("allow").map_or("GET", |allow| allow.to_str().unwrap()).to_owned();
        let things: &[Thing] = if pattern.contains(':') {
            &[Thing::Absent, Thing::Of(Person::Ann), Thing::Of(Person::Bob), Thing::OfAGuest]
        } else {
            &[Thing::Absent]
        };
        for method in allow.split(", ").filter(|method| *method != "OPTIONS") {
            for thing in things {
                for caller in &callers {
                    asks.push((pattern.to_owned(), method.to_owned(), *thing, caller.clone()));
                }
            }
        }
    }
    let count = asks.len();
    let world = &world;
    let faults: Vec<String> = stream::iter(asks)
        .map(|(pattern, method, thing, caller)| async move {
            let access = access(&method, &pattern);
            let path = world.path(&pattern, thing);
            let answer = world.ask(&caller, &method, &path).await;
            let verdict = verdict(&caller, access, thing);
            if !is(verdict, &answer, access) {
                return Some(format!(
                    "{method} {path} of {thing:?} by {caller:?}: {verdict:?}, but {answer:?}"
                ));
            }
            if verdict != Verdict::Hidden || thing == Thing::Absent {
                return None;
            }
            let nothing = world.path(&pattern, Thing::Absent);
            let absent = world.ask(&caller, &method, &nothing).await;
            let (hidden, absent) = (without_names(&answer, &path), without_names(&absent, &nothing));
            (hidden != absent).then(|| format!("{method} {path} by {caller:?}: {hidden:?} is not {absent:?}"))
        })
        .buffer_unordered(AT_ONCE)
        .filter_map(std::future::ready)
        .collect()
        .await;
    println!("{count} requests by {} callers, {} wrong", callers.len(), faults.len());
    assert!(faults.is_empty(), "{} of {count} are wrong, such as\n{}", faults.len(), faults.join("\n"));
    assert!(count > 2_000, "{count} requests are not every route");
}
