//! Names that become paths: each has one checked type, checked when it comes in and again whenever
//! it is read from the database. A stored row is no more trusted than a file from outside.

use crate::StoreError;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::Serialize;
use std::fmt::{self, Display};
use std::ops::Deref;

/// Marks that reverse the direction of a text, end its line or cannot be seen: with them a name
/// could pass for another one.
const INVISIBLE: [std::ops::RangeInclusive<char>; 5] = [
    '\u{200b}'..='\u{200b}',
    '\u{200e}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{feff}'..='\u{feff}',
];

/// Refuses a name that cannot be a folder's on every system, or that would mislead a reader.
///
/// # Errors
/// [`StoreError::Name`].
pub fn check_name(name: &str) -> Result<(), StoreError> {
    let fits = !name.is_empty()
        && name.len() <= 100
        && !name.starts_with(['.', ' '])
        && !name.ends_with(' ')
        && !name.contains(['/', '\\', ':'])
        && !name
            .chars()
            .any(|c| c.is_control() || INVISIBLE.iter().any(|invisible| invisible.contains(&c)));
    if fits { Ok(()) } else { Err(StoreError::Name) }
}

/// An athlete's name, which is also the name of the folder of load and injuries.
///
/// ```
/// use agoge_store::AthleteName;
/// assert_eq!(AthleteName::new("Ada K.").unwrap().as_str(), "Ada K.");
/// assert!(AthleteName::new("../../docs").is_err() && AthleteName::new("/home/ada").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AthleteName(String);

impl AthleteName {
    /// Checks a name.
    ///
    /// # Errors
    /// [`StoreError::Name`] where [`check_name`] refuses it.
    pub fn new(name: &str) -> Result<AthleteName, StoreError> {
        check_name(name).map(|()| AthleteName(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of a recording's file, 64 hexadecimal digits in small letters; the file is named by it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ContentHash(String);

impl ContentHash {
    /// The hash of some bytes.
    pub(crate) fn from_content(bytes: &[u8]) -> ContentHash {
        use sha2::{Digest, Sha256};
        ContentHash(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// A hash as it is written; none if the text is none.
    ///
    /// ```
    /// use agoge_store::ContentHash;
    /// assert!(ContentHash::from_hex(&"0f".repeat(32)).is_some());
    /// assert!(ContentHash::from_hex("../secret").is_none());
    /// ```
    pub fn from_hex(text: &str) -> Option<ContentHash> {
        let is_digit = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 64 && text.bytes().all(is_digit)).then(|| ContentHash(text.to_owned()))
    }

    /// The hash as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a stored text is not the name that its column promises.
#[derive(Debug, thiserror::Error)]
#[error("a stored {0} that no version of Agoge writes")]
struct ForeignName(&'static str);

impl FromSql for AthleteName {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<AthleteName> {
        AthleteName::new(value.as_str()?)
            .map_err(|_| FromSqlError::Other(Box::new(ForeignName("name of an athlete"))))
    }
}

impl FromSql for ContentHash {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<ContentHash> {
        ContentHash::from_hex(value.as_str()?)
            .ok_or_else(|| FromSqlError::Other(Box::new(ForeignName("name of a recording's file"))))
    }
}

macro_rules! text_like {
    ($($name:ident),*) => {$(
        impl ToSql for $name {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                self.0.to_sql()
            }
        }

        impl Deref for $name {
            type Target = str;
            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }
    )*};
}

text_like!(AthleteName, ContentHash);
