//! Receivers over https whose certificates come from an authority of one's own.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use curtail_proto::notify::v1::DeliveryState;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, SanType};
use tempfile::TempDir;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

use super::kit::*;
use super::receiver::{Receiver, ok};
use crate::world::World;

/// An authority, and where its certificate is.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
    _dir: TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        std::fs::write(&file, issuer.pem()).unwrap();
        Self { issuer, file, _dir: dir }
    }

    /// A server with a certificate for an address.
    fn server(&self, address: IpAddr) -> TlsAcceptor {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.subject_alt_names = vec![SanType::IpAddress(address)];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        TlsAcceptor::from(Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key.into()).unwrap()))
    }
}

async fn world(authority: Option<&Authority>) -> World {
    let mut config = settings().await;
    config.webhooks.allow_http = false;
    config.webhooks.ca_file = authority.map(|authority| authority.file.display().to_string()).unwrap_or_default();
    World::with(config).await
}

#[tokio::test]
async fn an_authority_of_ones_own_is_believed_where_it_is_named() {
    let authority = Authority::new();
    let receiver = Receiver::start_tls(authority.server([127, 0, 0, 1].into()), |_, _| ok()).await;
    let world = world(Some(&authority)).await;
    let (webhook, secret) = webhook(&world, &receiver.url).await;
    create_link(&world, 1).await;
    assert_eq!(tried(&world, webhook.id, 1).await.state(), DeliveryState::Delivered);
    let post = receiver.posts().remove(0);
    assert_eq!(post.headers["webhook-signature"], signature(&secret, &post));
    world.stop().await;
}

#[tokio::test]
async fn s08_nothing_is_sent_to_whom_no_believed_authority_vouches_for() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    let world = world(Some(&ours)).await;
    for (n, server) in [(1, theirs.server([127, 0, 0, 1].into())), (2, ours.server([127, 0, 0, 2].into()))] {
        let receiver = Receiver::start_tls(server, |_, _| ok()).await;
        let (webhook, _) = webhook(&world, &receiver.url).await;
        create_link(&world, n).await;
        let pending = tried(&world, webhook.id, 1).await;
        assert_eq!((pending.state(), pending.attempts[0].status), (DeliveryState::Pending, 0));
        assert!(pending.attempts[0].error.contains("no secure connection"), "{pending:?}");
        assert_eq!(receiver.count(), 0);
    }
    world.stop().await;
}
