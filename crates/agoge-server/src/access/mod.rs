//! Access control for a server that other machines can reach: its own host names, a token, and its
//! own certificate.

mod certificate;
mod key_files;
mod token;

use crate::cookie::cookie_value;
use crate::error::ServerError;
use crate::rate::RateLimiter;
use axum::http::{HeaderMap, StatusCode, header};
use certificate::Authority;
use key_files::key_file_error;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use token::TokenHash;
use tokio_rustls::TlsAcceptor;

/// Wrong tokens an address may send in a burst, and how many attempts it regains per second.
const TOKEN_ATTEMPTS: (f64, f64) = (5.0, 1.0 / 12.0);
/// Number of addresses whose wrong tokens are remembered.
const MAX_ADDRESSES: usize = 4096;
/// Name of the cookie in which a browser sends the token.
const COOKIE: &str = "agoge";

/// What a server that other machines can reach needs.
#[derive(Clone, Debug)]
pub struct RemoteOptions {
    /// Folder that holds the authority's key and certificate and the hash of the token.
    pub folder: PathBuf,
    /// Whether to replace the existing token with a new one.
    pub new_token: bool,
}

/// What the person who started the server needs in order to let others in.
#[derive(Clone, Debug)]
pub struct AccessInfo {
    /// URLs where the server can be reached, the most likely first: `https://…`.
    pub urls: Vec<String>,
    /// The token, only if it is new: it is stored as a hash and cannot be shown again.
    pub token: Option<String>,
    /// SHA-256 fingerprint of the authority's certificate, to compare with what a phone shows.
    pub fingerprint: String,
}

/// Keeps out clients that do not know the token.
pub(crate) struct AccessControl {
    hash: TokenHash,
    /// Host names and addresses of this machine, without ports.
    hosts: Vec<String>,
    authority: Authority,
    tries: Mutex<HashMap<IpAddr, RateLimiter>>,
}

impl AccessControl {
    /// Reads the authority and the token's hash from the folder, or creates them.
    ///
    /// # Errors
    /// [`ServerError::Keys`] if they cannot be read, written or created.
    pub(crate) fn new(
        remote: &RemoteOptions,
        address: SocketAddr,
    ) -> Result<(AccessControl, TlsAcceptor, AccessInfo), ServerError> {
        let folder = remote.folder.as_path();
        std::fs::create_dir_all(folder).map_err(key_file_error(folder))?;
        let authority = Authority::open_or_create(folder)?;
        let (hash, token) = token::load_or_create_token(folder, remote.new_token)?;
        let hosts = local_hosts(address.ip())?;
        // The authority vouches for nearby addresses only; at any other the browser shows a
        // warning.
        let near: Vec<String> =
            hosts.iter().filter(|host| certificate::is_near(host)).cloned().collect();
        let acceptor = authority.build_acceptor(&near)?;
        let others = hosts.iter().filter(|host| !near.contains(host));
        let reachable = near.iter().filter(|host| !is_loopback(host)).chain(others);
        let urls = reachable.map(|host| host_url(host, address.port())).collect();
        let welcome = AccessInfo { urls, token, fingerprint: authority.certificate_fingerprint() };
        Ok((AccessControl { hash, hosts, authority, tries: Mutex::default() }, acceptor, welcome))
    }

    /// Whether a Host header, without its port, names this machine.
    pub(crate) fn is_own_host(&self, name: &str) -> bool {
        self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name))
    }

    /// The authority's certificate, for a phone to trust (PEM).
    pub(crate) fn authority_certificate(&self) -> &str {
        self.authority.certificate_pem()
    }

    /// Checks a token.
    ///
    /// # Errors
    /// 401 if it is wrong; 429 if the address has sent too many wrong ones: its tokens are then not
    /// even compared for a while.
    pub(crate) fn try_token(&self, token: &str, from: IpAddr) -> Result<(), StatusCode> {
        let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
        let from = network_prefix(from);
        if tries.get(&from).is_some_and(|left| !left.has_capacity()) {
            return Err(StatusCode::TOO_MANY_REQUESTS);
        }
        if self.hash.matches_token(token) {
            return Ok(());
        }
        if tries.len() >= MAX_ADDRESSES {
            tries.clear();
        }
        tries
            .entry(from)
            .or_insert_with(|| RateLimiter::new(TOKEN_ATTEMPTS.0, TOKEN_ATTEMPTS.1))
            .try_take();
        Err(StatusCode::UNAUTHORIZED)
    }

    /// Checks the token of a request, sent as a cookie or as `Authorization: Bearer`.
    ///
    /// # Errors
    /// Same as [`AccessControl::try_token`].
    pub(crate) fn check_access(&self, headers: &HeaderMap, from: IpAddr) -> Result<(), StatusCode> {
        match request_token(headers) {
            Some(token) => self.try_token(token, from),
            None => Err(StatusCode::UNAUTHORIZED),
        }
    }
}

