//! The server's own certificate: read from PEM files, watched over, and read again when the operator says so.

use anyhow::{Context as _, Result, bail};
use std::fmt;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{self, ServerConfig};

/// What ALPN calls the two protocols (RFC 7301), the preferred one first.
pub(super) const HTTP_2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";

/// Bits of a file's mode by which others than its owner and those that its group may let read could get at it.
const LOOSE: u32 = 0o027;

/// TLS as this server speaks it: versions 1.2 and 1.3, with the certificate of two PEM files.
pub struct Tls {
    files: Files,
    identity: Arc<Identity>,
    acceptor: TlsAcceptor,
}

struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

impl Tls {
    /// Reads the certificate, with the chain below it, and its private key.
    ///
    /// # Errors
    /// When a file cannot be read or is not what it should be, when the two do not belong together, and when others than
    /// the key's owner may write it, or everybody read it.
    pub fn read(certificate: &Path, key: &Path) -> Result<Arc<Self>> {
        let files = Files { certificate: certificate.to_owned(), key: key.to_owned() };
        let provider = Arc::new(ring::default_provider());
        let identity = Arc::new(Identity(RwLock::new(files.read(&provider)?)));
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .context("the TLS library offers no protocol version")?
            .with_no_client_auth()
            .with_cert_resolver(identity.clone());
        config.alpn_protocols = vec![HTTP_2.to_vec(), HTTP_1_1.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Arc::new(Self { files, identity, acceptor }))
    }

    /// Reads both files again. New connections get what they say now; on an error they get what they got before.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn reload(&self) -> Result<()> {
        let fresh = self.files.read(&Arc::new(ring::default_provider()))?;
        *self.identity.0.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}

impl Files {
    fn read(&self, provider: &Arc<CryptoProvider>) -> Result<Arc<CertifiedKey>> {
        let (certificate, key) = (self.certificate.display(), self.key.display());
        let pem = fs::read(&self.certificate)
            .with_context(|| format!("cannot read the TLS certificate {certificate}"))?;
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|error| anyhow::anyhow!("the TLS certificate {certificate} is not PEM: {error}"))?;
        if chain.is_empty() {
            bail!(
                "there is no certificate in {certificate}; a PEM file has one between BEGIN and END CERTIFICATE"
            );
        }
        let mode = fs::metadata(&self.key)
            .with_context(|| format!("cannot read the TLS key {key}"))?
            .permissions()
            .mode();
        if mode & LOOSE != 0 {
            bail!(
                "the TLS key {key} has mode {:03o}, so that others could read or replace it; `chmod 600` it",
                mode & 0o777
            );
        }
        let pem = fs::read(&self.key).with_context(|| format!("cannot read the TLS key {key}"))?;
        // The parser's words could quote what stands in the file.
        let Ok(secret) = PrivateKeyDer::from_pem_slice(&pem) else {
            bail!(
                "there is no private key that can be used in {key}; PEM files of PKCS #8, PKCS #1 and SEC 1 can"
            );
        };
        match CertifiedKey::from_der(chain, secret, provider) {
            Ok(pair) => Ok(Arc::new(pair)),
            Err(rustls::Error::InconsistentKeys(_)) => {
                bail!("the TLS key {key} is not the one of the certificate {certificate}")
            }
            Err(error) => {
                bail!("the TLS certificate {certificate} cannot be used with the key {key}: {error}")
            }
        }
    }
}

/// The certificate that new connections get.
struct Identity(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl ResolvesServerCert for Identity {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}
