//! Reads JSON straight into compact types, without building a tree of the whole file.

use crate::ReadError;
use crate::error::FileLocation;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::path::Path;

/// Parses a whole file; errors give the line of the mistake.
pub(crate) fn parse_json<'de, T: Deserialize<'de>>(
    path: &Path,
    bytes: &'de [u8],
) -> Result<T, ReadError> {
    serde_json::from_slice(bytes).map_err(|error| {
        let mut what = error.to_string();
        if let Some(end) = what.rfind(" at line ") {
            what.truncate(end);
        }
        let (what, hint) = match error.classify() {
            serde_json::error::Category::Eof => (
                "the JSON ends too early".to_owned(),
                "the file was cut off: copy or export it again",
            ),
            serde_json::error::Category::Data => (
                format!("unexpected JSON: {what}"),
                "docs/reference/formats.md lists the forms that are read",
            ),
            _ => (
                format!("not valid JSON: {what}"),
                "export it again; a missing number is written null, not NaN",
            ),
        };
        ReadError::bad_format(path, FileLocation::Line(error.line()), what, hint)
    })
}

/// The outermost level of a JSON file: enough to tell the formats apart.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct JsonOutline {
    /// Keys of the outermost object, or of the first object in the outermost list.
    pub(crate) keys: Vec<String>,
    /// Whether the outermost value is a list.
    pub(crate) is_list: bool,
    /// Whether that value is empty.
    pub(crate) is_empty: bool,
}

impl JsonOutline {
    /// Whether `key` is among the outermost keys.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.keys.iter().any(|known| known == key)
    }
}

/// The keys of an object, at most [`MOST_KEYS`]; none for any other value.
struct JsonKeys(Vec<String>);

const MOST_KEYS: usize = 64;

impl<'de> Deserialize<'de> for JsonKeys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct KeysVisitor;
        impl<'de> Visitor<'de> for KeysVisitor {
            type Value = JsonKeys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonKeys, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry::<String, IgnoredAny>()? {
                    if keys.len() < MOST_KEYS {
                        keys.push(key);
                    }
                }
                Ok(JsonKeys(keys))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonKeys, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(JsonKeys(Vec::new()))
            }
            fn visit_unit<E>(self) -> Result<JsonKeys, E> {
                Ok(JsonKeys(Vec::new()))
            }
            fn visit_bool<E>(self, _: bool) -> Result<JsonKeys, E> {
                Ok(JsonKeys(Vec::new()))
            }
            fn visit_f64<E>(self, _: f64) -> Result<JsonKeys, E> {
                Ok(JsonKeys(Vec::new()))
            }
            fn visit_i64<E>(self, _: i64) -> Result<JsonKeys, E> {
                Ok(JsonKeys(Vec::new()))
            }
            fn visit_u64<E>(self, _: u64) -> Result<JsonKeys, E> {
                Ok(JsonKeys(Vec::new()))
            }
            fn visit_str<E>(self, _: &str) -> Result<JsonKeys, E> {
                Ok(JsonKeys(Vec::new()))
            }
        }
        from.deserialize_any(KeysVisitor)
    }
}

impl<'de> Deserialize<'de> for JsonOutline {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct OutlineVisitor;
        impl<'de> Visitor<'de> for OutlineVisitor {
            type Value = JsonOutline;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object or a list")
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<JsonOutline, A::Error> {
                let JsonKeys(keys) =
                    JsonKeys::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
                Ok(JsonOutline { is_empty: keys.is_empty(), keys, is_list: false })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonOutline, A::Error> {
                let mut head =
                    JsonOutline { is_list: true, is_empty: true, ..JsonOutline::default() };
                while let Some(JsonKeys(keys)) = match head.keys.is_empty() {
                    true => list.next_element::<JsonKeys>()?,
                    false => list.next_element::<IgnoredAny>()?.map(|_| JsonKeys(Vec::new())),
                } {
                    head.is_empty = false;
                    if head.keys.is_empty() {
                        head.keys = keys;
                    }
                }
                Ok(head)
            }
        }
        from.deserialize_any(OutlineVisitor)
    }
}

