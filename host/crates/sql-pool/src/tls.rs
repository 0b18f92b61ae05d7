//! TLS as `sslmode` asks for it, with the machine's trusted roots and those that a guest adds.
//!
//! `disable` never encrypts. `require` always encrypts, to a server whose certificate is verified. `prefer` (the
//! default) encrypts when the server offers it and verifies only against a root that the guest gave: whoever stands
//! between could as well answer that there is no TLS, so a refusal would protect nobody, and Debian's Postgres greets
//! everyone with a certificate of its own making. Spin verifies here too, and refuses that server.

use std::hash::{Hash, Hasher};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use sha2::{Digest, Sha256, Sha384, Sha512};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_postgres::tls::{ChannelBinding, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, crypto,
};

use crate::error::{Error, chain};

/// Certificates of authorities that a guest trusts beside those of the machine.
#[derive(Debug, Clone)]
pub struct CaRoot {
    pem: Arc<str>,
    certificates: Arc<[CertificateDer<'static>]>,
}

impl CaRoot {
    /// Reads one or more certificates in PEM form.
    ///
    /// # Errors
    /// [`Error::Other`], the case that Spin answers `set-ca-root` with.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let invalid = |why: String| Error::Other(format!("invalid root certificate: {why}"));
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem.as_bytes())
            .collect::<Result<_, _>>()
            .map_err(|error| invalid(error.to_string()))?;
        if certificates.is_empty() {
            return Err(invalid("there is no PEM certificate in it".to_owned()));
        }
        let mut store = RootCertStore::empty();
        for certificate in &certificates {
            store.add(certificate.clone()).map_err(|error| invalid(error.to_string()))?;
        }
        Ok(Self { pem: pem.into(), certificates: certificates.into() })
    }
}

impl PartialEq for CaRoot {
    fn eq(&self, other: &Self) -> bool {
        self.pem == other.pem
    }
}

impl Eq for CaRoot {}

impl Hash for CaRoot {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.pem.hash(state);
    }
}

/// Whom to trust, read when the first server offers TLS.
pub(crate) struct Trust {
    ca_root: Option<CaRoot>,
    config: OnceCell<Arc<ClientConfig>>,
}

impl Trust {
    pub(crate) fn new(ca_root: Option<CaRoot>) -> Self {
        Self { ca_root, config: OnceCell::new() }
    }

    /// The configuration for `mode`.
    async fn config_for(&self, mode: SslMode) -> Result<Arc<ClientConfig>, String> {
        if mode == SslMode::Prefer && self.ca_root.is_none() {
            AnyServer::config()
        } else {
            self.config().await
        }
    }

    async fn config(&self) -> Result<Arc<ClientConfig>, String> {
        let config = self.config.get_or_try_init(|| async {
            let mut roots = RootCertStore::empty();
            // Some hundred small files. One that cannot be read is one authority fewer, not an error.
            let machine = tokio::task::spawn_blocking(rustls_native_certs::load_native_certs).await;
            roots.add_parsable_certificates(machine.map(|found| found.certs).unwrap_or_default());
            roots.add_parsable_certificates(
                self.ca_root.iter().flat_map(|ca| ca.certificates.iter().cloned()),
            );
            let provider = Arc::new(crypto::ring::default_provider());
            let mut config = ClientConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .map_err(|error| error.to_string())?
                .with_root_certificates(roots)
                .with_no_client_auth();
            // `sslnegotiation=direct` needs it (Postgres 17); older servers ignore it.
            config.alpn_protocols = vec![b"postgresql".to_vec()];
            Ok(Arc::new(config))
        });
        config.await.cloned()
    }
}

/// Takes any certificate, as long as the server holds its key.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

impl AnyServer {
    fn config() -> Result<Arc<ClientConfig>, String> {
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Self(provider)))
            .with_no_client_auth();
        Ok(Arc::new(config))
    }
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A connection to the server, encrypted or not, before Postgres's start-up.
pub(crate) struct Secured {
    pub(crate) link: Link,
    /// The hash of the server's certificate that the login can be bound to (RFC 5929, `tls-server-end-point`).
    pub(crate) end_point: Option<Vec<u8>>,
}

