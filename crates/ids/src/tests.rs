//! What holds for every kind of id is shown on two of them: one macro makes them all.

use proptest::prelude::*;
use uuid::Uuid;

use crate::{EventId, OrderId, PREFIXES, ParseIdError, UserId};

fn order_id(text: &str) -> Result<OrderId, ParseIdError> {
    text.parse()
}

#[test]
fn the_texts_are_those_of_the_typeid_specification() {
    let rows = [
        ("00000000-0000-0000-0000-000000000000", "order_00000000000000000000000000"),
        ("00000000-0000-0000-0000-000000000001", "order_00000000000000000000000001"),
        ("00000000-0000-0000-0000-00000000000a", "order_0000000000000000000000000a"),
        ("00000000-0000-0000-0000-000000000010", "order_0000000000000000000000000g"),
        ("00000000-0000-0000-0000-000000000020", "order_00000000000000000000000010"),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", "order_7zzzzzzzzzzzzzzzzzzzzzzzzz"),
        ("0110c853-1d09-52d8-d73e-1194e95b5f19", "order_0123456789abcdefghjkmnpqrs"),
        ("01890a5d-ac96-774b-bcce-b302099a8057", "order_01h455vb4pex5vsknk084sn02q"),
    ];
    for (uuid, text) in rows {
        let id = OrderId::from_uuid(uuid.parse().unwrap());
        assert_eq!(id.to_string(), text);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(id.as_uuid().to_string(), uuid);
    }
}

#[test]
fn another_kinds_id_is_refused() {
    let expected = Err(ParseIdError::Prefix { expected: "order" });
    for text in [
        "user_01h455vb4pex5vsknk084sn02q",
        "orders_01h455vb4pex5vsknk084sn02q",
        "ORDER_01h455vb4pex5vsknk084sn02q",
        "order01h455vb4pex5vsknk084sn02q",
        "01h455vb4pex5vsknk084sn02q",
        "_01h455vb4pex5vsknk084sn02q",
        " order_01h455vb4pex5vsknk084sn02q",
        "",
    ] {
        assert_eq!(order_id(text), expected, "{text:?}");
    }
}

#[test]
fn an_id_has_one_spelling_only() {
    let rows = [
        ("order_", ParseIdError::Length),
        ("order_01h455vb4pex5vsknk084sn02", ParseIdError::Length),
        ("order_01h455vb4pex5vsknk084sn02qq", ParseIdError::Length),
        ("order_01h455vb4pex5vsknk084sn02q ", ParseIdError::Length),
        ("order_01H455VB4PEX5VSKNK084SN02Q", ParseIdError::Alphabet),
        ("order_o1h455vb4pex5vsknk084sn02q", ParseIdError::Alphabet),
        ("order_0ih455vb4pex5vsknk084sn02q", ParseIdError::Alphabet),
        ("order_0lh455vb4pex5vsknk084sn02q", ParseIdError::Alphabet),
        ("order_01h455vb4pex5vsknk084sn0-q", ParseIdError::Alphabet),
        ("order_01h455vb4pex5vsknk084sn0é", ParseIdError::Alphabet),
        ("order_8zzzzzzzzzzzzzzzzzzzzzzzzz", ParseIdError::Overflow),
        ("order_z0000000000000000000000000", ParseIdError::Overflow),
    ];
    for (text, error) in rows {
        assert_eq!(order_id(text), Err(error), "{text:?}");
    }
}

#[test]
fn json_has_the_text_and_refuses_other_kinds() {
    let id = UserId::from_uuid(Uuid::from_u128(7));
    let json = serde_json::to_string(&id).unwrap();
    assert_eq!(json, r#""user_00000000000000000000000007""#);
    assert_eq!(serde_json::from_str::<UserId>(&json).unwrap(), id);
    assert!(serde_json::from_str::<EventId>(&json).is_err());
    assert!(serde_json::from_str::<UserId>("7").is_err());
}

#[test]
fn no_two_kinds_share_a_prefix_and_all_prefixes_are_plain() {
    let mut prefixes = PREFIXES.to_vec();
    prefixes.sort_unstable();
    prefixes.dedup();
    assert_eq!(prefixes.len(), PREFIXES.len());
    assert!(prefixes.iter().all(|prefix| prefix.bytes().all(|byte| byte.is_ascii_lowercase())));
}

proptest! {
    #[test]
    fn what_is_written_can_be_read(value: u128) {
        let id = OrderId::from_uuid(Uuid::from_u128(value));
        prop_assert_eq!(order_id(&id.to_string()), Ok(id));
    }

    #[test]
    fn texts_sort_as_the_uuids_do(a: u128, b: u128) {
        let (a, b) = (OrderId::from_uuid(Uuid::from_u128(a)), OrderId::from_uuid(Uuid::from_u128(b)));
        prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
    }

    #[test]
    fn what_can_be_read_is_written_the_same(text in "order_[0-9a-z]{26}") {
        if let Ok(id) = order_id(&text) {
            prop_assert_eq!(id.to_string(), text);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>(), suffix in any::<String>()) {
        let _ = order_id(&text);
        let _ = order_id(&format!("order_{suffix}"));
    }
}