/// A number, a point, or a list of these: what pose files consist of. Strings and booleans become
/// missing numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum JsonNode {
    /// A number; NaN for null and for anything that is not a number.
    Number(f64),
    /// An object with x and y, as x, y, z, confidence; NaN where not given.
    Point([f64; 4]),
    /// A list, or an object that wraps one (`{"landmark": […]}`).
    List(Vec<JsonNode>),
}

impl<'de> Deserialize<'de> for JsonNode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct NodeVisitor;
        impl<'de> Visitor<'de> for NodeVisitor {
            type Value = JsonNode;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number, a point or a list of them")
            }
            fn visit_unit<E>(self) -> Result<JsonNode, E> {
                Ok(JsonNode::Number(f64::NAN))
            }
            fn visit_bool<E>(self, _: bool) -> Result<JsonNode, E> {
                Ok(JsonNode::Number(f64::NAN))
            }
            fn visit_str<E>(self, _: &str) -> Result<JsonNode, E> {
                Ok(JsonNode::Number(f64::NAN))
            }
            fn visit_f64<E>(self, v: f64) -> Result<JsonNode, E> {
                Ok(JsonNode::Number(v))
            }
            fn visit_i64<E>(self, v: i64) -> Result<JsonNode, E> {
                Ok(JsonNode::Number(v as f64))
            }
            fn visit_u64<E>(self, v: u64) -> Result<JsonNode, E> {
                Ok(JsonNode::Number(v as f64))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<JsonNode, A::Error> {
                let mut nodes = Vec::new();
                while let Some(node) = list.next_element()? {
                    nodes.push(node);
                }
                Ok(JsonNode::List(nodes))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonNode, A::Error> {
                let mut point = [f64::NAN; 4];
                let mut inner = None;
                while let Some(key) = map.next_key::<String>()? {
                    let value: JsonNode = map.next_value()?;
                    match (key.as_str(), value) {
                        ("x", JsonNode::Number(v)) => point[0] = v,
                        ("y", JsonNode::Number(v)) => point[1] = v,
                        ("z", JsonNode::Number(v)) => point[2] = v,
                        ("visibility" | "confidence" | "score" | "c", JsonNode::Number(v)) => {
                            point[3] = v
                        }
                        ("landmark" | "landmarks" | "keypoints", JsonNode::List(nodes)) => {
                            inner = Some(nodes)
                        }
                        _ => {}
                    }
                }
                Ok(inner.map_or(JsonNode::Point(point), JsonNode::List))
            }
        }
        from.deserialize_any(NodeVisitor)
    }
}

impl JsonNode {
    /// The first number in this value: `3`, `[3]` and `[[3]]` all give 3.
    pub(crate) fn first_number(&self) -> Option<f64> {
        match self {
            JsonNode::Number(v) => v.is_finite().then_some(*v),
            JsonNode::List(nodes) => nodes.first()?.first_number(),
            JsonNode::Point(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_outline(text: &str) -> JsonOutline {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn heads() {
        assert_eq!(
            parse_outline(r#"{"people": [1, {"a": 2}], "version": 1.3}"#).keys,
            ["people", "version"]
        );
        assert!(parse_outline("[]").is_empty);
        let list = parse_outline(r#"[null, 3, {"image_id": 1, "keypoints": []}, {"b": 1}]"#);
        assert!(list.is_list && list.has_key("image_id") && !list.has_key("b"));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000);
        assert!(serde_json::from_str::<JsonOutline>(&deep).is_err());
        assert!(serde_json::from_str::<JsonNode>(&deep).is_err());
    }

    #[test]
    fn mistakes_name_their_line() {
        let cut = parse_json::<JsonOutline>(Path::new("a.json"), b"{\n\"people\": [")
            .unwrap_err()
            .to_string();
        assert_eq!(
            cut,
            "the JSON ends too early in line 2; hint: the file was cut off: copy or export it again; file: a.json"
        );
        let nan = parse_json::<JsonOutline>(Path::new("a.json"), b"[NaN]").unwrap_err().to_string();
        assert!(nan.starts_with("not valid JSON: expected value in line 1; hint:"), "{nan}");
    }
}