/// Encrypts `tcp` as far as `mode` asks and the server can.
pub(crate) async fn secure(
    mut tcp: TcpStream,
    mode: SslMode,
    negotiation: SslNegotiation,
    host: &str,
    trust: &Trust,
) -> Result<Secured, String> {
    let plain = |tcp| Ok(Secured { link: Link::Plain(tcp), end_point: None });
    if mode == SslMode::Disable {
        return plain(tcp);
    }
    if negotiation == SslNegotiation::Postgres {
        /// `SSLRequest`: its length, and a version number that no protocol has.
        const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
        tcp.write_all(&SSL_REQUEST).await.map_err(|error| error.to_string())?;
        if tcp.read_u8().await.map_err(|error| error.to_string())? != b'S' {
            return if mode == SslMode::Require {
                Err("the server does not offer TLS".to_owned())
            } else {
                plain(tcp)
            };
        }
    } else if mode == SslMode::Prefer {
        return Err("sslnegotiation=direct needs sslmode=require".to_owned());
    }
    let name = ServerName::try_from(host.to_owned()).map_err(|error| error.to_string())?;
    let tls =
        TlsConnector::from(trust.config_for(mode).await?).connect(name, tcp).await.map_err(|error| {
            format!(
                "TLS: {}; give the root of the server's certificate, or say sslmode=disable",
                chain(&error)
            )
        })?;
    let certificate = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let end_point = certificate.and_then(|certificate| end_point_hash(certificate));
    Ok(Secured { link: Link::Tls(Box::new(tls)), end_point })
}

/// The hash of a certificate by the hash function of its signature, but never by one as weak as MD5 or SHA-1
/// (RFC 5929 §4.1). None where the signature names no hash function.
fn end_point_hash(certificate: &[u8]) -> Option<Vec<u8>> {
    /// 1.2.840.113549.1.1.n, RSA signatures.
    const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
    /// 1.2.840.10045.4.n, ECDSA signatures.
    const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
    let (whole, _) = der_element(certificate)?;
    let (_to_be_signed, rest) = der_element(whole)?;
    let (algorithm, _) = der_element(rest)?;
    let (object_id, _) = der_element(algorithm)?;
    let rsa = object_id.strip_prefix(RSA);
    let ecdsa = object_id.strip_prefix(ECDSA);
    match (rsa, ecdsa) {
        // MD5 and SHA-1 in the first two places.
        (Some([4 | 5 | 11]), _) | (_, Some([1] | [3, 2])) => Some(Sha256::digest(certificate).to_vec()),
        (Some([12]), _) | (_, Some([3, 3])) => Some(Sha384::digest(certificate).to_vec()),
        (Some([13]), _) | (_, Some([3, 4])) => Some(Sha512::digest(certificate).to_vec()),
        _ => None,
    }
}

/// The content of the first element of DER bytes, and what follows the element.
fn der_element(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [_tag, first, rest @ ..] = bytes else { return None };
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let (long, rest) = rest.split_at_checked(usize::from(*first & 0x7f))?;
        let length =
            long.iter().try_fold(0_usize, |sum, byte| sum.checked_mul(256)?.checked_add(usize::from(*byte)));
        (length?, rest)
    };
    rest.split_at_checked(length)
}

/// The stream to a server.
#[derive(Debug)]
pub(crate) enum Link {
    Plain(TcpStream),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>),
}

impl AsyncRead for Link {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// Hands a stream that is already as secure as it gets to the driver, as though the driver had secured it.
pub(crate) struct AlreadySecured {
    pub(crate) end_point: Option<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsConnect<S> for AlreadySecured {
    type Stream = Bound<S>;
    type Error = io::Error;
    type Future = std::future::Ready<io::Result<Bound<S>>>;

    fn connect(self, stream: S) -> Self::Future {
        std::future::ready(Ok(Bound { stream, end_point: self.end_point }))
    }
}

/// A stream with what a login can be bound to.
pub(crate) struct Bound<S> {
    stream: S,
    end_point: Option<Vec<u8>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream for Bound<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.end_point.clone().map_or_else(ChannelBinding::none, ChannelBinding::tls_server_end_point)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Bound<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Bound<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
