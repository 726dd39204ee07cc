//! JSON that knows where it stands and keeps every key, so that none is ignored or given twice.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::error::CaseError;

/// A value of a file.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A text.
    Text(String),
    /// A number, true, false or null, as it is written.
    Other(String),
    /// An array.
    List(Vec<Self>),
    /// An object, in the order of the file.
    Object(Vec<(String, Self)>),
}

impl Node {
    /// The text at a place.
    pub(super) fn text(self, path: &str) -> Result<String, CaseError> {
        match self {
            Self::Text(text) => Ok(text),
            Self::Other(value) => {
                Err(CaseError::value(path, format!("{value} is not a text in quotation marks")))
            }
            Self::List(_) | Self::Object(_) => Err(CaseError::value(path, "this is not a text")),
        }
    }

    /// The items of the array at a place, each with its own place.
    pub(super) fn list(self, path: &str) -> Result<Vec<(String, Self)>, CaseError> {
        let Self::List(items) = self else {
            return Err(CaseError::value(path, "this is not an array"));
        };
        Ok(items
            .into_iter()
            .enumerate()
            .map(|(place, item)| (format!("{path}[{place}]"), item))
            .collect())
    }

    /// The object at a place, which may have some keys and no others.
    pub(super) fn object(self, path: &str, known: &[&str]) -> Result<Object, CaseError> {
        let Self::Object(entries) = self else {
            let path = if path.is_empty() { "case" } else { path };
            return Err(CaseError::value(path, "this is not an object"));
        };
        let object = Object { path: path.to_owned(), entries };
        for (place, (key, _)) in object.entries.iter().enumerate() {
            if !known.contains(&key.as_str()) {
                let suggestion = nearest(key, known).map(|key| object.at(key));
                return Err(CaseError::UnknownKey { path: object.at(key), suggestion });
            }
            // serde would keep the last of two equal keys and lose the other without a word.
            if object.entries[..place].iter().any(|(earlier, _)| earlier == key) {
                return Err(CaseError::value(&object.at(key), "the key is given twice"));
            }
        }
        Ok(object)
    }
}

/// The known key that a mistyped one means, as most of its letters are right.
fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let likeness = |candidate: &&&str| strsim::damerau_levenshtein(candidate, key);
    let best = known.iter().min_by_key(likeness)?;
    (likeness(&best) * 2 <= key.chars().count()).then_some(best)
}

/// The keys of an object that are not read yet.
#[derive(Debug)]
pub(super) struct Object {
    path: String,
    entries: Vec<(String, Node)>,
}

impl Object {
    /// Where a key of it stands.
    pub(super) fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Takes a value that may be absent.
    pub(super) fn take(&mut self, key: &str) -> Option<Node> {
        let place = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.swap_remove(place).1)
    }

    /// Takes a value that must be there.
    pub(super) fn need(&mut self, key: &str) -> Result<Node, CaseError> {
        self.take(key).ok_or_else(|| CaseError::Missing(self.at(key)))
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Other(value.to_string()))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Other(value.to_string()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Other(value.to_string()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Other(value.to_string()))
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Other("null".to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Node::Object(object))
    }
}
