//! `curtail link`: takes links down and releases them.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use curtail_clock::Clock;
use curtail_proto::links::v1::link_ref::{Address, By};
use curtail_proto::links::v1::link_service_client::LinkServiceClient;
use curtail_proto::links::v1::{BlockLinkRequest, LinkRef, ListTakedownsRequest, ReleaseLinkRequest, Takedown};
use curtail_rpc::{CallContext, ServiceIdentity};
use percent_encoding::percent_decode_str;
use time::OffsetDateTime;
use time::macros::format_description;
use url::Url;

use crate::{cli::Link, settings, terminal};

/// How long one call may take.
const CALL: Duration = Duration::from_secs(5);

/// Runs one of the commands.
///
/// # Errors
/// When shortener does not answer, or there is no such link.
pub(crate) async fn run(dir: &Path, command: Link) -> anyhow::Result<()> {
    let config = settings::load(dir)?;
    config.require_secrets(&["rpc.service_key"])?;
    let identity = ServiceIdentity::new("operator", &config.rpc.service_key, Clock::system());
    let channel = curtail_rpc::connect("links", &config.rpc.links_url, &config.rpc, identity)?;
    let mut client = LinkServiceClient::new(channel);
    let call = CallContext::new(Instant::now() + CALL);
    match command {
        Link::Block { link, reason, public_reason } => {
            let link = Some(parse(&link)?);
            let request = BlockLinkRequest { link, reason, public_reason: public_reason.unwrap_or_default() };
            let answer = client.block_link(call.write().request(request)).await.map_err(curtail_rpc::Error::from)?;
            let id = answer.into_inner().takedown.unwrap_or_default().link_id;
            terminal::say(&format!("Link {id} is blocked: it answers 451 until it is released."));
        }
        Link::Release { link, reason } => {
            let request = ReleaseLinkRequest { link: Some(parse(&link)?), reason: reason.unwrap_or_default() };
            let answer = client.release_link(call.write().request(request)).await.map_err(curtail_rpc::Error::from)?;
            match answer.into_inner().takedown {
                Some(takedown) => terminal::say(&format!("Link {} is released.", takedown.link_id)),
                None => terminal::say("The link was not blocked."),
            }
        }
        Link::History { link } => {
            let request = ListTakedownsRequest { link: Some(parse(&link)?) };
            let answer = client.list_takedowns(call.read().request(request)).await.map_err(curtail_rpc::Error::from)?;
            answer.into_inner().takedowns.iter().for_each(|takedown| terminal::say(&line(takedown)));
        }
    }
    Ok(())
}

/// Reads how a link is named: as a short URL, as `id:` with its id, or as a code of the default domain.
fn parse(text: &str) -> anyhow::Result<LinkRef> {
    if let Some(id) = text.strip_prefix("id:") {
        let id = id.parse().with_context(|| format!("{id:?} is not an id"))?;
        return Ok(LinkRef { by: Some(By::Id(id)) });
    }
    let address = match text.split_once("://") {
        Some(_) => {
            let url = Url::parse(text).with_context(|| format!("{text:?} is not a URL"))?;
            let code = percent_decode_str(url.path().trim_start_matches('/')).decode_utf8();
            let code = code.with_context(|| format!("the path of {text:?} is not UTF-8"))?.into_owned();
            Address { domain: url.host_str().unwrap_or_default().to_owned(), code }
        }
        None => Address { domain: String::new(), code: text.to_owned() },
    };
    Ok(LinkRef { by: Some(By::Address(address)) })
}

fn line(takedown: &Takedown) -> String {
    let action = if takedown.blocked { "blocked" } else { "released" };
    let operator = match takedown.operator_id {
        0 => "command line".to_owned(),
        id => format!("account {id}"),
    };
    let at = takedown.at.and_then(|at| OffsetDateTime::from_unix_timestamp(at.seconds).ok());
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let at = at.and_then(|at| at.format(format).ok()).unwrap_or_else(|| "-".to_owned());
    let public = match takedown.public_reason.as_str() {
        "" => String::new(),
        text => format!(" (public: {text})"),
    };
    format!("{at:<20} {action:<9} {operator:<24} {}{public}", takedown.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(domain: &str, code: &str) -> By {
        By::Address(Address { domain: domain.to_owned(), code: code.to_owned() })
    }

    #[test]
    fn links_are_named_by_url_code_and_id() {
        for (text, by) in [
            ("spring", address("", "spring")),
            ("sale/spring", address("", "sale/spring")),
            ("https://go.example/sale/%C3%BC", address("go.example", "sale/ü")),
            ("http://localhost:8081/a", address("localhost", "a")),
            ("id:17", By::Id(17)),
        ] {
            assert_eq!(parse(text).unwrap().by, Some(by), "{text}");
        }
        assert!(parse("id:x").is_err());
    }

    #[test]
    fn a_line_says_who_and_why() {
        let mut takedown = Takedown { blocked: true, reason: "phishing".to_owned(), ..Takedown::default() };
        assert!(line(&takedown).contains("blocked   command line             phishing"));
        (takedown.blocked, takedown.operator_id, takedown.public_reason) = (false, 9, "Text.".to_owned());
        assert!(line(&takedown).ends_with("released  account 9                phishing (public: Text.)"));
    }
}
