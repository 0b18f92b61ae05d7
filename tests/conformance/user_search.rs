//! The port `identity/user-search`, on the store that `identity/user-directory` writes.

use crate::ground::{Ground, Plug, call};
use crate::user_directory::{self, Directory, user};
use port::Port;
use port::exports::tradepost::identity::user_search::{Filter, Page, SearchError, Start};
use tradepost::adapter::Adapter;

mod port {
    #![allow(missing_docs, unreachable_pub, clippy::pedantic, reason = "generated")]

    wasmtime::component::bindgen!({
        path: "../wit/identity",
        inline: "
            package tradepost:conformance;

            world port {
                export tradepost:identity/user-search@0.1.0;
            }
        ",
        additional_derives: [PartialEq],
    });
}

const POSTGRES: Plug = Plug { package: "user-search-postgres", granted_as: "identity-users" };

pub(crate) const ADAPTERS: &[Plug] = &[POSTGRES];

/// The adapters of the two ports that work on one store: who is registered through the one is found by the other.
const WITH_DIRECTORY: &[(Plug, Plug)] = &[(POSTGRES, user_directory::POSTGRES)];

struct Search {
    adapter: Adapter,
    port: Port,
}

impl Search {
    async fn on(ground: &Ground, plug: Plug) -> Self {
        let mut adapter = ground.instance(plug).await;
        let port = Port::new(&mut adapter.store, &adapter.instance).unwrap();
        Self { adapter, port }
    }

    async fn search(&mut self, filter: &Filter, start: Start, limit: u32) -> Result<Page, SearchError> {
        call!(self.tradepost_identity_user_search.call_search(filter.clone(), start, limit))
    }

    /// The names on a page, and whether there is more.
    async fn names(&mut self, filter: &Filter, start: Start, limit: u32) -> (String, bool) {
        let page = self.search(filter, start, limit).await.unwrap();
        let names: Vec<_> = page.users.iter().map(|user| user.name.as_str()).collect();
        (names.join(" "), page.has_more)
    }
}

fn all() -> Filter {
    Filter { words: None, email_key: None }
}

/// Registers these, the last being the newest; their ids.
async fn register(ground: &Ground, plug: Plug, names: &[&str]) -> Vec<String> {
    let mut directory = Directory::on(ground, plug).await;
    let mut ids = Vec::new();
    for name in names {
        let user = user(name);
        directory.register(&user, &user.email).await.unwrap();
        ids.push(user.id);
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_found_as_the_directory_has_it() {
    for (search, directory) in WITH_DIRECTORY {
        let ground = Ground::fresh().await;
        let mut writer = Directory::on(&ground, *directory).await;
        let mut written = user("ann");
        written.verified_at = Some(1_795_348_800_123_457);
        written.scopes = "orders:read operations".to_owned();
        writer.register(&written, "key").await.unwrap();
        let page = Search::on(&ground, *search).await.search(&all(), Start::Top, 10).await.unwrap();
        assert_eq!((page.users.len(), page.has_more), (1, false));
        let found = &page.users[0];
        assert_eq!((&found.id, &found.name, &found.email), (&written.id, &written.name, &written.email));
        assert_eq!((found.created_at, found.verified_at), (written.created_at, written.verified_at));
        assert_eq!((&found.scopes, found.version), (&written.scopes, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_from_the_newest_to_the_oldest_and_back() {
    for (search, directory) in WITH_DIRECTORY {
        let ground = Ground::fresh().await;
        let ids = register(&ground, *directory, &["a", "b", "c", "d", "e"]).await;
        let mut search = Search::on(&ground, *search).await;
        let (after, before) =
            (|n: usize| Start::After(ids[n].clone()), |n: usize| Start::Before(ids[n].clone()));
        for (start, limit, expected, has_more) in [
            (Start::Top, 2, "e d", true),
            (Start::Top, 5, "e d c b a", false),
            (after(3), 2, "c b", true),
            (after(1), 2, "a", false),
            (after(0), 2, "", false),
            (before(0), 2, "c b", true),
            (before(2), 2, "e d", false),
            (before(4), 2, "", false),
            // A limit that is none counts as the nearest that is one.
            (Start::Top, 0, "e", true),
            (Start::Top, 1_000, "e d c b a", false),
        ] {
            let context = format!("{start:?} {limit}");
            let page = search.names(&all(), start, limit).await;
            assert_eq!(page, (expected.to_owned(), has_more), "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_are_how_parts_of_names_and_addresses_begin_and_an_address_is_itself() {
    for (search, directory) in WITH_DIRECTORY {
        let ground = Ground::fresh().await;
        register(&ground, *directory, &["ann", "anna", "bob"]).await;
        let mut search = Search::on(&ground, *search).await;
        let words = |words: &str| Filter { words: Some(words.to_owned()), ..all() };
        let email = |key: &str| Filter { email_key: Some(key.to_owned()), ..all() };
        for (filter, expected) in [
            (words("ann"), "anna ann"),
            (words("ANNA"), "anna"),
            (words("bob@example.com"), "bob"),
            (words("exam ann"), "anna ann"),
            (words("ob"), ""),
            (words("bob ann"), ""),
            (words("' | \\ & ! ( :*"), ""),
            (email("ann@example.com"), "ann"),
            (email("ann@example"), ""),
            (Filter { words: Some("bob".to_owned()), ..email("ann@example.com") }, ""),
        ] {
            let page = search.names(&filter, Start::Top, 10).await;
            assert_eq!(page, (expected.to_owned(), false), "{filter:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_does_not_answer_is_unavailable() {
    for plug in ADAPTERS {
        let ground = Ground::away().await;
        let found = Search::on(&ground, *plug).await.search(&all(), Start::Top, 1).await;
        assert!(matches!(found, Err(SearchError::Unavailable(_))), "{plug:?} {found:?}");
    }
}
