//! Tells a redirector of one link, by an event as shortener-svc sends it: `redirect_link CODE URL`. The Redis is the
//! configured one.

use anyhow::Context as _;
use bytes::Bytes;
use curtail_proto::events::v1::{Envelope, LinkCreated, LinkSnapshot, envelope::Payload};
use curtail_proto::links::v1::{LinkState, Target};
use prost::Message as _;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (code, url) = arguments.next().zip(arguments.next()).context("redirect_link CODE URL")?;
    let config = curtail_config::Config::load()?;
    let target = Target {
        link_id: 1,
        workspace_id: 1,
        domain: config.domains.default.clone(),
        code,
        version: 1,
        url,
        redirect_status: 302,
        state: LinkState::Active.into(),
        ..Target::default()
    };
    let snapshot = Some(LinkSnapshot { link: None, target: Some(target) });
    let envelope = Envelope {
        event_id: vec![1; 16],
        payload: Some(Payload::LinkCreated(LinkCreated { snapshot })),
        ..Envelope::default()
    };
    let redis = curtail_streams::connect(&config.redis).await?;
    let fields = vec![(curtail_streams::ENVELOPE_FIELD, Bytes::from(envelope.encode_to_vec()))];
    curtail_streams::append(&redis, "links", fields).await?;
    Ok(())
}
