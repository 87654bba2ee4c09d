//! The token: shown once, stored as a hash.

use super::{keys, write_private};
use crate::Error;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Random bytes in a token: too many to guess, so a plain hash of it cannot be reversed.
const CHANCE: usize = 20;

/// SHA-256 of a token.
pub(super) struct Hash([u8; 32]);

impl Hash {
    fn new(token: &str) -> Hash {
        Hash(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether this is the hash of `token`. Hashes are compared in full, so that the time taken
    /// reveals nothing.
    pub(super) fn is_of(&self, token: &str) -> bool {
        let other = Hash::new(token);
        self.0.iter().zip(other.0).fold(0, |off, (a, b)| off | (a ^ b)) == 0
    }
}

/// Reads the token's hash from a folder, or creates a token and stores its hash; returns the token
/// only if it is new.
pub(super) fn open(folder: &Path, renew: bool) -> Result<(Hash, Option<String>), Error> {
    let path = folder.join("token.sha256");
    if !renew && path.exists() {
        let text = std::fs::read_to_string(&path).map_err(keys(&path))?;
        let hash =
            HEXLOWER.decode(text.trim().as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        return match hash {
            Some(hash) => Ok((Hash(hash), None)),
            None => Err(Error::Keys { path, what: "this is no SHA-256".to_owned() }),
        };
    }
    let mut random = [0; CHANCE];
    getrandom::fill(&mut random)
        .map_err(|error| Error::Keys { path: path.clone(), what: error.to_string() })?;
    let token = BASE32_NOPAD.encode(&random).to_ascii_lowercase();
    let hash = Hash::new(&token);
    write_private(&path, &HEXLOWER.encode(&hash.0))?;
    Ok((hash, Some(token)))
}
