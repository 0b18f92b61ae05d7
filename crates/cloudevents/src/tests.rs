//! Envelopes as they travel.

use serde_json::{Value, json};
use tradepost_timestamp::Timestamp;

use crate::{CloudEvent, JsonContent, Outgoing, SpecVersion, batch};

fn event() -> CloudEvent {
    CloudEvent {
        specversion: SpecVersion::Only,
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        source: "/ordering".to_owned(),
        event_type: "tradepost.ordering.order-placed.v1".to_owned(),
        subject: "order_01h455vb4pex5vsknk084sn02q".to_owned(),
        time: Timestamp::from_micros(0),
        partitionkey: "order_01h455vb4pex5vsknk084sn02q".to_owned(),
        sequence: 1,
        traceparent: None,
        datacontenttype: JsonContent::Only,
        data: json!({"a": 1}),
    }
}

#[test]
fn an_event_travels_like_this() {
    let expected = concat!(
        r#"{"specversion":"1.0","id":"01890a5d-ac96-774b-bcce-b302099a8057","source":"/ordering","#,
        r#""type":"tradepost.ordering.order-placed.v1","subject":"order_01h455vb4pex5vsknk084sn02q","#,
        r#""time":"1970-01-01T00:00:00.000000Z","partitionkey":"order_01h455vb4pex5vsknk084sn02q","#,
        r#""sequence":"00000000000000000001","datacontenttype":"application/json","data":{"a":1}}"#,
    );
    assert_eq!(serde_json::to_string(&event()).unwrap(), expected);
    assert_eq!(serde_json::from_str::<CloudEvent>(expected).unwrap(), event());
}

#[test]
fn sequences_sort_as_text() {
    let text =
        |sequence| serde_json::to_value(CloudEvent { sequence, ..event() }).unwrap()["sequence"].to_string();
    assert!(text(9) < text(10));
    assert!(text(10) < text(u64::MAX));
}

#[test]
fn a_missing_empty_or_foreign_attribute_is_refused() {
    let good = serde_json::to_value(event()).unwrap();
    let with = |name: &str, value: Value| {
        let mut json = good.clone();
        json[name] = value;
        serde_json::from_value::<CloudEvent>(json)
    };
    for name in ["specversion", "id", "source", "type", "subject", "time", "partitionkey", "sequence", "data"]
    {
        let mut json = good.clone();
        json.as_object_mut().unwrap().remove(name);
        assert!(serde_json::from_value::<CloudEvent>(json).is_err(), "without {name}");
    }
    for name in ["specversion", "id", "source", "type", "subject", "time", "partitionkey", "sequence"] {
        assert!(with(name, json!("")).is_err(), "empty {name}");
    }
    assert!(with("specversion", json!("0.3")).is_err());
    assert!(with("datacontenttype", json!("text/xml")).is_err());
    assert!(with("sequence", json!("+1")).is_err());
    assert!(with("sequence", json!(-1)).is_err());
    assert!(with("sequence", json!("18446744073709551616")).is_err());
}

#[test]
fn what_others_add_is_passed_over() {
    let mut json = serde_json::to_value(event()).unwrap();
    json["comexampleextension"] = json!("x");
    json["sequence"] = json!(1);
    json["traceparent"] = json!("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    let read: CloudEvent = serde_json::from_value(json).unwrap();
    assert_eq!(read.sequence, 1);
    assert!(read.traceparent.is_some());
}

#[test]
fn a_batch_is_written_as_its_events_are_read() {
    let with_trace = CloudEvent {
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        data: json!({"text": "\"\\ü\u{2028}"}),
        ..event()
    };
    let events = [event(), with_trace];
    let data = events.each_ref().map(|event| event.data.to_string());
    let outgoing = events.iter().zip(&data).map(|(event, data)| Outgoing {
        id: &event.id,
        source: &event.source,
        event_type: &event.event_type,
        subject: &event.subject,
        time: event.time,
        partitionkey: &event.partitionkey,
        sequence: event.sequence,
        traceparent: event.traceparent.as_deref(),
        data,
    });
    let written = batch(outgoing.clone());
    assert_eq!(written, serde_json::to_vec(&events).unwrap());
    assert_eq!(serde_json::from_slice::<Vec<CloudEvent>>(&written).unwrap(), events);

    let broken = outgoing.map(|event| Outgoing { data: r#"{"a":1}, {"#, ..event });
    let read: Vec<CloudEvent> = serde_json::from_slice(&batch(broken)).unwrap();
    assert_eq!(read[0].data, Value::Null);
    assert_eq!(batch([]), b"[]");
}
