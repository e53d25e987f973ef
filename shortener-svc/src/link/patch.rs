//! A change to a link.

use curtail_proto::links::v1::LinkPatch;
use curtail_rpc::Error;
use time::OffsetDateTime;

use super::{Link, draft, text, time_field};
use crate::destination::Rules;
use crate::refusal;
use crate::tags;

/// `link` with the fields of `patch`, each checked as on creation. Version and time of change stay, and the colours of new
/// tags are not known here.
pub fn apply(link: &Link, patch: LinkPatch, rules: &Rules, now: OffsetDateTime) -> Result<Link, Error> {
    let mut link = link.clone();
    if let Some(url) = patch.url {
        link.url = rules.check(&url).map_err(|refusal| refusal::destination(refusal, "url"))?.into_string();
    }
    if let Some(title) = patch.title {
        link.title = text::title(title)?;
    }
    if let Some(description) = patch.description {
        link.description = text::description(description)?;
    }
    if let Some(notes) = patch.notes {
        link.notes = text::notes(notes)?;
    }
    if let Some(id) = patch.external_id {
        link.external_id = text::external_id(id)?;
    }
    if let Some(list) = patch.tags {
        link.tags = tags::check_all(list.names, "tags")?;
    }
    if let Some(clicks) = patch.max_clicks {
        link.max_clicks = draft::max_clicks(clicks)?;
    }
    if let Some(status) = patch.redirect_status {
        link.redirect_status = draft::redirect_status(status)?;
    }
    if let Some(url) = patch.fallback_url {
        link.fallback_url = draft::fallback_url(&url, rules)?;
    }
    link.forward_query = patch.forward_query.unwrap_or(link.forward_query);
    link.disabled = patch.disabled.unwrap_or(link.disabled);
    let (new_start, new_expiry) = (patch.starts_at.is_some(), patch.expires_at.is_some());
    if let Some(starts) = patch.starts_at {
        link.starts_at = time_field::read(starts.value, "startsAt")?;
    }
    if let Some(expires) = patch.expires_at {
        link.expires_at = time_field::read(expires.value, "expiresAt")?;
    }
    if new_start || new_expiry {
        time_field::check_life(link.starts_at, link.expires_at, new_expiry, now)?;
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use curtail_proto::links::v1::{InstantPatch, TagList};
    use time::Duration;

    use super::*;
    use crate::link::testing::link;

    fn patched(link: &Link, patch: LinkPatch) -> Result<Link, String> {
        let config = curtail_config::Config::for_tests();
        let rules = Rules::new(&config.domains, &config.shortener).unwrap();
        apply(link, patch, &rules, link.updated_at).map_err(|error| error.reason.into_owned())
    }

    #[test]
    fn what_is_not_set_stays() {
        let mut full = link();
        (full.title, full.max_clicks, full.disabled) = ("T".to_owned(), 5, true);
        full.expires_at = Some(full.updated_at - Duration::DAY);
        assert_eq!(patched(&full, LinkPatch::default()), Ok(full));
    }

    #[test]
    fn empty_values_clear() {
        let mut full = link();
        (full.title, full.max_clicks, full.tags) = ("T".to_owned(), 5, vec!["a".to_owned()]);
        full.expires_at = Some(full.updated_at + Duration::DAY);
        let patch = LinkPatch {
            title: Some(String::new()),
            tags: Some(TagList::default()),
            max_clicks: Some(0),
            expires_at: Some(InstantPatch { value: None }),
            ..LinkPatch::default()
        };
        assert_eq!(patched(&full, patch), Ok(link()));
    }

    #[test]
    fn bounds_hold_as_on_creation() {
        let refused = |patch| patched(&link(), patch).unwrap_err();
        assert_eq!(
            refused(LinkPatch { url: Some("http://localhost".to_owned()), ..Default::default() }),
            "URL_OWN_DOMAIN"
        );
        assert_eq!(refused(LinkPatch { url: Some(String::new()), ..Default::default() }), "URL_REQUIRED");
        assert_eq!(refused(LinkPatch { title: Some("a".repeat(301)), ..Default::default() }), "TOO_LONG");
        assert_eq!(refused(LinkPatch { redirect_status: Some(0), ..Default::default() }), "REDIRECT_STATUS_INVALID");
        let past = Some(InstantPatch { value: Some(time_field::write(link().updated_at)) });
        assert_eq!(refused(LinkPatch { expires_at: past, ..Default::default() }), "EXPIRES_IN_PAST");
    }

    #[test]
    fn a_new_start_is_held_against_the_end_that_is_there() {
        let mut ending = link();
        ending.expires_at = Some(ending.updated_at + Duration::DAY);
        let late = Some(InstantPatch { value: Some(time_field::write(ending.updated_at + Duration::days(2))) });
        let error = patched(&ending, LinkPatch { starts_at: late, ..Default::default() });
        assert_eq!(error, Err("EXPIRES_BEFORE_START".to_owned()));
    }
}
