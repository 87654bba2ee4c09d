//! The token: shown once, stored as a hash.

use super::key_files::{key_file_error, write_private};
use crate::error::ServerError;
use data_encoding::{BASE32_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use std::path::Path;

/// Random bytes in a token: too many to guess, so a plain hash of it cannot be reversed.
const TOKEN_BYTES: usize = 20;

/// SHA-256 of a token.
pub(super) struct TokenHash([u8; 32]);

impl TokenHash {
    fn new(token: &str) -> TokenHash {
        TokenHash(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether this is the hash of `token`. Hashes are compared in full, so that the time taken
    /// reveals nothing.
    pub(super) fn matches_token(&self, token: &str) -> bool {
        let other = TokenHash::new(token);
        self.0.iter().zip(other.0).fold(0, |off, (a, b)| off | (a ^ b)) == 0
    }
}

/// Reads the token's hash from a folder, or creates a token and stores its hash; returns the token
/// only if it is new.
pub(super) fn load_or_create_token(
    folder: &Path,
    renew: bool,
) -> Result<(TokenHash, Option<String>), ServerError> {
    let path = folder.join("token.sha256");
    if !renew && path.exists() {
        let text = std::fs::read_to_string(&path).map_err(key_file_error(&path))?;
        let hash =
            HEXLOWER.decode(text.trim().as_bytes()).ok().and_then(|bytes| bytes.try_into().ok());
        return match hash {
            Some(hash) => Ok((TokenHash(hash), None)),
            None => Err(ServerError::Keys { path, what: "this is no SHA-256".to_owned() }),
        };
    }
    let mut random = [0; TOKEN_BYTES];
    getrandom::fill(&mut random)
        .map_err(|error| ServerError::Keys { path: path.clone(), what: error.to_string() })?;
    let token = BASE32_NOPAD.encode(&random).to_ascii_lowercase();
    let hash = TokenHash::new(&token);
    write_private(&path, &HEXLOWER.encode(&hash.0))?;
    Ok((hash, Some(token)))
}
