//! What people ask about themselves, and staff about them.

use serde_json::json;
use tradepost_tests::Ask;

use super::{Teller, id, rest, text};

const PASSWORD: &str = "correct horse battery";

pub(super) async fn tell(teller: &Teller<'_>) {
    let email = format!("{}@example.com", teller.name);
    let by = |token: &str, method: &str, path: &str, words: &str| -> Ask {
        teller.ask(method, path, words).header("authorization", format!("Bearer {token}"))
    };
    let staff = |method: &str, path: &str, words: &str| teller.ask(method, path, words).as_admin();

    let guest = json!({"name": "Bob", "email": format!("guest.{email}")});
    teller.ask("POST", "/users", "POST").json(guest).send().await.data(201);
    let ada = json!({"name": "Ada", "email": email, "password": PASSWORD});
    let ada = teller.ask("POST", "/users", "POST with a password").json(ada).send().await.data(201);
    let path = format!("/users/{}", id(&ada));

    let wrong = json!({"email": email, "password": "a wrong guess"});
    let refused = teller.ask("POST", "/sessions", "POST in vain").json(wrong).send().await;
    assert_eq!(refused.status, 401);
    let right = json!({"email": email, "password": PASSWORD});
    let session = teller.ask("POST", "/sessions", "POST").json(right).send().await.data(201);
    let refresh = json!({"refresh_token": text(&session, "refresh_token")});
    let session = teller.ask("POST", "/sessions/refresh", "POST").json(refresh).send().await.data(200);
    let token = text(&session, "access_token");
    by(token, "GET", &path, "GET").send().await.data(200);
    let change = by(token, "PATCH", &path, "PATCH").header("if-match", "*");
    change.bytes("application/merge-patch+json", br#"{"name": "Ada L."}"#.to_vec()).send().await.data(200);
    staff("GET", "/users", "GET").send().await.data(200);
    teller.ask("GET", "/.well-known/jwks.json", "GET").send().await;
    assert_eq!(by(token, "DELETE", "/sessions", "DELETE").send().await.status, 204);
    assert_eq!(staff("DELETE", &path, "DELETE").send().await.status, 204);

    let key = json!({"name": "Warehouse", "scopes": ["stock:read"]});
    let key = staff("POST", "/api-keys", "POST").json(key).send().await.data(201);
    rest().await;
    staff("GET", "/api-keys", "GET").send().await.data(200);
    let revoked = staff("DELETE", &format!("/api-keys/{}", id(&key)), "DELETE").send().await;
    assert_eq!(revoked.status, 204);
    rest().await;
}