/// The Set-Cookie header with the token: hidden from scripts, sent only over HTTPS, and never sent
/// with requests from other sites' pages.
pub(crate) fn token_cookie(token: &str, keep_s: u32) -> String {
    format!("{COOKIE}={token}; Path=/; HttpOnly; Secure; SameSite=Strict; Max-Age={keep_s}")
}

fn request_token(headers: &HeaderMap) -> Option<&str> {
    let bearer = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    bearer.or_else(|| cookie_value(headers, COOKIE))
}

/// The network to count attempts by: whoever has one IPv6 address has the 2^64 beside it.
fn network_prefix(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        },
        v4 => v4,
    }
}

/// Host names and addresses of this machine, those that a phone in the same network can use first.
fn local_hosts(address: IpAddr) -> Result<Vec<String>, ServerError> {
    let mut addresses = if address.is_unspecified() {
        let all = if_addrs::get_if_addrs().map_err(ServerError::Runtime)?;
        all.iter().map(|interface| interface.ip()).collect()
    } else {
        vec![address]
    };
    // A link-local address also names its interface, which no certificate can.
    addresses.retain(|ip| {
        !ip.is_loopback() && !matches!(ip, IpAddr::V6(v6) if v6.is_unicast_link_local())
    });
    addresses.sort_by_key(IpAddr::is_ipv6);
    let mut hosts: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    let name = gethostname::gethostname().to_string_lossy().to_ascii_lowercase();
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() < 60
            && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
    };
    if is_name(&name) {
        hosts.push(format!("{}.local", name.trim_end_matches(".local")));
    }
    hosts.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    hosts.dedup();
    Ok(hosts)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn host_url(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("https://[{host}]:{port}/")
    } else {
        format!("https://{host}:{port}/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_brought_as_header_or_cookie() {
        let headers = |name: header::HeaderName, value: &str| {
            HeaderMap::from_iter([(name, value.parse().unwrap())])
        };
        assert_eq!(request_token(&headers(header::AUTHORIZATION, "Bearer abc")), Some("abc"));
        assert_eq!(request_token(&headers(header::AUTHORIZATION, "Basic abc")), None);
        assert_eq!(request_token(&headers(header::COOKIE, "a=b; agoge=abc; c=d")), Some("abc"));
        assert_eq!(request_token(&headers(header::COOKIE, "notagoge=abc")), None);
    }

    #[test]
    fn wrong_tokens_are_counted_by_network() {
        let folder = tempfile::tempdir().unwrap();
        let remote = RemoteOptions { folder: folder.path().to_owned(), new_token: false };
        let (access, _, welcome) =
            AccessControl::new(&remote, "0.0.0.0:8420".parse().unwrap()).unwrap();
        let token = welcome.token.unwrap();
        let [attacker, neighbour, other]: [IpAddr; 3] =
            ["2001:db8::1", "2001:db8::2", "192.0.2.1"].map(|ip| ip.parse().unwrap());
        for _ in 0..5 {
            assert_eq!(access.try_token("guess", attacker), Err(StatusCode::UNAUTHORIZED));
        }
        for from in [attacker, neighbour] {
            assert_eq!(
                access.try_token(&token, from),
                Err(StatusCode::TOO_MANY_REQUESTS),
                "not even the right one"
            );
        }
        assert_eq!(access.try_token(&token, other), Ok(()));
        // A second start knows the token only by its hash; a new token replaces it.
        let (again, _, welcome) =
            AccessControl::new(&remote, "0.0.0.0:8420".parse().unwrap()).unwrap();
        assert!(welcome.token.is_none() && again.try_token(&token, other).is_ok());
        let renewed = RemoteOptions { new_token: true, ..remote };
        let (new, _, welcome) =
            AccessControl::new(&renewed, "0.0.0.0:8420".parse().unwrap()).unwrap();
        assert!(
            new.try_token(&token, other).is_err()
                && new.try_token(&welcome.token.unwrap(), other).is_ok()
        );
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            assert!(
                !std::fs::read_to_string(&path).unwrap().contains(&token),
                "{}",
                path.display()
            );
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt;
                assert_eq!(
                    path.metadata().unwrap().permissions().mode() & 0o077,
                    0,
                    "{}",
                    path.display()
                );
            }
        }
    }
}
