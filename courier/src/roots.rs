//! The root certificates of this machine: `SSL_CERT_FILE` or `SSL_CERT_DIR` where they are set, else where the system keeps them.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

pub fn of_the_system() -> Vec<CertificateDer<'static>> {
    rustls_native_certs::load_native_certs().certs
}

pub fn of_file(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let unreadable = |error: &dyn std::fmt::Display| format!("the root certificates {path} cannot be read: {error}");
    let certificates: Result<Vec<_>, _> =
        CertificateDer::pem_file_iter(path).map_err(|error| unreadable(&error))?.collect();
    let certificates = certificates.map_err(|error| unreadable(&error))?;
    if certificates.is_empty() { Err(unreadable(&"it holds none")) } else { Ok(certificates) }
}
