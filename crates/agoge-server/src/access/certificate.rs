//! The machine's own certificate authority, created once and trusted once by each phone, and the
//! server certificate that it signs at every start for the machine's current addresses.

use super::key_files::{key_file_error, write_private};
use crate::error::ServerError;
use data_encoding::HEXUPPER;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, PublicKeyData, date_time_ymd,
};
use sha2::{Digest, Sha256};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Phones refuse certificates that are valid for longer than 398 days.
const CERTIFICATE_LIFETIME: Duration = Duration::from_secs(397 * 24 * 3600);

/// The networks the authority may vouch for: private ones (RFC 1918, RFC 6598, RFC 4193), IPv4
/// link-local addresses, and the machine itself.
const LOCAL_NETWORKS: [(IpAddr, u8); 8] = [
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
];
/// The names it may vouch for: this machine's, and multicast DNS names of the local network (RFC
/// 6762).
const LOCAL_DOMAINS: [&str; 2] = ["local", "localhost"];

/// Whether the authority may vouch for a host name or address.
pub(super) fn is_near(host: &str) -> bool {
    let within = |ip: IpAddr, net: IpAddr, bits: u8| match (ip, net) {
        (IpAddr::V4(ip), IpAddr::V4(net)) => (ip.to_bits() ^ net.to_bits()) >> (32 - bits) == 0,
        (IpAddr::V6(ip), IpAddr::V6(net)) => (ip.to_bits() ^ net.to_bits()) >> (128 - bits) == 0,
        _ => false,
    };
    match host.parse() {
        Ok(ip) => LOCAL_NETWORKS.iter().any(|&(net, bits)| within(ip, net, bits)),
        Err(_) => {
            LOCAL_DOMAINS.iter().any(|name| host == *name || host.ends_with(&format!(".{name}")))
        }
    }
}

/// A certificate authority that signs the server's certificates.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: CertificateDer<'static>,
}

impl Authority {
    /// Reads the authority from a folder, or creates it there.
    pub(super) fn open_or_create(folder: &Path) -> Result<Authority, ServerError> {
        let (key_path, path) = (folder.join("authority.key.pem"), folder.join("authority.pem"));
        let keys_error = |error: rcgen::Error| ServerError::Keys {
            path: key_path.clone(),
            what: error.to_string(),
        };
        let key = if key_path.exists() {
            KeyPair::from_pem(
                &std::fs::read_to_string(&key_path).map_err(key_file_error(&key_path))?,
            )
            .map_err(keys_error)?
        } else {
            let key = KeyPair::generate().map_err(keys_error)?;
            write_private(&key_path, &key.serialize_pem())?;
            key
        };
        let params = authority_params(&key);
        if !path.exists() {
            write_private(&path, &params.self_signed(&key).map_err(keys_error)?.pem())?;
        }
        let pem = std::fs::read_to_string(&path).map_err(key_file_error(&path))?;
        let der = CertificateDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| ServerError::Keys { path, what: error.to_string() })?;
        Ok(Authority { issuer: Issuer::new(params, key), pem, der })
    }

    pub(super) fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// SHA-256 fingerprint of the authority's certificate, in the form that phones and browsers
    /// show.
    pub(super) fn certificate_fingerprint(&self) -> String {
        let hex = HEXUPPER.encode(&Sha256::digest(&self.der));
        hex.as_bytes().chunks(2).map(String::from_utf8_lossy).collect::<Vec<_>>().join(":")
    }

    /// Issues a certificate for `hosts` (names and addresses) and returns a TLS acceptor that uses
    /// it.
    pub(super) fn build_acceptor(&self, hosts: &[String]) -> Result<TlsAcceptor, ServerError> {
        let build_config = || -> Result<ServerConfig, Box<dyn std::error::Error>> {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new(hosts)?;
            params.distinguished_name = DistinguishedName::new();
            params.distinguished_name.push(DnType::CommonName, "Agoge");
            params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            params.use_authority_key_identifier_extension = true;
            let now = SystemTime::now();
            params.not_before = (now - DAY).into();
            params.not_after = (now + CERTIFICATE_LIFETIME - DAY).into();
            let certificate = params.signed_by(&key, &self.issuer)?;
            let key = PrivateKeyDer::try_from(key.serialize_der())?;
            // Chosen explicitly, whatever default provider another library may have installed.
            let cryptography = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
            let config = ServerConfig::builder_with_provider(cryptography)
                .with_safe_default_protocol_versions()?;
            Ok(config
                .with_no_client_auth()
                .with_single_cert(vec![certificate.der().clone(), self.der.clone()], key)?)
        };
        let config = build_config().map_err(|error| ServerError::Certificate(error.to_string()))?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// The contents of the authority's certificate. They depend on the key alone, so they need not be
/// read back from the file.
fn authority_params(key: &KeyPair) -> CertificateParams {
    let mut params = CertificateParams::default();
    let mark = HEXUPPER.encode(&Sha256::digest(key.der_bytes())[..3]);
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Agoge {mark} (local networks only)"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2046, 1, 1));
    // Whoever trusts this authority trusts it for nearby machines only: even a stolen key cannot
    // impersonate a site on the internet.
    let addresses = LOCAL_NETWORKS
        .iter()
        .map(|&(net, bits)| CidrSubnet::from_addr_prefix(net, bits))
        .map(GeneralSubtree::IpAddress);
    let names = LOCAL_DOMAINS.iter().map(|name| GeneralSubtree::DnsName((*name).to_owned()));
    let permitted_subtrees = addresses.chain(names).collect();
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() });
    params
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_nearby_is_vouched_for() {
        for host in [
            "192.168.1.7",
            "10.1.2.3",
            "172.31.0.1",
            "100.100.1.1",
            "fd12::1",
            "::1",
            "laptop.local",
            "localhost",
        ] {
            assert!(is_near(host), "{host}");
        }
        for host in [
            "8.8.8.8",
            "172.32.0.1",
            "2001:db8::1",
            "::2",
            "agoge.example",
            "evillocal",
            "local.example",
        ] {
            assert!(!is_near(host), "{host}");
        }
    }
}
